import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { createMemoryLog } from './memory-log.ts';
import { type RawRequest, type RawResponse, sendRaw } from './raw-request.ts';

/*
 * Unusual requests, written to a socket byte for byte, and how each is answered: the status, the
 * codes of the errors and the data, as in `200 BAD_USER_INPUT {"job":null}`.
 */

const JOB = `{ job(project: "42", id: "${small.fullJob}") { name } }`;
const OK = '200 {"job":{"name":"unit tests 1/3"}}';
const NAMED = `query Job ${JOB} query Other { __typename }`;
const BY_ID = 'query ($id: ID!) { node(id: $id) { id ... on Pipeline { sha } } }';
const RETRY = `mutation ($id: ID!) { jobRetry(input: { id: $id }) { errors { code } } }`;
const EVENTS = 'subscription { jobUpdated(id: "x") { status } }';
const id = toGlobalId('Job', 42, small.fullJob);
const body = { query: JOB };
const text = JSON.stringify(body);
const tooLong = { query: `{ __typename }${' '.repeat(3_000)}` };
const byGet = (query: string): RawRequest => ({
  method: 'GET',
  path: `/graphql?query=${encodeURIComponent(query)}`,
});
const ofType = (type: string | null): RawRequest => ({ body, type });
const withHeader = (name: string, value: string): RawRequest => ({
  body,
  headers: [[name, value]],
});

/**
 * Name, request, response, and response with `Accept: application/graphql-response+json` where it
 * differs.
 */
type Row = [name: string, request: RawRequest, expected: string, expectedInNewType?: string];

const variables: Row[] = [
  ['given', { body: { query: BY_ID, variables: { id } } }, `200 {"node":{"id":"${id}"}}`],
  ['missing', { body: { query: BY_ID } }, '200 BAD_USER_INPUT', '400 BAD_USER_INPUT'],
  [
    'null for a non-null type',
    { body: { query: BY_ID, variables: { id: null } } },
    '200 BAD_USER_INPUT',
    '400 BAD_USER_INPUT',
  ],
  [
    'of a wrong type',
    { body: { query: BY_ID, variables: { id: { a: 1 } } } },
    '200 BAD_USER_INPUT',
    '400 BAD_USER_INPUT',
  ],
  ['not declared', { body: { ...body, variables: { more: [1, 2] } } }, OK],
  ['all null', { body: { ...body, variables: null } }, OK],
  ['a list', { body: { ...body, variables: [] } }, '400 BAD_REQUEST'],
  ['a string', { body: { ...body, variables: '{}' } }, '400 BAD_REQUEST'],
  [
    'null for a condition at the root',
    {
      body: {
        query: 'query ($is: Boolean = true) { __typename @include(if: $is) }',
        variables: { is: null },
      },
    },
    '200 no code null',
  ],
  [
    'null for a condition in an object',
    {
      body: {
        query: `query ($is: Boolean = true) { __typename job(project: "42", id: "1001") { name @skip(if: $is) } }`,
        variables: { is: null },
      },
    },
    '200 no code {"__typename":"Query","job":null}',
  ],
];

const operations: Row[] = [
  ['without a call to GitLab', { body: { query: '{ __typename }' } }, '200 {"__typename":"Query"}'],
  [
    'with a failed field',
    { body: { query: '{ a: __typename job(project: "42", id: "x") { name } }' } },
    '200 BAD_USER_INPUT {"a":"Query","job":null}',
  ],
  [
    'for a job that does not exist',
    { body: { query: '{ job(project: "42", id: "999") { name } }' } },
    '200 {"job":null}',
  ],
  [
    'with a skipped fragment',
    {
      body: {
        query: `{ ...F @skip(if: true) a: __typename } fragment F on Query { __typename }`,
      },
    },
    '200 {"a":"Query"}',
  ],
  [
    'with fields of another type only',
    {
      body: {
        query: 'query ($id: ID!) { node(id: $id) { ... on Pipeline { sha } } }',
        variables: { id },
      },
    },
    '200 {"node":{}}',
  ],
  ['selected by name', { body: { query: NAMED, operationName: 'Job' } }, OK],
  [
    'selected by an unknown name',
    { body: { query: NAMED, operationName: 'None' } },
    '400 OPERATION_RESOLUTION_FAILURE',
  ],
  ['not selected among several', { body: { query: NAMED } }, '400 OPERATION_RESOLUTION_FAILURE'],
  [
    'with an empty name',
    { body: { ...body, operationName: '' } },
    '400 OPERATION_RESOLUTION_FAILURE',
  ],
  ['with null as name', { body: { ...body, operationName: null } }, OK],
  ['with a number as name', { body: { ...body, operationName: 7 } }, '400 BAD_REQUEST'],
  [
    'that writes, sent twice',
    { body: { query: RETRY, variables: { id } } },
    '200 {"jobRetry":{"errors":[]}}',
    '200 {"jobRetry":{"errors":[{"code":"JOB_NOT_RETRYABLE"}]}}',
  ],
  [
    'that writes to a job that does not exist',
    { body: { query: RETRY, variables: { id: toGlobalId('Job', 42, 999) } } },
    '200 {"jobRetry":{"errors":[{"code":"NOT_FOUND"}]}}',
  ],
  [
    'that writes to a malformed id',
    { body: { query: RETRY, variables: { id: 'x' } } },
    '200 BAD_USER_INPUT {"jobRetry":null}',
  ],
  [
    'that subscribes to a malformed id',
    { body: { query: EVENTS } },
    '200 BAD_USER_INPUT',
    '406 BAD_REQUEST',
  ],
  [
    'that introspects',
    { body: { query: '{ __schema { queryType { name } } }' } },
    '200 {"__schema":{"queryType":{"name":"Query"}}}',
  ],
];

const credentials: Row[] = [
  ['missing', { body, token: null }, '200 UNAUTHENTICATED {"job":null}'],
  ['malformed', { body, token: 'two words' }, '200 UNAUTHENTICATED'],
  ['expired', { body, token: tokens.aliceExpired }, '200 UNAUTHENTICATED {"job":null}'],
  [
    'read-only, for a mutation',
    { body: { query: RETRY, variables: { id } }, token: tokens.aliceReadOnly },
    '200 {"jobRetry":{"errors":[{"code":"FORBIDDEN"}]}}',
  ],
  ['sent twice', { body, headers: [['private-token', tokens.bob]] }, '200 UNAUTHENTICATED'],
  [
    'sent twice as Authorization, of which Node keeps the first',
    {
      body,
      token: null,
      headers: [
        ['authorization', `Bearer ${tokens.aliceOauth}`],
        ['authorization', 'Bearer b'],
      ],
    },
    OK,
  ],
];

const documents: Row[] = [
  [
    'not GraphQL',
    { body: { query: '{ job(' } },
    '200 GRAPHQL_PARSE_FAILED',
    '400 GRAPHQL_PARSE_FAILED',
  ],
  [
    'with an unknown field',
    { body: { query: '{ jobb { name } }' } },
    '200 GRAPHQL_VALIDATION_FAILED',
    '400 GRAPHQL_VALIDATION_FAILED',
  ],
  ['empty', { body: { query: '' } }, '200 GRAPHQL_PARSE_FAILED', '400 GRAPHQL_PARSE_FAILED'],
  ['null', { body: { query: null } }, '200 BAD_REQUEST', '400 BAD_REQUEST'],
  ['a number', { body: { query: 7 } }, '400 BAD_REQUEST'],
  ['missing', { body: { variables: {} } }, '200 BAD_REQUEST', '400 BAD_REQUEST'],
  [
    'with a lone surrogate',
    { body: '{"query":"{ job(project: \\"42\\", id: \\"\\ud83d\\") { name } }"}' },
    '200 GRAPHQL_PARSE_FAILED',
    '400 GRAPHQL_PARSE_FAILED',
  ],
  [
    'with characters of several bytes',
    { body: { query: '{ a: __typename # é😀\n }' } },
    '200 {"a":"Query"}',
  ],
  [
    'with bytes that are not UTF-8',
    {
      body: Buffer.concat([
        Buffer.from('{"query":"{ a: __typename # '),
        Buffer.from([0xff, 0xc0, 0x80]),
        Buffer.from('\\n }"}'),
      ]),
    },
    '200 {"a":"Query"}',
  ],
];

const parameters: Row[] = [
  ['`extensions` that are not known', { body: { ...body, extensions: { any: 1 } } }, OK],
  [
    '`extensions` of Apollo Client 4',
    {
      body: { ...body, extensions: { clientLibrary: { name: '@apollo/client', version: '4.0' } } },
    },
    OK,
  ],
  ['`extensions` that are null', { body: { ...body, extensions: null } }, OK],
  ['`extensions` that are a list', { body: { ...body, extensions: [] } }, '400 BAD_REQUEST'],
  ['an unknown parameter', { body: { ...body, more: 1 } }, '400 BAD_REQUEST'],
  ['an unknown parameter that is null', { body: { ...body, more: null } }, OK],
  [
    '`__proto__`',
    { body: `{"query":${JSON.stringify(JOB)},"__proto__":{"operationName":"None"}}` },
    '400 BAD_REQUEST',
  ],
  [
    'the last of repeated parameters',
    { body: `{"query":"{ no }","query":${JSON.stringify(JOB)}}` },
    OK,
  ],
  ['a batch', { body: [body, body] }, '400 BAD_REQUEST'],
  ['an empty batch', { body: [] }, '400 BAD_REQUEST'],
];

const bodies: Row[] = [
  ['null', { body: 'null' }, '400 BAD_REQUEST'],
  ['a number', { body: '7' }, '400 BAD_REQUEST'],
  ['a string', { body: JSON.stringify(JOB) }, '400 BAD_REQUEST'],
  ['truncated JSON', { body: text.slice(0, -2) }, '400 BAD_REQUEST'],
  ['JSON followed by more', { body: `${text}}` }, '400 BAD_REQUEST'],
  ['empty', { body: '' }, '400 BAD_REQUEST'],
  ['missing', {}, '415 BAD_REQUEST'],
  ['whitespace', { body: '  \n' }, '400 BAD_REQUEST'],
  [
    'JSON with a byte order mark',
    { body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]) },
    '400 BAD_REQUEST',
  ],
  ['sent in chunks', { body, chunked: true }, OK],
  ['too large', { body: tooLong }, '413 REQUEST_ENTITY_TOO_LARGE'],
  ['too large, sent in chunks', { body: tooLong, chunked: true }, '413 REQUEST_ENTITY_TOO_LARGE'],
  ['JSON, though Content-Encoding says gzip', withHeader('content-encoding', 'gzip'), OK],
];

const contentTypes: Row[] = [
  ['missing', ofType(null), '415 BAD_REQUEST'],
  ['of a form', { ...ofType('application/x-www-form-urlencoded'), body: 'a=b' }, '415 BAD_REQUEST'],
  ['of a form with files', ofType('multipart/form-data; boundary=x'), '415 BAD_REQUEST'],
  ['text/plain', ofType('text/plain'), '415 BAD_REQUEST'],
  ['text/plain followed by JSON', ofType('text/plain; application/json'), '415 BAD_REQUEST'],
  ['application/graphql', ofType('application/graphql'), '415 BAD_REQUEST'],
  ['empty', ofType(''), '415 BAD_REQUEST'],
  ['another kind of JSON', ofType('application/json-patch+json'), '415 BAD_REQUEST'],
  ['JSON with a charset', ofType('application/json; charset=utf-8'), OK],
  ['JSON with a charset that is ignored', ofType('application/json; charset=utf-16'), OK],
  ['JSON in capitals', ofType('Application/JSON'), OK],
  ['JSON with a space before the semicolon', ofType('application/json ; charset=utf-8'), OK],
  ['a list that begins with JSON', ofType('application/json, text/plain'), OK],
  ['application/graphql+json', ofType('application/graphql+json'), OK],
];

const methods: Row[] = [
  ['GET', byGet('{ __typename }'), '200 {"__typename":"Query"}'],
  ['GET without a document', { method: 'GET' }, '200 BAD_REQUEST', '400 BAD_REQUEST'],
  ['GET with malformed JSON', { method: 'GET', path: '/graphql?variables=%7B' }, '400 BAD_REQUEST'],
  [
    'GET with a mutation',
    byGet(RETRY.replace(/\(\$.*?\)/, '').replace('$id', '"x"')),
    '405 BAD_REQUEST',
  ],
  ['HEAD', { ...byGet('{ __typename }'), method: 'HEAD' }, '405'],
  ['PUT', { method: 'PUT', body }, '405 BAD_REQUEST'],
  ['OPTIONS', { method: 'OPTIONS' }, '405 BAD_REQUEST'],
];

const addresses: Row[] = [
  ['with a query string', { body, path: '/graphql?query=x' }, OK],
  ['with a trailing slash', { body, path: '/graphql/' }, OK],
  ['of no route', { body, path: '/graphq' }, '404'],
  ['that is a full URL', { body, path: 'http://gateway.example/graphql' }, '400'],
  ['with a malformed host', withHeader('host', 'a b'), '400'],
  ['with an empty host', withHeader('host', ''), OK],
];

interface GraphqlResponse {
  data?: unknown;
  errors?: { extensions?: { code?: string } }[];
}

function summarize({ status, body: json }: RawResponse): string {
  if (json === '') return `${status}`;
  const { data, errors = [] } = JSON.parse(json) as GraphqlResponse;
  const codes = errors.map(({ extensions }) => extensions?.code ?? 'no code');
  return [status, ...codes, JSON.stringify(data)].filter(Boolean).join(' ');
}

const start = () =>
  startGateway({ simulator: { world: smallWorld() }, env: { MAX_BODY_BYTES: '2000' } });

const NEW_TYPE = ['accept', 'application/graphql-response+json'] as const;

describe.each([
  ['variables', variables],
  ['an operation', operations],
  ['a credential', credentials],
  ['a document', documents],
  ['parameters', parameters],
  ['a body', bodies],
  ['a content type', contentTypes],
  ['a method', methods],
  ['an address', addresses],
])('%s', (_subject, rows) => {
  it.each(rows)('%s', async (_name, request, expected, expectedInNewType = expected) => {
    const { url, bugs, calls } = await start();
    const response = await sendRaw(url, request);
    expect(summarize(response)).toBe(expected);
    if (response.status >= 400) expect(calls()).toEqual([]);
    const headers = [...(request.headers ?? []), NEW_TYPE];
    expect(summarize(await sendRaw(url, { ...request, headers }))).toBe(expectedInNewType);
    expect(bugs).toEqual([]);
  });
});

describe('the headers of a response', () => {
  const common = {
    connection: 'close',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    date: expect.any(String),
    'referrer-policy': 'no-referrer',
    vary: 'Authorization, PRIVATE-TOKEN, JOB-TOKEN',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
  };
  const JSON_TYPE = 'application/json; charset=utf-8';

  it.each<[string, RawRequest, Record<string, string>]>([
    [
      'an operation',
      { body },
      { 'cache-control': 'private, max-age=2', 'content-type': JSON_TYPE },
    ],
    [
      'an operation in the new media type',
      { body, headers: [NEW_TYPE] },
      {
        'cache-control': 'private, max-age=2',
        'content-type': 'application/graphql-response+json; charset=utf-8',
      },
    ],
    ['a failed operation', { body: { query: '{ no }' } }, { 'content-type': JSON_TYPE }],
    [
      'a refused method',
      { method: 'PUT', body },
      { 'content-type': JSON_TYPE, allow: 'GET, POST' },
    ],
    [
      'a mutation by GET',
      byGet('mutation { jobRetry(input: { id: "x" }) { retriedJobId } }'),
      {
        'content-type': JSON_TYPE,
        allow: 'POST',
      },
    ],
    [
      'malformed parameters',
      { body: { ...body, more: 1 } },
      {
        'content-type': JSON_TYPE,
        allow: 'GET, POST',
      },
    ],
  ])('%s', async (_name, request, expected) => {
    const response = await sendRaw((await start()).url, request);
    expect(response.headers).toEqual({
      ...common,
      'cache-control': 'no-store',
      'content-length': String(Buffer.byteLength(response.body)),
      ...expected,
    });
  });

  it('close the connection after a body that is too large, whose rest is not read', async () => {
    const { url } = await start();
    const headers = [['connection', 'keep-alive']] as const;
    const response = await sendRaw(url, { body: tooLong, headers });
    expect([response.status, response.headers['connection']]).toEqual([413, 'close']);
  });
});

describe('the request id', () => {
  it('is that of the request if it is valid', async () => {
    const headers = [['x-request-id', '01ARZ3NDEKTSV4RRFFQ69G5FAV']] as const;
    const response = await sendRaw((await start()).url, { body, headers });
    expect(response.headers['x-request-id']).toBe(headers[0][1]);
  });

  it.each(['', 'two words', 'x'.repeat(129), '<script>', 'glpat-0123456789abcdefghij'])(
    'is generated instead of %j, and logged',
    async (given) => {
      const log = createMemoryLog();
      const { url } = await startGateway({ logger: log.logger });
      const headers = [['x-request-id', given]] as const;
      const response = await sendRaw(url, { body: { query: '{ __typename }' }, headers });
      const requestId = response.headers['x-request-id'];
      expect(requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
      expect(log.lines()).toMatchObject([{ requestId }]);
    },
  );
});
