import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

/**
 * Names of inherited object members. Code that uses such a name as a key could find the inherited
 * member.
 */
const inherited = [
  ...['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf'],
  ...['__defineGetter__', '__lookupSetter__', 'toJSON', 'then', 'length'],
];
const PLAIN = 'plain';

const id = toGlobalId('Job', 42, small.fullJob);
const fullJob = String(small.fullJob);

/** Operations that contain the name `NAME`, and the value of the variable with that name. */
const operations: [what: string, query: string, value?: unknown][] = [
  ['aliases', '{ NAME: job(project: "42", id: "JOB") { NAME: name status } }'],
  ['aliases in lists', '{ nodes(ids: ["ID", "x"]) { NAME: id } }'],
  ['an operation', 'query NAME { job(project: "42", id: "JOB") { name } }'],
  ['fragments', '{ ...NAME } fragment NAME on Query { job(project: "42", id: "JOB") { name } }'],
  ['a variable', 'query ($NAME: ID!) { job(project: "42", id: $NAME) { name } }', fullJob],
  ['a list variable', 'query ($NAME: [ID!]!) { nodes(ids: $NAME) { id } }', [id, 'x']],
  ['a default', 'query ($NAME: ID! = "JOB") { job(project: "42", id: $NAME) { name } }'],
  ['a missing variable', 'query ($NAME: ID!) { job(project: "42", id: $NAME) { name } }'],
  ['a condition', 'query ($NAME: Boolean!) { __typename a: __typename @skip(if: $NAME) }', true],
  ['an unused variable', '{ job(project: "42", id: "JOB") { name } }', { a: 1 }],
  ['an unknown field', '{ job(project: "42", id: "JOB") { NAME { id } } }'],
  ['an unknown argument', '{ job(project: "42", id: "JOB", NAME: 1) { status } }'],
];

async function start() {
  const { post, bugs } = await startGateway({
    simulator: { world: smallWorld() },
    token: tokens.alice,
    env: { UPSTREAM_EXTENSION: 'false' },
    compileAfterUses: 1,
  });
  const ask = async (name: string, query: string, value: unknown) => {
    const text = query
      .replaceAll('NAME', name)
      .replaceAll('JOB', fullJob)
      .replaceAll('"ID"', `"${id}"`);
    const variables = value === undefined ? {} : { [name]: value };
    const answer = await (await post(text, { variables })).text();
    // Ignores columns, because the names have different lengths.
    return answer.replaceAll(name, PLAIN).replaceAll(/"column":\d+/g, '"column":0');
  };
  return { ask, bugs };
}

describe.each(operations)('the name of %s', (_what, query, value) => {
  it('may be one that objects inherit, on the first and on later requests', async () => {
    const { ask, bugs } = await start();
    const expected = await ask(PLAIN, query, value);
    for (const name of inherited) {
      // graphql-js executes the first request. The later ones are compiled.
      for (const time of [1, 2, 3]) {
        expect([name, time, await ask(name, query, value)]).toEqual([name, time, expected]);
      }
    }
    expect(bugs).toEqual([]);
  });
});
