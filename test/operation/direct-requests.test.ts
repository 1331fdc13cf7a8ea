import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { small, tokens } from '../helpers/worlds.ts';
import { askBoth, expectSameMetrics, type Sent, startBothWays } from './direct-both-ways.ts';

/* Each request by both ways: the same status, headers, body, calls, log line and metrics. */

const JOB = `query Job { job(project: "42", id: "${small.fullJob}") { name status tagList } }`;
const body = { query: JOB };
const BY_ID = 'query ById($id: ID!) { node(id: $id) { id ... on Pipeline { sha } } }';
const id = toGlobalId('Job', 42, small.fullJob);
const RETRY = `mutation Retry($id: ID!) { jobRetry(input: { id: $id }) { retriedJobId errors { __typename code } } }`;
const text = JSON.stringify(body);
const bytes = Buffer.from(text);

const sent: Record<string, Sent> = {
  'an operation': { body },
  'an operation of no call': { body: { query: '{ __typename }' } },
  'a partial answer': { body: { query: '{ a: __typename job(project: "42", id: "x") { name } }' } },
  'null for what is not there': { body: { query: '{ job(project: "42", id: "999") { name } }' } },
  'nothing of what is there': {
    body: {
      query: '{ currentJob { name } ...F @skip(if: true) } fragment F on Query { __typename }',
    },
  },
  'an id of another type than it asks for': {
    body: {
      query: 'query ($id: ID!) { node(id: $id) { ... on Pipeline { sha } } }',
      variables: { id },
    },
  },
  'an operation with variables': { body: { query: BY_ID, variables: { id } } },
  'a variable that is missing': { body: { query: BY_ID } },
  'a variable that is null': { body: { query: BY_ID, variables: { id: null } } },
  'a variable of a wrong type': { body: { query: BY_ID, variables: { id: { a: 1 } } } },
  'a variable nobody asked for': { body: { ...body, variables: { more: [1, 2] } } },
  'a condition that is null': {
    body: {
      query: 'query ($is: Boolean = true) { __typename @include(if: $is) }',
      variables: { is: null },
    },
  },
  'a condition below that is null': {
    body: {
      query: `query ($is: Boolean = true) { __typename job(project: "42", id: "${small.fullJob}") { name @skip(if: $is) } }`,
      variables: { is: null },
    },
  },
  'variables that are null': { body: { ...body, variables: null } },
  'variables that are a list': { body: { ...body, variables: [] } },
  'variables that are text': { body: { ...body, variables: '{}' } },
  'an operation by its name': {
    body: { query: `${JOB} query Other { __typename }`, operationName: 'Job' },
  },
  'an operation by the name of none': { body: { ...body, operationName: 'None' } },
  'an operation by no name of several': { body: { query: `${JOB} query Other { __typename }` } },
  'an empty name': { body: { ...body, operationName: '' } },
  'a name that is null': { body: { ...body, operationName: null } },
  'a name that is a number': { body: { ...body, operationName: 7 } },
  'a mutation': { body: { query: RETRY, variables: { id } } },
  'a mutation that fails': {
    body: { query: RETRY, variables: { id: toGlobalId('Job', 42, 999) } },
  },
  'a mutation of a wrong id': { body: { query: RETRY, variables: { id: 'x' } } },
  'no credential': { body, token: null },
  'a credential that is none': { body, token: 'two words' },
  'a credential that has expired': { body, token: tokens.aliceExpired },
  'a credential that may only read': {
    body: { query: RETRY, variables: { id } },
    token: tokens.aliceReadOnly,
  },
  'two credentials of one name': { body, headers: [['private-token', tokens.bob]] },
  'two of another name': {
    body,
    token: null,
    headers: [
      ['authorization', 'Bearer a'],
      ['authorization', 'Bearer b'],
    ],
  },
  'a subscription': { body: { query: 'subscription { jobUpdated(id: "x") { status } }' } },
  'a syntax error': { body: { query: '{ job(' } },
  'an unknown field': { body: { query: '{ jobb { name } }' } },
  'no document': { body: { query: '' } },
  'a document that is null': { body: { query: null } },
  'a document that is a number': { body: { query: 7 } },
  'nothing but variables': { body: { variables: {} } },
  'a question about the schema': { body: { query: '{ __schema { queryType { name } } }' } },
  'the hash of a document': { body: { documentId: 'x' } },
  'a document and its hash': { body: { ...body, documentId: 'x' } },
  extensions: { body: { ...body, extensions: { any: 1 } } },
  'extensions that are null': { body: { ...body, extensions: null } },
  'an unknown member': { body: { ...body, more: 1 } },
  'an unknown member that is null': { body: { ...body, more: null } },
  'a member of a prototype': {
    body: `{"query":${JSON.stringify(JOB)},"__proto__":{"operationName":"None"}}`,
  },
  'a batch': { body: [body, body] },
  'an empty batch': { body: [] },
  'JSON that is null': { body: 'null' },
  'JSON that is a number': { body: '7' },
  'JSON that is text': { body: JSON.stringify(JOB) },
  'broken JSON': { body: text.slice(0, -2) },
  'JSON with more behind it': { body: `${text}}` },
  'JSON nested without end': {
    body: `{"query":"{ __typename }","variables":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`,
  },
  'members that come twice': { body: `{"query":"{ nonsense }","query":${JSON.stringify(JOB)}}` },
  'an empty body': { body: '' },
  'no body': {},
  'a body of spaces': { body: '  \n' },
  'a byte order mark': { body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]) },
  'bytes that are no UTF-8': {
    body: Buffer.concat([
      Buffer.from('{"query":"{ a: __typename # '),
      Buffer.from([0xff, 0xc0, 0x80]),
      Buffer.from('\\n }"}'),
    ]),
  },
  'half a character': {
    body: '{"query":"{ job(project: \\"42\\", id: \\"\\ud83d\\") { name } }"}',
  },
  'a body of two bytes’ characters': { body: { query: '{ a: __typename # é😀\n }' } },
  'a body in chunks': { body, hasLength: false },
  'a body too large': { body: { query: `{ __typename }${' '.repeat(3_000)}` } },
  'a body too large, in chunks': {
    body: { query: `{ __typename }${' '.repeat(3_000)}` },
    hasLength: false,
  },
  'a body that is zipped': { body, headers: [['content-encoding', 'gzip']] },
  'a body that is said to be as it is': { body, headers: [['content-encoding', 'identity']] },
  'no type of the body': { body, type: null },
  'a form': { body: 'query={__typename}', type: 'application/x-www-form-urlencoded' },
  text: { body, type: 'text/plain' },
  'JSON with a charset': { body, type: 'application/json; charset=utf-8' },
  'JSON with another charset': { body, type: 'application/json; charset=utf-16' },
  'JSON in capitals': { body, type: 'Application/JSON' },
  'JSON with a space': { body, type: 'application/json ; charset=utf-8' },
  'a list of types': { body, type: 'application/json, text/plain' },
  'GraphQL’s own type': { body, type: 'application/graphql+json' },
  'JSON of another kind': { body, type: 'application/json-patch+json' },
  GET: { method: 'GET', path: `/graphql?query=${encodeURIComponent('{ __typename }')}` },
  'GET with a mutation': {
    method: 'GET',
    path: `/graphql?query=${encodeURIComponent('mutation { x }')}`,
  },
  HEAD: { method: 'HEAD', path: `/graphql?query=${encodeURIComponent('{ __typename }')}` },
  PUT: { method: 'PUT', body },
  OPTIONS: { method: 'OPTIONS' },
  'a query in the address': { body, path: '/graphql?query=x' },
  'a slash at the end': { body, path: '/graphql/' },
  'another address': { body, path: '/graphq' },
  'an address in full': { body, path: 'http://gateway.example/graphql' },
  'a host that is none': { body, headers: [['host', 'a b']] },
  'an empty host': { body, headers: [['host', '']] },
  'an id of its own': { body, headers: [['x-request-id', 'from-the-proxy:1']] },
  'an id that is a token': { body, headers: [['x-request-id', 'glpat-0123456789abcdefghij']] },
  'a trace': {
    body,
    headers: [
      ['traceparent', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`],
      ['tracestate', 'a=1'],
    ],
  },
  'a connection that stays': { body, headers: [['connection', 'keep-alive, close']] },
};

const start = () => startBothWays(() => ({ env: { MAX_BODY_BYTES: '2000' } }));

describe('by both ways alike', () => {
  it.each(Object.entries(sent))('%s', async (_name, request) => {
    const both = await start();
    const { status } = await askBoth(both, request);
    expect(status).toBeGreaterThanOrEqual(200);
    // Once more: what is kept of the first time changes nothing.
    await askBoth(both, request);
    await expectSameMetrics(both);
  });
});
