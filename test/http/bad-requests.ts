import fc, { type Arbitrary } from 'fast-check';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { readOperations } from '../../src/http/example-operations.ts';
import { codePoint } from '../helpers/strings.ts';
import { small, tokens } from '../helpers/worlds.ts';

/*
 * Generates requests that may be invalid: valid ones with changed parts, and random ones. Each is a
 * plain value, so that fast-check can shrink it.
 */

/** A request to the gateway. */
export type BadRequest =
  | { by: 'http'; method: string; path: string; headers: [string, string][]; body: string }
  | { by: 'bytes'; bytes: string }
  | { by: 'socket'; headers: [string, string][]; messages: (string | number[])[] };

const json = fc.json({ maxDepth: 4 });
const value = fc.jsonValue({ maxDepth: 3 });
const text = fc.string({ unit: codePoint, maxLength: 60 });

/** Replaces lone surrogates, which UTF-8 cannot encode. */
export const toWellFormed = (held: string): string => Buffer.from(held).toString();

/** Generates a text with some parts removed, inserted or replaced. */
function damaged(good: Arbitrary<string>): Arbitrary<string> {
  const harm = fc.tuple(fc.nat(), fc.nat({ max: 12 }), fc.oneof(text, fc.constantFrom(...pieces)));
  return fc.tuple(good, fc.array(harm, { maxLength: 3 })).map(([start, harms]) =>
    harms.reduce((now, [at, length, other]) => {
      const place = at % (now.length + 1);
      return now.slice(0, place) + other + now.slice(place + length);
    }, start),
  );
}

const words = (text: string) => text.split(' ');

const pieces = [
  ...['{', '}', '(', ')', '[', ']', '...', '@skip(if: true)', '$x', ':', '"', '"""', '\\u'],
  ...['#', ',', '\0', '\uFEFF', '\uD800', '__proto__', 'constructor', 'null', 'true', '-1'],
  ...['1e999', '0x1', '99999999999999999999', 'fragment F on Job { ...F }', 'subscription'],
  ...['mutation', '%', '..', '/'],
];

const ids = [
  toGlobalId('Job', 42, 1001),
  toGlobalId('Bridge', 42, 700, 1003),
  toGlobalId('Pipeline', 42, 700),
  toGlobalId('Project', 'group/app'),
  toGlobalId('Job', '../42', 1),
  toGlobalId('Job', 42, '99999999999999999999'),
  toGlobalId('Runner', 1),
  'Sm9iOjQyOjEwMDE=',
];
const id = fc.oneof(damaged(fc.constantFrom(...ids)), fc.constantFrom(...ids), text);
const project = fc.oneof(
  damaged(fc.constantFrom(small.project, '42', 'group/secret')),
  fc.constantFrom('group/../../admin', '%2e%2e', 'a/b?c=d', 'a/b#c', '0042', '-1', 'group/app/'),
);
const number = fc.oneof(
  fc.constantFrom(small.fullJob, '700', '0', '1e3', '٣'),
  text,
  fc.bigInt().map(String),
);
const cursor = fc.oneof(
  damaged(fc.constantFrom('MTo5YVBvalpOdzhZdToxMjM0NTY3ODkxMw', 'MTpBQUFBQUFBQUFBQTox')),
  text,
);
const url = damaged(
  fc.constantFrom(
    'https://gitlab.example.com/group/app/-/jobs/1001',
    'https://gitlab.example.com/group/app/-/pipelines/700',
    'javascript:alert(1)',
    'https://gitlab.example.com@evil.example/group/app/-/jobs/1',
  ),
);

const selection = '{ __typename id ... on Job { name trace { byteSize } pipeline { status } } }';
const list = '{ totalCount nodes { name } pageInfo { hasNextPage hasPreviousPage endCursor } }';
const page = {
  first: fc.oneof(fc.integer(), value),
  after: fc.oneof(cursor, value),
  last: fc.option(fc.integer(), { nil: undefined }),
  before: fc.option(cursor, { nil: undefined }),
};

/** Valid documents with arbitrary variables. */
const operations: Arbitrary<{ query: string; variables: unknown }> = fc.oneof(
  ...[
    ['query ($v: ID!) { node(id: $v) X }', { v: id }],
    [
      'query ($v: [ID!]!) { nodes(ids: $v) X }',
      { v: fc.array(fc.oneof(id, value as Arbitrary<never>), { maxLength: 5 }) },
    ],
    ['query ($v: String!) { resource(url: $v) X }', { v: url }],
    [
      'query ($p: ID!, $v: ID!) { job(project: $p, id: $v) { name } pipeline(project: $p, id: $v) { sha jobs { totalCount } } }',
      { p: project, v: number },
    ],
    [
      `query ($p: ID!, $first: Int, $after: String, $last: Int, $before: String) { project(fullPath: $p) { jobs(first: $first, after: $after, last: $last, before: $before) ${list} } }`,
      { p: project, ...page },
    ],
    [
      `query ($first: Int, $after: String) { pipeline(project: "42", id: "700") { jobs(first: $first, after: $after) ${list} bridges(first: $first, after: $after) ${list} } }`,
      page,
    ],
    [
      'query ($v: [CiJobStatus!], $r: String) { project(fullPath: "42") { jobs(statuses: $v, ref: $r) { totalCount } } }',
      { v: value, r: fc.oneof(text, value) },
    ],
    [
      `query ($first: Int, $after: String, $last: Int, $before: String, $r: String, $h: String, $o: String, $s: CiJobStatus, $t: DateTime) { project(fullPath: "42") { pipelines(first: $first, after: $after, last: $last, before: $before, ref: $r, sha: $h, source: $o, status: $s, updatedAfter: $t) ${list} } }`,
      {
        ...page,
        ...{ r: fc.oneof(text, value), h: fc.oneof(text, value), o: fc.oneof(text, value) },
        ...{ s: value, t: fc.oneof(fc.constant('2026-11-22T08:00:00+01:00'), value) },
      },
    ],
    [
      'mutation ($v: JobRetryInput!) { jobRetry(input: $v) { errors { code } } }',
      { v: fc.record({ id, inputs: value }, { requiredKeys: [] }) },
    ],
    [
      'mutation ($v: JobPlayInput!) { jobPlay(input: $v) { errors { code } } }',
      {
        v: fc.record(
          { id, variables: value, inputs: fc.array(fc.record({ name: text, value })) },
          { requiredKeys: [] },
        ),
      },
    ],
    [
      'query ($v: BigInt, $n: Int) { job(project: "42", id: "1001") { trace { byteSize text(lastLines: $n) } } }',
      { v: value, n: fc.oneof(fc.integer(), value) },
    ],
  ].map(([query, record]) =>
    fc
      .record(record as Record<string, Arbitrary<unknown>>)
      .map((variables) => ({ query: String(query).replace('X', selection), variables })),
  ),
);

const examples = fc.constantFrom(...readOperations().map(({ query }) => query));
const documents = fc.oneof(
  damaged(examples),
  damaged(fc.constantFrom('{ __typename }', '{ __schema { types { name } } }')),
  fc
    .array(fc.constantFrom(...pieces, 'query', 'a', 'job', 'project', 'nodes'), { maxLength: 30 })
    .map((all) => all.join(' ')),
  text,
);

/** Generates the parameters in a body: an operation, something similar, or any JSON. */
const params = fc.oneof(
  operations,
  documents.map((query) => ({ query })),
  fc.record(
    {
      query: fc.oneof(documents, value),
      variables: value,
      operationName: value,
      extensions: fc.oneof(
        value,
        fc.record({ persistedQuery: fc.oneof(value, fc.record({ sha256Hash: value })) }),
      ),
      documentId: value,
      [`${'__proto__'}`]: value,
    },
    { requiredKeys: [] },
  ),
  value,
);

const body = fc.oneof(
  { weight: 6, arbitrary: params.map((all) => JSON.stringify(all) ?? '') },
  { weight: 1, arbitrary: fc.array(params, { maxLength: 3 }).map((all) => JSON.stringify(all)) },
  { weight: 2, arbitrary: damaged(params.map((all) => JSON.stringify(all) ?? '')) },
  { weight: 1, arbitrary: json },
  { weight: 1, arbitrary: text },
);

/** Generates headers that the gateway reads, with valid and other values. */
const header = fc.oneof(
  fc.tuple(
    fc.constantFrom('content-type', 'accept'),
    fc.constantFrom(
      'application/json',
      'application/graphql-response+json',
      'text/event-stream',
      'multipart/mixed',
      'text/html',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '*/*',
      'a',
      ';;;',
    ),
  ),
  fc.tuple(
    fc.constantFrom('private-token', 'authorization', 'job-token'),
    fc.oneof(
      fc.constantFrom(tokens.bob, `Bearer ${tokens.aliceOauth}`, 'Basic eDp5', 'glcbt-x', 'Bearer'),
      text,
    ),
  ),
  fc.tuple(
    fc.constantFrom(
      ...words(
        'origin sec-fetch-site host x-request-id traceparent tracestate accept-encoding ' +
          'if-none-match content-encoding apollo-federation-include-trace ' +
          'access-control-request-method x-forwarded-for x-gitlab-token x-gitlab-event ' +
          'webhook-signature webhook-id webhook-timestamp expect',
      ),
    ),
    fc.oneof(
      fc.constantFrom(
        'null',
        'cross-site',
        'gzip',
        'hook-secret',
        'Job Hook',
        '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        '100-continue',
        '1700000000',
      ),
      text,
    ),
  ),
);
// Node's client rejects bytes that are invalid in headers. Requests with them come from `bytes`.
const headers = fc
  .array(header, { maxLength: 5 })
  .map((all) =>
    all.map(([name, held]): [string, string] => [name, held.replace(/[^\x20-\x7e]/g, '~')]),
  );

const query = fc
  .record(
    {
      query: documents,
      variables: fc.oneof(json, text),
      extensions: fc.oneof(json, text),
      operationName: text,
      documentId: text,
    },
    { requiredKeys: [] },
  )
  .map((all) => `?${new URLSearchParams(all as Record<string, string>)}`);

/** Replaces fast-check's webPath, which takes seconds (see codePoint). */
const webPath = fc
  .array(
    fc.oneof(fc.constantFrom(...":@-._~!$&'()*+,;=/aZ09"), codePoint.map(encodeURIComponent)),
    { maxLength: 20 },
  )
  .map((parts) => `/${parts.join('')}`);

const path = fc.oneof(
  { weight: 5, arbitrary: fc.constant('/graphql') },
  { weight: 3, arbitrary: query.map((search) => `/graphql${search}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...words(
        '/ /health /ready /metrics /graphiql/x.js /trace.css // /graphql/ /graphql?query=% ' +
          '/graphql?variables=%7B /jobs/42/1001/trace',
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(project, number)
      .map(
        ([of, job]) =>
          `/jobs/${encodeURIComponent(toWellFormed(of))}/${encodeURIComponent(toWellFormed(job))}/trace`,
      ),
  },
  { weight: 1, arbitrary: webPath },
  { weight: 1, arbitrary: text.map((some) => `/graphql?${some.replace(/[^\x21-\x7e]/g, '%')}`) },
);

const http = fc.record({
  by: fc.constant('http' as const),
  method: fc.oneof(
    { weight: 6, arbitrary: fc.constant('POST') },
    { weight: 3, arbitrary: fc.constant('GET') },
    fc.constantFrom('HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'),
  ),
  path,
  headers,
  body,
});

/** Generates GitLab's webhooks and similar requests. */
const hook = fc
  .oneof(
    fc
      .record(
        {
          object_kind: fc.oneof(fc.constantFrom('build', 'pipeline'), value),
          build_id: value,
          project_id: value,
          pipeline_id: value,
          object_attributes: value,
          builds: value,
          project: value,
          build_status: value,
        },
        { requiredKeys: [] },
      )
      .map((all) => JSON.stringify(all)),
    body,
  )
  .chain((held) =>
    headers.map((more) => ({
      by: 'http' as const,
      method: 'POST',
      path: '/webhooks/gitlab',
      headers: [['x-gitlab-token', 'hook-secret'] as [string, string], ...more],
      body: held,
    })),
  );

const rawHead = fc.array(
  fc.oneof(
    fc.constantFrom(
      'Host: x',
      'Content-Length: 5',
      'Content-Length: -1',
      'Content-Length: 5, 6',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: x',
      'Connection: upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: x',
      'Sec-WebSocket-Version: 13',
      'Expect: x',
      'Content-Type: application/json',
      ' folded',
      'A'.repeat(20_000),
    ),
    text,
  ),
  { maxLength: 6 },
);
const bytes = fc
  .oneof(
    fc
      .tuple(
        fc.constantFrom('GET', 'POST', 'PRI', 'CONNECT', 'get', ''),
        fc.constantFrom('/graphql', '*', 'http://x/graphql', '/%', '/graphql?query={__typename}'),
        fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', ''),
        rawHead,
        fc.oneof(body, fc.constantFrom('5\r\n{"a":\r\n0\r\n\r\n', 'zz\r\n')),
      )
      .map(
        ([method, target, version, head, rest]) =>
          `${method} ${target} ${version}\r\n${head.join('\r\n')}\r\n\r\n${rest}`,
      ),
    text,
  )
  .map((held) => ({ by: 'bytes' as const, bytes: held }));

const frame = fc.oneof(
  fc
    .record(
      {
        type: fc.oneof(
          fc.constantFrom(...words('connection_init subscribe complete ping pong next error')),
          text,
        ),
        id: fc.oneof(fc.constantFrom('1', ''), value),
        payload: fc.oneof(params, value),
      },
      { requiredKeys: ['type'] },
    )
    .map((all) => JSON.stringify(all)),
  fc.constant('{"type":"connection_init"}'),
  fc
    .record({ 'PRIVATE-TOKEN': value, authorization: value }, { requiredKeys: [] })
    .map((payload) => JSON.stringify({ type: 'connection_init', payload })),
  json,
  text,
  fc.array(fc.nat({ max: 255 }), { maxLength: 20 }),
);
const socket = fc.record({
  by: fc.constant('socket' as const),
  headers,
  messages: fc.array(frame, { minLength: 1, maxLength: 4 }),
});

/** All kinds of requests. */
export const badRequests: Arbitrary<BadRequest> = fc.oneof(
  { weight: 12, arbitrary: http },
  { weight: 2, arbitrary: hook },
  { weight: 2, arbitrary: bytes },
  { weight: 2, arbitrary: socket },
);
