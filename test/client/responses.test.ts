import { createClient, GatewayError, type SubscribeOptions } from 'gitlab-jobs-gateway/client';
import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';
import { clock } from './clocks.ts';
import { breakOff, type Respond, respond, result, serve, stream } from './scripted-server.ts';

const DAY = 86_400;
const dateIn = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();
const html = { 'content-type': 'text/html' };

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: GatewayError) => error,
  );

describe.each<[string, Respond, Partial<GatewayError>]>([
  ['a page of a proxy', respond(200, html, '<p>Sign in'), { status: 200, isRetryable: false }],
  ['null', respond(200, {}, 'null'), { status: 200, isRetryable: false }],
  ['an empty 401', respond(401), { status: 401, isRetryable: false }],
  ['an empty 502', respond(502), { status: 502, isRetryable: true }],
  [
    '503 with seconds',
    respond(503, { 'retry-after': '7' }),
    { status: 503, isRetryable: true, retryAfter: 7 },
  ],
  [
    '503 with a date',
    respond(503, { 'retry-after': dateIn(DAY) }),
    { isRetryable: true, retryAfter: expect.closeTo(DAY, -4) },
  ],
  [
    '503 with a date that is over',
    respond(503, { 'retry-after': dateIn(-DAY) }),
    { isRetryable: true, retryAfter: undefined } as unknown as Partial<GatewayError>,
  ],
  ['a connection that ends', breakOff, { isRetryable: true }],
])('%s instead of a GraphQL response', (_title, response, expected) => {
  it.each(['query', 'mutate'] as const)('rejects %s, which is not sent again', async (name) => {
    const { url, requests } = await serve(response, result({ data: {} }));
    const error = await errorOf(createClient({ url })[name]('{ x }'));
    expect(error).toMatchObject({ name: 'GatewayError', ...expected });
    expect(requests).toHaveLength(1);
  });

  it('ends a subscription, or is followed by another attempt', async () => {
    const { url, requests } = await serve(response, stream([{ data: { x: 1 } }]));
    const retries: GatewayError[] = [];
    const onRetry: SubscribeOptions['onRetry'] = (error, pauseMs) => {
      retries.push(error);
      expect(pauseMs).toBe((error.retryAfter ?? 0) * 1000 + 500);
    };
    const events = createClient({ url, clock }).subscribe('{ x }', {}, { onRetry });
    if (expected.isRetryable) {
      expect(await events.next()).toEqual({ done: false, value: { data: { x: 1 } } });
      expect(retries).toMatchObject([expected]);
    } else {
      expect(await errorOf(events.next())).toMatchObject(expected);
      expect(requests).toHaveLength(1);
    }
  });
});

it.each<[string, Respond, boolean]>([
  ['an error of a proxy as JSON', result({ errors: [{ message: 'down' }] }, 503), true],
  ['an error without a code', result({ errors: [{ message: 'no' }] }, 400), false],
  ...['RATE_LIMITED', 'SHUTTING_DOWN', 'UPSTREAM_TIMEOUT', 'UPSTREAM_UNAVAILABLE'].map(
    (code): [string, Respond, boolean] => [
      code,
      stream([{ data: null, errors: [{ message: code, extensions: { code } }] }]),
      true,
    ],
  ),
  [
    'two errors, of which one stays',
    result({
      errors: ['RATE_LIMITED', 'FORBIDDEN'].map((code) => ({
        ...{ message: code, extensions: { code } },
      })),
    }),
    false,
  ],
])('continues a subscription only after errors that can be gone: %s', async (_t, first, goesOn) => {
  const { url } = await serve(first, stream([{ data: { x: 1 } }]));
  const events = createClient({ url, clock }).subscribe('{ x }');
  const received = await events.next().catch((error: GatewayError) => error.isRetryable);
  expect(received).toEqual(goesOn ? { done: false, value: { data: { x: 1 } } } : false);
});

it('waits as long as an error says, but never sets a timer that would end at once', async () => {
  const wait = (retryAfter: number) =>
    result({ errors: [{ message: '', extensions: { code: 'RATE_LIMITED', retryAfter } }] });
  const { url } = await serve(wait(60), wait(9_999_999), stream([]));
  const pauses: number[] = [];
  const onRetry = (_error: unknown, pauseMs: number) => pauses.push(pauseMs);
  const events = createClient({ url, clock }).subscribe('{ x }', {}, { onRetry });
  expect(await events.next()).toEqual({ done: true, value: undefined });
  expect(pauses).toEqual([60_500, 2 ** 31 - 1]);
});

it('yields data that has errors, and goes on', async () => {
  const partial = { data: { x: { y: null } }, errors: [{ message: 'no', path: ['x', 'y'] }] };
  const { url } = await serve(stream([partial, { data: { x: 2 } }]));
  const received: unknown[] = [];
  for await (const value of createClient({ url, clock }).subscribe('{ x }')) received.push(value);
  expect(received).toEqual([partial, { data: { x: 2 } }]);
});

it('reads an event in any pieces, with any line ends', async () => {
  const text = JSON.stringify({ data: { x: 'äöü 😀'.repeat(10_000) } });
  const bytes = Buffer.from(`: ping\r\n\r\nevent:next\r\ndata: ${text}\r\n\r\nevent: complete\n\n`);
  const { url } = await serve((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let at = 0; at < bytes.length; at += 997) response.write(bytes.subarray(at, at + 997));
    response.end();
  });
  const received: unknown[] = [];
  for await (const value of createClient({ url, clock }).subscribe('{ x }')) received.push(value);
  expect(received).toEqual([JSON.parse(text)]);
});

it('sends a mutation once if its response is lost', async () => {
  const { url, calls } = await startGateway({ simulator: { world: smallWorld() } });
  const losing: typeof fetch = async (input, init) => {
    await (await fetch(input, init)).text();
    throw new TypeError('terminated');
  };
  const headers = { 'PRIVATE-TOKEN': tokens.alice };
  const client = createClient({ url: `${url}/graphql`, headers, fetch: losing, clock });
  const retry = 'mutation ($id: ID!) { jobRetry(input: { id: $id }) { job { id } } }';
  const error = await errorOf(client.mutate(retry, { id: toGlobalId('Job', 42, 1001) }));
  expect(error).toMatchObject({ isRetryable: true, cause: { message: 'terminated' } });
  expect(calls().filter((call) => call.startsWith('POST'))).toHaveLength(1);
});

it.each<[string, (count: number) => object]>([
  ['a function', (count) => ({ 'x-count': `${count}` })],
  ['an async function', async (count) => ({ 'x-count': `${count}` })],
])('calls %s for the headers of each request and each reconnect', async (_title, headersOf) => {
  const cut = stream([{ data: { x: 1 } }], 'break off');
  const { url, requests } = await serve(result({ data: {} }), cut, breakOff, stream([]));
  let count = 0;
  const headers = () => {
    count += 1;
    return headersOf(count) as Record<string, string>;
  };
  const client = createClient({ url, clock, headers });
  await client.query('{ x }');
  for await (const _event of client.subscribe('{ x }')) {
    // The test checks the requests, not the results.
  }
  expect(requests.map((request) => request.headers['x-count'])).toEqual(['1', '2', '3', '4']);
});

it('tries again if the function of the headers fails, but not if it throws a final error', async () => {
  const { url, requests } = await serve(stream([{ data: { x: 1 } }], 'break off'));
  const failures = [new TypeError('Failed to fetch'), new GatewayError('Sign in again.')];
  const headers = () => {
    const failure = requests.length > 0 && failures.shift();
    if (failure) throw failure;
    return {};
  };
  const messages: string[] = [];
  const onRetry = (error: GatewayError) => messages.push(error.message);
  const events = createClient({ url, clock, headers }).subscribe('{ x }', {}, { onRetry });
  await events.next();
  await expect(events.next()).rejects.toThrow('Sign in again.');
  expect(messages).toEqual([
    'The connection to the gateway failed: it ended too early',
    'The connection to the gateway failed: Failed to fetch',
  ]);
});

it('sends the hash of a trusted document instead of its text', async () => {
  const event = { data: { log: { endByte: 5 } } };
  const { url, requests } = await serve(
    result({ data: {} }),
    stream([event], 'break off'),
    stream([]),
  );
  const client = createClient({ url, clock });
  const options = { documentId: 'sha256:abc' };
  await client.query('query { x }', { a: 1 }, options);
  const document = 'subscription ($b: BigInt) { log: jobTraceAppended(afterByte: $b) { endByte } }';
  for await (const _event of client.subscribe(document, {}, options)) {
    // The test checks the requests, not the results.
  }
  expect(requests.map(({ body }) => body)).toEqual([
    { ...options, variables: { a: 1 } },
    { ...options, variables: {} },
    { ...options, variables: { b: 5 } },
  ]);
});

it('rejects variables that are not JSON, without a request', async () => {
  const { url, requests } = await serve();
  const client = createClient({ url, clock });
  await expect(client.query('{ x }', { id: 1n })).rejects.toThrow(TypeError);
  await expect(client.subscribe('{ x }', { id: 1n }).next()).rejects.toThrow(TypeError);
  expect(requests).toEqual([]);
});
