import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { type Answer, startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';

/*
 * Sends query bombs to a gateway with the default limits. Each must be rejected with an error that
 * names the limit, before any call to GitLab. docs/security.md says how long each takes; the test
 * checks no times. To print the longest of 20 runs: BOMB_TIMES=20 npx vitest run
 * test/operation/bombs.test.ts
 */

const TIMES = Number(process.env['BOMB_TIMES'] ?? 1);

const many = (count: number, item: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => item(at)).join(' ');

const jobs = 'project(fullPath: "group/app") { jobs { nodes';
const ids = Array.from({ length: 5_000 }, (_, at) => toGlobalId('Job', 42, at + 1));

/** A name, a request body, and the code and message of its error. */
type Bomb = [kind: string, body: unknown, code: string, message: RegExp];

const bombs: Bomb[] = [
  [
    'depth',
    {
      query: `{ ${jobs} { ${'pipeline { jobs { nodes { '.repeat(50)}name${' } } }'.repeat(50)} } } } }`,
    },
    'OPERATION_TOO_COMPLEX',
    /at most 16 levels of fields/,
  ],
  [
    'depth that overflows a parser’s stack',
    { query: `{ ${'a { '.repeat(100_000)}` },
    'OPERATION_TOO_COMPLEX',
    /at most (16 levels of fields|20000 tokens)/,
  ],
  [
    'depth within the limit of tokens',
    { query: `{ ${'a { '.repeat(9_000)}a${' }'.repeat(9_000)} }`.slice(0, 45_000) },
    'OPERATION_TOO_COMPLEX',
    /at most (16 levels of fields|20000 tokens)/,
  ],
  [
    'depth that overflows the stack of validation',
    { query: `{ ${'a { '.repeat(4_000)}a${' }'.repeat(4_000)} }` },
    'OPERATION_TOO_COMPLEX',
    /at most 16 levels of fields/,
  ],
  [
    'a repeated object, whose fields validation compares in pairs',
    { query: `{ ${many(600, () => 'job(project: "42", id: "1") { pipeline { ref } }')} }` },
    'OPERATION_TOO_COMPLEX',
    /at most 200 root fields/,
  ],
  [
    'many fragments, which validation compares in pairs',
    {
      query: `{ job(project: "42", id: "1") { ${many(1_000, (at) => `...F${at}`)} } } ${many(
        1_000,
        (at) => `fragment F${at} on Job { name }`,
      )}`,
    },
    'OPERATION_TOO_COMPLEX',
    /at most 60000 pairs of selections with the same name/,
  ],
  [
    'aliases',
    { query: `{ project(fullPath: "group/app") { ${many(600, (at) => `a${at}: name`)} } }` },
    'OPERATION_TOO_COMPLEX',
    /at most 500 aliases/,
  ],
  [
    'root fields',
    { query: `{ ${many(210, (at) => `a${at}: job(project: "42", id: "${at}") { name }`)} }` },
    'OPERATION_TOO_COMPLEX',
    /at most 200 root fields/,
  ],
  [
    'mutations',
    {
      query: `mutation { ${many(210, (at) => `a${at}: jobRetry(input: { id: "${ids[at % ids.length]}" }) { retriedJobId }`)} }`,
    },
    'OPERATION_TOO_COMPLEX',
    /at most 200 root fields/,
  ],
  [
    'fragments that double at each level',
    {
      query: `{ project(fullPath: "group/app") { ...F0 } } ${many(
        40,
        (at) =>
          `fragment F${at} on Project { a: job(id: "1") { project { ...F${at + 1} } } b: job(id: "2") { project { ...F${at + 1} } } }`,
      )} fragment F40 on Project { name }`,
    },
    'OPERATION_TOO_COMPLEX',
    /at most/,
  ],
  [
    'fragments that double at each level, below an interface with two types',
    {
      query: `{ pipeline(project: "42", id: "1") { board { failedJobs { ...F0 } } } } ${many(
        7,
        (at) =>
          `fragment F${at} on CiJob { attempts { ...F${at + 1} } b: attempts { ...F${at + 1} } }`,
      )} fragment F7 on CiJob { ... on Job { failure { log { exitCode } } } }`,
    },
    'OPERATION_TOO_COMPLEX',
    /at most 10000 fields, counted for each type of object/,
  ],
  [
    'circular fragments',
    {
      query:
        'query { project(fullPath: "group/app") { ...A } } fragment A on Project { name ...B } fragment B on Project { ...A }',
    },
    'GRAPHQL_VALIDATION_FAILED',
    /Cannot spread fragment "A" within itself via "B"/,
  ],
  [
    'a repeated field',
    { query: `{ project(fullPath: "group/app") { ${many(1_900, () => 'name')} } }` },
    'OPERATION_TOO_COMPLEX',
    /at most 60000 pairs of selections with the same name/,
  ],
  [
    'wide introspection',
    {
      query: `{ __schema { types { ${'fields { type { '.repeat(4)}name${' } }'.repeat(4)} } } }`,
    },
    'GRAPHQL_VALIDATION_FAILED',
    /Maximum introspection depth exceeded/,
  ],
  [
    'repeated introspection',
    { query: `{ ${many(40, (at) => `a${at}: __schema { types { name } }`)} }` },
    'OPERATION_TOO_COMPLEX',
    /at most 10 introspection fields/,
  ],
  [
    'repeated fields within introspection',
    { query: `{ __schema { ${many(40, (at) => `a${at}: types { name }`)} } }` },
    'OPERATION_TOO_COMPLEX',
    /at most 10 introspection fields/,
  ],
  [
    'a big document',
    { query: `{ ${many(50_000, (at) => `a${at}: __typename`)} }` },
    'OPERATION_TOO_COMPLEX',
    /at most 20000 tokens/,
  ],
  [
    'errors after 500,000 lines',
    { query: `${'\n'.repeat(500_000)}{ ${many(45, (at) => `x${at}`)} }` },
    'OPERATION_TOO_COMPLEX',
    /at most 20000 lines/,
  ],
  [
    'a long name, for each item of a list',
    { query: `{ __schema { types { ${'a'.repeat(900_000)}: name } } }` },
    'OPERATION_TOO_COMPLEX',
    /at most 200 characters in a name/,
  ],
  [
    'a long name, in each of many errors',
    {
      query: `query ${'N'.repeat(900_000)} { ${many(40, (at) => `a${at}: node(id: $v${at}) { id }`)} }`,
    },
    'OPERATION_TOO_COMPLEX',
    /at most 200 characters in a name/,
  ],
  [
    'a large body',
    { query: `{ __typename } # ${'x'.repeat(2_000_000)}` },
    'REQUEST_ENTITY_TOO_LARGE',
    /larger than 1048576 bytes/,
  ],
  [
    'big variables',
    { query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', variables: { ids } },
    'OPERATION_TOO_COMPLEX',
    /at most 1000 items in one list/,
  ],
  [
    'nested variables',
    {
      query:
        'mutation ($v: JSON!) { jobRetry(input: { id: "x", inputs: [{ name: "a", value: $v }] }) { retriedJobId } }',
      variables: { v: JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) },
    },
    'OPERATION_TOO_COMPLEX',
    /levels of a variable/,
  ],
  [
    'a list in a variable that many fields receive',
    {
      query: `query ($ids: [ID!]!) { ${many(11, (at) => `a${at}: nodes(ids: $ids) { id }`)} }`,
      variables: { ids: ids.slice(0, 500) },
    },
    'OPERATION_TOO_COMPLEX',
    /at most 5000 items in the lists of all arguments/,
  ],
  [
    'list literals of many fields',
    {
      query: `{ ${many(11, (at) => `a${at}: nodes(ids: [${'"x" '.repeat(500)}]) { id }`)} }`,
    },
    'OPERATION_TOO_COMPLEX',
    /at most 5000 items in the lists of all arguments/,
  ],
  [
    'malformed ids',
    {
      query: `query ($ids: [ID!]!) { ${many(10, (at) => `a${at}: nodes(ids: $ids) { id }`)} }`,
      variables: { ids: ids.slice(0, 500).map(() => 'x') },
    },
    'BAD_USER_INPUT',
    /More than 500 ids, paths or addresses of the operation are malformed/,
  ],
  [
    'a long text in a variable that many fields receive',
    {
      query: `query ($id: ID!) { ${many(200, (at) => `a${at}: node(id: $id) { id }`)} }`,
      variables: { id: 'x'.repeat(1_000_000) },
    },
    'OPERATION_TOO_COMPLEX',
    /at most 65536 characters in one text/,
  ],
  [
    'a long text in a document',
    { query: `{ node(id: "${'x'.repeat(1_000_000)}") { id } }` },
    'OPERATION_TOO_COMPLEX',
    /at most 65536 characters in one text/,
  ],
  [
    'an object with many members',
    {
      query: '{ __typename }',
      variables: {
        object: Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`k${at}`, 1])),
      },
    },
    'OPERATION_TOO_COMPLEX',
    /at most 1000 members in one object/,
  ],
  [
    'a wide fragment that is spread often',
    {
      query: `{ ${many(3_000, () => '...F')} } fragment F on Query { ${many(9_000, (at) => `a${at}`)} }`,
    },
    'OPERATION_TOO_COMPLEX',
    /at most 10000 fields/,
  ],
  [
    'a chain of fragments that each copy a wide one',
    {
      query: `{ ...F0 } ${many(1_500, (at) => `fragment F${at} on Query { c${at} ...F${at + 1} }`)} fragment F1500 on Query { ${many(4_000, (at) => `a${at}`)} }`,
    },
    'OPERATION_TOO_COMPLEX',
    /at most 100000 names and variables in repeated fragments/,
  ],
  [
    'a batch',
    Array.from({ length: 1_000 }, () => ({ query: `{ ${jobs} { name } } } }` })),
    'BAD_REQUEST',
    /Batching is not supported/,
  ],
  [
    'nested lists',
    { query: `{ ${jobs} { pipeline { jobs(first: 500) { nodes { trace { byteSize } } } } } } } }` },
    'OPERATION_TOO_COMPLEX',
    /may take 506 calls to GitLab, and 50 are allowed/,
  ],
  [
    'many directives',
    { query: `{ __typename ${many(150, () => '@include(if: true)')} }` },
    'OPERATION_TOO_COMPLEX',
    /at most 50 directives/,
  ],
  [
    'a very large number of directives',
    { query: `{ __typename ${many(20_000, () => '@a')} }` },
    'OPERATION_TOO_COMPLEX',
    /at most 20000 tokens/,
  ],
];

/** Returns JSON in which `v` is nested deeper than JSON.stringify supports. */
function toBody(value: unknown): string {
  const deep = '"__deep__"';
  const text = JSON.stringify(value, (key, item) => (key === 'v' ? '__deep__' : item));
  return text.replace(deep, `${'['.repeat(100_000)}${']'.repeat(100_000)}`);
}

describe('a query bomb', () => {
  it.each(bombs)('of %s is refused before any call', async (kind, body, code, message) => {
    const { url, calls, bugs } = await startGateway({ simulator: { world: smallWorld() } });
    const send = () =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'private-token': tokens.alice },
        body: toBody(body),
      });
    const tookMs: number[] = [];
    for (let time = 0; time < TIMES; time++) {
      const startedAt = performance.now();
      const answer = (await (await send()).json()) as Answer;
      tookMs.push(performance.now() - startedAt);
      expect(answer.data).toBeUndefined();
      expect(answer.errors?.[0]?.extensions['code']).toBe(code);
      expect(answer.errors?.[0]?.message).toMatch(message);
    }
    expect(calls()).toEqual([]);
    if (TIMES > 1) process.stdout.write(`${kind}: ${Math.max(...tookMs).toFixed(0)} ms at worst\n`);
    expect(bugs).toEqual([]);
  });

  it('of a large variable, which each error would repeat, has a short response', async () => {
    const { post } = await startGateway({ simulator: { world: smallWorld() } });
    const members = Array.from({ length: 300 }, (_, at) => [`m${at}`, 'x'.repeat(3_000)]);
    const answer = await post(
      'mutation ($input: JobRetryInput!) { jobRetry(input: $input) { retriedJobId } }',
      { variables: { input: Object.fromEntries(members) } },
    );
    const text = await answer.text();
    expect(text).toMatch(/"message":"Variable \\"\$input\\" got invalid value [^…]{900,1000}…"/);
    expect(text.length).toBeLessThan(100_000);
  });

  it('is not the introspection query of tools', async () => {
    const { query } = await startGateway({ simulator: { world: smallWorld() } });
    expect((await query(getIntrospectionQuery())).errors).toBeUndefined();
  });
});
