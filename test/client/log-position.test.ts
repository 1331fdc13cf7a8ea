import { createClient } from 'gitlab-jobs-gateway/client';
import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { clock } from './clocks.ts';
import { serve, stream } from './scripted-server.ts';

const FIELD = 'jobTraceAppended(id: $id, afterByte: $a) { endByte }';
const HEAD = 'subscription ($id: ID!, $a: BigInt)';

/** Follows a log whose connection is cut once. Returns the variables of both requests. */
async function follow(document: string, operationName?: string, key = 'jobTraceAppended') {
  const event = { data: { [key]: { endByte: 7, text: '' } } };
  const { url, requests } = await serve(stream([event], 'break off'), stream([]));
  const options = operationName === undefined ? {} : { operationName };
  for await (const _event of createClient({ url, clock }).subscribe(
    document,
    { id: 'j' },
    options,
  )) {
    // The test checks the requests, not the events.
  }
  return requests.map(({ body }) => body.variables);
}

describe.each<[string, string, string?, (string | undefined)?, string?]>([
  ['a plain document', `${HEAD} { ${FIELD} }`],
  ['a default value', `subscription ($id: ID!, $a: BigInt = 3) { ${FIELD} }`],
  [
    'another name of the variable, and no optional characters',
    'subscription($id:ID!$from:BigInt){jobTraceAppended(id:$id afterByte:$from){endByte}}',
    'from',
  ],
  [
    'a variable for the id that has the name of the argument',
    'subscription ($afterByte: ID! = "x", $a: BigInt) { jobTraceAppended(id: $afterByte, afterByte: $a) { endByte } }',
  ],
  ['an alias', `${HEAD} { log: ${FIELD} }`, 'a', undefined, 'log'],
  ['its own name as the alias', `${HEAD} { jobTraceAppended: ${FIELD} }`],
  [
    'the name of the operation',
    `subscription jobTraceAppended ($id: ID!, $a: BigInt) { ${FIELD} }`,
  ],
  [
    'a comment, with line ends of JavaScript only',
    `${HEAD} { # jobTraceAppended(id: "x") {\u2028 jobTraceAppended { \n ${FIELD} }`,
  ],
  [
    'strings with the name and brackets',
    'subscription ($id: ID! = ") { jobTraceAppended", $a: BigInt) { jobTraceAppended(id: $id, afterByte: $a) { endByte } }',
  ],
  [
    'a block string',
    'subscription ($id: ID! = """a \\""" ) { "jobTraceAppended(""", $a: BigInt) { jobTraceAppended(id: $id, afterByte: $a) { endByte } }',
  ],
  [
    'a directive, and an object in another definition',
    `query Other($t: ID! = "{") { job(project: "p", id: $t) { id } } subscription Log($id: ID!, $a: BigInt) { jobTraceAppended(afterByte: $a, id: $id) @include(if: true) { endByte text } }`,
    'a',
    'Log',
  ],
  ['an inline fragment', `${HEAD} { ... on Subscription { ${FIELD} } }`],
  [
    'a fragment in a fragment, before the operation and of its name',
    `fragment Log on Subscription { ...jobTraceAppended } fragment jobTraceAppended on Subscription { ${FIELD} } subscription Log($id: ID!, $a: BigInt) { ...Log }`,
  ],
  [
    'the operation that is sent, of several',
    `subscription A($id: ID!, $x: BigInt) { log: jobTraceAppended(id: $id, afterByte: $x) { endByte } } subscription B($id: ID!, $a: BigInt) { ${FIELD} }`,
    'a',
    'B',
  ],
  [
    'the fragment of the operation that is sent',
    `fragment X on Subscription { jobTraceAppended(id: $id, afterByte: $x) { endByte } } subscription A($id: ID!, $x: BigInt) { ...X } fragment Y on Subscription { log: ${FIELD} } subscription B($id: ID!, $a: BigInt) { ...Y }`,
    'a',
    'B',
    'log',
  ],
])('a log with %s', (_title, document, variable = 'a', operationName = undefined, key) => {
  it('is valid and continues at its byte', async () => {
    expect(validate(schema, parse(document))).toEqual([]);
    const sent = await follow(document, operationName, key);
    expect(sent).toEqual([{ id: 'j' }, { id: 'j', [variable]: 7 }]);
  });
});

it('sends other subscriptions again as they are, also beside a log in the document', async () => {
  const document = `fragment Log on Subscription { ${FIELD} } subscription A($id: ID!, $a: BigInt) { ...Log } subscription B($id: ID!) { jobUpdated(id: $id) { id } }`;
  expect(validate(schema, parse(document))).toEqual([]);
  expect(await follow(document, 'B', 'jobUpdated')).toEqual([{ id: 'j' }, { id: 'j' }]);
});

it.each([
  ['no afterByte', 'jobTraceAppended(id: $id) { endByte }', 'Pass a variable as `afterByte`', 0],
  ['a number', 'jobTraceAppended(id: $id, afterByte: 0) { endByte }', 'Pass a variable', 0],
  ['an alias', 'jobTraceAppended(id: $id) { afterByte: endByte }', 'Pass a variable', 0],
  ['no endByte', 'jobTraceAppended(id: $id, afterByte: $a) { text }', 'Select `endByte`', 1],
])('says why a log could not continue: %s', async (_title, field, message, requestCount) => {
  const { url, requests } = await serve(stream([{ data: { jobTraceAppended: { text: '' } } }]));
  const variable = field.includes('$a') ? ', $a: BigInt' : '';
  const document = `subscription ($id: ID!${variable}) { ${field} }`;
  expect(validate(schema, parse(document))).toEqual([]);
  const events = createClient({ url, clock }).subscribe(document, { id: 'x' });
  await expect(events.next()).rejects.toThrow(message);
  expect(requests).toHaveLength(requestCount);
});
