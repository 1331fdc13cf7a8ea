import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';
import { createMemoryLog } from './memory-log.ts';
import { exchange, type RawRequest, type RawResponse, sendRaw, toBytes } from './raw-request.ts';

/*
 * Unusual requests, which are written to a socket as raw bytes.
 */

const JOB = '{ job(project: "42", id: "1001") { name } }';
const OK = '200 {"job":{"name":"unit tests 1/3"}}';
const NAMED = `query Job ${JOB} query Other { __typename }`;
const BY_ID = 'query ($id: ID!) { node(id: $id) { id ... on Pipeline { sha } } }';
const RETRY = 'mutation ($id: ID!) { jobRetry(input: { id: $id }) { errors { code } } }';
const WRITE = 'mutation { jobRetry(input: { id: "x" }) { errors { code } } }';
const EVENTS = 'subscription { jobUpdated(id: "x") { status } }';
const id = toGlobalId('Job', 42, 1001);
const body = { query: JOB };
const json = JSON.stringify(body);
const tooLong = { body: { query: `{ __typename }${' '.repeat(3_000)}` } };
const notUtf8 = Buffer.from('{"query":"{ a: __typename # \xff\xc0\x80\\n }"}', 'latin1');

const run = (query: string, variables?: unknown, token?: string | null): RawRequest => ({
  body: { query, variables },
  ...(token !== undefined && { token }),
});
const params = (more: object): RawRequest => ({ body: { ...body, ...more } });
const text = (json: string | Buffer): RawRequest => ({ body: json });
const ofType = (type: string | null): RawRequest => ({ body, type });
const withHeader = (name: string, value: string): RawRequest => ({
  body,
  headers: [[name, value]],
});
const byGet = (query: string): RawRequest => ({
  method: 'GET',
  path: `/graphql?query=${encodeURIComponent(query)}`,
});

/**
 * The name of a request, the request, and its expected response: the status, the error codes and
 * the data. `200/400` means status 400 with `Accept: application/graphql-response+json` and
 * otherwise 200. The fourth element is the response with this header, if it differs in another way.
 */
type Row = [name: string, request: RawRequest, expected: string, expectedInNewType?: string];

const variables: Row[] = [
  ['given', run(BY_ID, { id }), `200 {"node":{"id":"${id}"}}`],
  ['missing', run(BY_ID), '200/400 BAD_USER_INPUT'],
  ['null for a non-null type', run(BY_ID, { id: null }), '200/400 BAD_USER_INPUT'],
  ['of a wrong type', run(BY_ID, { id: { a: 1 } }), '200/400 BAD_USER_INPUT'],
  ['not declared', run(JOB, { more: [1, 2] }), OK],
  ['all null', run(JOB, null), OK],
  ['a list', run(JOB, []), '400 BAD_REQUEST'],
  ['a string', run(JOB, '{}'), '400 BAD_REQUEST'],
  [
    'null for a condition at the root',
    run('query ($is: Boolean = true) { __typename @include(if: $is) }', { is: null }),
    '200 no code null',
  ],
  [
    'null for a condition in an object',
    run(`query ($is: Boolean = true) ${JOB.replace('name', 'name @skip(if: $is)')}`, { is: null }),
    '200 no code {"job":null}',
  ],
];

const operations: Row[] = [
  ['without a call to GitLab', run('{ __typename }'), '200 {"__typename":"Query"}'],
  [
    'with a failed field',
    run('{ a: __typename job(project: "42", id: "x") { name } }'),
    '200 BAD_USER_INPUT {"a":"Query","job":null}',
  ],
  ['for a job that does not exist', run(JOB.replace('1001', '999')), '200 {"job":null}'],
  [
    'with a skipped fragment',
    run('{ ...F @skip(if: true) a: __typename } fragment F on Query { __typename }'),
    '200 {"a":"Query"}',
  ],
  [
    'with fields of another type only',
    run(BY_ID.replace('id ...', '...'), { id }),
    '200 {"node":{}}',
  ],
  ['selected by name', params({ query: NAMED, operationName: 'Job' }), OK],
  [
    'selected by an unknown name',
    params({ query: NAMED, operationName: 'None' }),
    '200/400 OPERATION_RESOLUTION_FAILURE',
  ],
  ['not selected among several', run(NAMED), '200/400 OPERATION_RESOLUTION_FAILURE'],
  [
    'not selected among several by an empty name',
    params({ query: NAMED, operationName: '' }),
    '200/400 OPERATION_RESOLUTION_FAILURE',
  ],
  ['with an empty name', params({ operationName: '' }), OK],
  ['with null as name', params({ operationName: null }), OK],
  ['with a number as name', params({ operationName: 7 }), '400 BAD_REQUEST'],
  [
    'that writes, sent twice',
    run(RETRY, { id }),
    '200 {"jobRetry":{"errors":[]}}',
    '200 {"jobRetry":{"errors":[{"code":"JOB_NOT_RETRYABLE"}]}}',
  ],
  [
    'that writes to a job that does not exist',
    run(RETRY, { id: toGlobalId('Job', 42, 999) }),
    '200 {"jobRetry":{"errors":[{"code":"NOT_FOUND"}]}}',
  ],
  [
    'that writes to a malformed id',
    run(RETRY, { id: 'x' }),
    '200 BAD_USER_INPUT {"jobRetry":null}',
  ],
  ['that subscribes', run(EVENTS), '200 BAD_USER_INPUT', '406 BAD_REQUEST'],
  [
    'that introspects',
    run('{ __schema { queryType { name } } }'),
    '200 {"__schema":{"queryType":{"name":"Query"}}}',
  ],
];

const credentials: Row[] = [
  ['missing', run(JOB, {}, null), '200 UNAUTHENTICATED {"job":null}'],
  ['malformed', run(JOB, {}, 'two words'), '200 UNAUTHENTICATED'],
  ['expired', run(JOB, {}, tokens.aliceExpired), '200 UNAUTHENTICATED {"job":null}'],
  [
    'read-only, for a mutation',
    run(RETRY, { id }, tokens.aliceReadOnly),
    '200 {"jobRetry":{"errors":[{"code":"FORBIDDEN"}]}}',
  ],
  ['sent twice', withHeader('private-token', tokens.bob), '200 UNAUTHENTICATED'],
  [
    'sent twice as Authorization, of which Node keeps the first',
    {
      ...run(JOB, {}, null),
      headers: [`Bearer ${tokens.aliceOauth}`, 'Bearer b'].map((value) => ['authorization', value]),
    },
    OK,
  ],
];

const documents: Row[] = [
  ['not GraphQL', run('{ job('), '200/400 GRAPHQL_PARSE_FAILED'],
  ['with an unknown field', run('{ jobb { name } }'), '200/400 GRAPHQL_VALIDATION_FAILED'],
  ['empty', params({ query: '' }), '200/400 GRAPHQL_PARSE_FAILED'],
  ['null', params({ query: null }), '200/400 BAD_REQUEST'],
  ['a number', params({ query: 7 }), '400 BAD_REQUEST'],
  ['missing', params({ query: undefined }), '200/400 BAD_REQUEST'],
  ['with a lone surrogate', run('{ a(b: "\ud83d") }'), '200/400 GRAPHQL_PARSE_FAILED'],
  ['with characters of several bytes', run('{ a: __typename # é😀\n }'), '200 {"a":"Query"}'],
  ['with bytes that are not UTF-8', text(notUtf8), '200 {"a":"Query"}'],
];

const parameters: Row[] = [
  ['`extensions` that are not known', params({ extensions: { any: 1 } }), OK],
  ['`extensions` of Apollo Client 4', params({ extensions: { clientLibrary: { name: 'x' } } }), OK],
  ['`extensions` that are null', params({ extensions: null }), OK],
  ['`extensions` that are a list', params({ extensions: [] }), '400 BAD_REQUEST'],
  ['an unknown parameter', params({ more: 1 }), '400 BAD_REQUEST'],
  ['an unknown parameter that is null', params({ more: null }), OK],
  [
    '`__proto__`',
    text(json.replace('{', '{"__proto__":{"operationName":"x"},')),
    '400 BAD_REQUEST',
  ],
  ['the last of repeated parameters', text(json.replace('{', '{"query":"{ no }",')), OK],
  ['a batch', { body: [body, body] }, '400 BAD_REQUEST'],
  ['an empty batch', { body: [] }, '400 BAD_REQUEST'],
];

const bodies: Row[] = [
  ['null', text('null'), '400 BAD_REQUEST'],
  ['a number', text('7'), '400 BAD_REQUEST'],
  ['a string', text('"{ __typename }"'), '400 BAD_REQUEST'],
  ['truncated JSON', text(json.slice(0, -2)), '400 BAD_REQUEST'],
  ['JSON followed by more', text(`${json}}`), '400 BAD_REQUEST'],
  ['empty', text(''), '400 BAD_REQUEST'],
  ['missing', {}, '415 BAD_REQUEST'],
  ['whitespace', text('  \n'), '400 BAD_REQUEST'],
  ['JSON with a byte order mark', text(`\ufeff${json}`), '400 BAD_REQUEST'],
  ['sent in chunks', { body, chunked: true }, OK],
  ['too large', tooLong, '413 REQUEST_ENTITY_TOO_LARGE'],
  ['too large, sent in chunks', { ...tooLong, chunked: true }, '413 REQUEST_ENTITY_TOO_LARGE'],
  [
    'compressed, as Content-Encoding says',
    withHeader('content-encoding', 'gzip'),
    '415 BAD_REQUEST',
  ],
];

const contentTypes: Row[] = [
  ['missing', ofType(null), '415 BAD_REQUEST'],
  ['empty', ofType(''), '415 BAD_REQUEST'],
  ['of a form', ofType('application/x-www-form-urlencoded'), '415 BAD_REQUEST'],
  ['of a form with files', ofType('multipart/form-data; boundary=x'), '415 BAD_REQUEST'],
  ['text/plain', ofType('text/plain'), '415 BAD_REQUEST'],
  ['text/plain followed by JSON', ofType('text/plain; application/json'), '415 BAD_REQUEST'],
  ['application/graphql', ofType('application/graphql'), '415 BAD_REQUEST'],
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
  ['GET without a document', { method: 'GET' }, '200/400 BAD_REQUEST'],
  ['GET with malformed JSON', { method: 'GET', path: '/graphql?variables=%7B' }, '400 BAD_REQUEST'],
  ['GET with a mutation', byGet(WRITE), '405 BAD_REQUEST'],
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

function summarize({ status, body: received }: RawResponse): string {
  if (received === '') return `${status}`;
  const { data, errors = [] } = JSON.parse(received) as {
    data?: unknown;
    errors?: { extensions?: { code?: string } }[];
  };
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
  it.each(rows)('%s', async (_name, request, expected, expectedInNewType) => {
    const { url, bugs, calls } = await start();
    const response = await sendRaw(url, request);
    expect(summarize(response)).toBe(expected.replace('200/400', '200'));
    if (response.status >= 400) expect(calls()).toEqual([]);
    const headers = [...(request.headers ?? []), NEW_TYPE];
    const inNewType = summarize(await sendRaw(url, { ...request, headers }));
    expect(inNewType).toBe(expectedInNewType ?? expected.replace('200/400', '400'));
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
    vary: 'Accept, Authorization, PRIVATE-TOKEN, JOB-TOKEN',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
  };
  const cached = { 'cache-control': 'private, max-age=2' };
  const newType = { 'content-type': 'application/graphql-response+json; charset=utf-8' };

  it.each<[string, RawRequest, Record<string, string>]>([
    ['an operation', { body }, cached],
    ['the new media type', { body, headers: [NEW_TYPE] }, { ...cached, ...newType }],
    ['a failed operation', run('{ no }'), {}],
    ['a refused method', { method: 'PUT', body }, { allow: 'GET, POST' }],
    ['a mutation by GET', byGet(WRITE), { allow: 'POST' }],
    ['malformed parameters', params({ more: 1 }), { allow: 'GET, POST' }],
  ])('%s', async (_name, request, expected) => {
    const response = await sendRaw((await start()).url, request);
    expect(response.headers).toEqual({
      ...common,
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(response.body)),
      ...expected,
    });
  });

  it('arrive though the client is still sending a body that is too large', async () => {
    const { url } = await start();
    const large = { query: ' '.repeat(5_000_000) };
    for (const chunked of [false, true]) {
      const first = toBytes({ body: large, chunked, headers: [['connection', 'keep-alive']] });
      const received = await exchange(url, Buffer.concat([first, toBytes({ body })]));
      // The gateway reads the rest of the body, so that it can answer the next request on the
      // connection.
      expect(received.match(/(?<=HTTP\/1.1 )\d+/g)).toEqual(['413', '200']);
    }
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
