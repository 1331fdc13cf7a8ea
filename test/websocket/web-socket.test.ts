import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createTestClock, until } from '../gitlab/upstream.ts';
import { type Started, startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { createMemoryLog } from '../http/memory-log.ts';
import { FOLLOW, running, runningWorld } from '../live/worlds.ts';
import { addressOf, connect, follow } from './web-socket.ts';

const start = (config = {}, live = {}, stalledMs?: number) =>
  startGateway({
    simulator: { world: runningWorld() },
    config: { pollIntervalMs: 100, ...config },
    live: { pingMs: 60_000, ...live },
    ...(stalledMs && { stalledMs }),
  });

/** Opens a WebSocket, sends `connection_init`, and waits for the first message of the gateway. */
async function open(gateway: Pick<Started, 'url'>) {
  const socket = new WebSocket(addressOf(gateway), 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  const [[{ socket: carrier }]] = await Promise.all([
    once(socket, 'upgrade'),
    once(socket, 'open'),
  ]);
  socket.send(
    JSON.stringify({ type: 'connection_init', payload: { 'private-token': tokens.alice } }),
  );
  await once(socket, 'message');
  return { socket, carrier };
}

/** Replaces the interval timers, so that pings are sent only when the test advances them. */
function useFakeIntervals(): void {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  onTestFinished(() => void vi.useRealTimers());
}

const { id } = running;
const UUID = /^[\da-f-]{36}$/;

describe('a subscription over WebSocket', () => {
  it.each([
    ['headers of the upgrade request', { headers: { 'PRIVATE-TOKEN': tokens.alice } }],
    ['the payload of connection_init', { payload: { 'PRIVATE-TOKEN': tokens.alice } }],
    [
      'headers in the payload',
      { payload: { headers: { Authorization: `Bearer ${tokens.aliceOauth}` } } },
    ],
    [
      'the payload, whose other members do not matter',
      {
        payload: {
          ...{ 'private-token': tokens.alice, csrfToken: 'x', authToken: null },
          ...{ author: 'x', path: 'x', 'client-name': 'global-dashboard' },
        },
      },
    ],
    [
      'the payload, which overrides the headers',
      {
        headers: { 'PRIVATE-TOKEN': tokens.mallory },
        payload: { Authorization: `Bearer ${tokens.aliceOauth}` },
      },
    ],
  ])('reads its credential from %s', async (_where, options) => {
    const gateway = await start();
    const job = follow(connect(gateway, options), FOLLOW, { id });
    expect(await job.next()).toEqual({ data: { jobUpdated: { id, status: 'RUNNING' } } });
    gateway.simulator.world.finishJob(running.job, 'success');
    expect(await job.next()).toEqual({ data: { jobUpdated: { id, status: 'SUCCESS' } } });
    expect(await job.next()).toBeUndefined();
    expect(gateway.bugs).toEqual([]);
  });

  it('ends with an error if the caller is not authenticated', async () => {
    const gateway = await start();
    const job = follow(connect(gateway), FOLLOW, { id });
    const answer = await job.next();
    expect(answer?.errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await job.next()).toBeUndefined();
  });

  it('is refused for a malformed id', async () => {
    const gateway = await start();
    const job = follow(connect(gateway), FOLLOW, { id: 'x' });
    await expect(job.next()).rejects.toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(gateway.calls()).toEqual([]);
  });
});

describe('an operation id', () => {
  it('may be reused as soon as its operation is completed', async () => {
    const gateway = await start();
    const socket = new WebSocket(addressOf(gateway), 'graphql-transport-ws');
    await once(socket, 'open');
    const messages: { type: string; payload?: unknown }[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data))));
    const send = (message: object) => socket.send(JSON.stringify(message));
    const nextMessage = async () => {
      await until(() => messages.length > 0);
      return messages.shift();
    };
    const subscribe = {
      type: 'subscribe',
      id: 'a',
      payload: { query: FOLLOW, variables: { id } },
    };
    const event = (status: string) => ({
      type: 'next',
      id: 'a',
      payload: { data: { jobUpdated: { id, status } } },
    });
    send({ type: 'connection_init', payload: { 'private-token': tokens.alice } });
    expect(await nextMessage()).toEqual({ type: 'connection_ack' });
    send(subscribe);
    expect(await nextMessage()).toEqual(event('RUNNING'));
    for (let again = 0; again < 3; again++) {
      send({ type: 'complete', id: 'a' });
      send(subscribe);
    }
    expect(await nextMessage()).toEqual(event('RUNNING'));
    gateway.simulator.world.finishJob(running.job, 'success');
    expect(await nextMessage()).toEqual(event('SUCCESS'));
    expect(await nextMessage()).toEqual({ type: 'complete', id: 'a' });
    socket.close();
  });
});

describe('the log', () => {
  it.each([
    ['that of the connection and a number', { 'x-request-id': 'proxy' }, ['proxy/1', 'proxy/2']],
    [
      'a new one if the connection has none',
      {},
      [expect.stringMatching(UUID), expect.stringMatching(UUID)],
    ],
  ])('has a request id for each operation: %s', async (_form, headers, requestIds) => {
    const log = createMemoryLog();
    const gateway = await startGateway({ logger: log.logger });
    const client = connect(gateway, { headers, staysOpen: true });
    await follow(client, '{ __typename }').next();
    await follow(client, '{ __typename }').next();
    await expect
      .poll(() =>
        log.lines().flatMap(({ msg, ...line }) => (msg === 'operation' ? [line['requestId']] : [])),
      )
      .toEqual(requestIds);
  });
});

describe('a WebSocket', () => {
  it('executes queries', async () => {
    const gateway = await start();
    const client = connect(gateway, { payload: { 'private-token': tokens.alice } });
    const query = follow(client, '{ job(project: "group/app", id: "1001") { name } }');
    expect(await query.next()).toMatchObject({ data: { job: { name: 'unit tests 1/3' } } });
    expect(await query.next()).toBeUndefined();
  });

  it.each([
    ['a cross-site page', { origin: 'https://evil.example' }, 403],
    ['a client that is not a browser', {}, 101],
    ['a page of an allowed origin', { origin: 'https://ci.example' }, 101],
  ])('checks the origin of %s', async (_client, headers, status) => {
    const gateway = await start({ corsOrigins: ['https://ci.example'] });
    const socket = new WebSocket(addressOf(gateway), 'graphql-transport-ws', { headers });
    const opened = once(socket, 'open').then(() => 101);
    const refused = once(socket, 'unexpected-response').then(([, response]) => response.statusCode);
    socket.on('error', () => {});
    expect(await Promise.race([opened, refused])).toBe(status);
    socket.terminate();
  });

  it('is refused at any other path, and its connection is closed even if the client keeps its side open', async () => {
    const { url, gateway } = await start();
    const { hostname, port } = new URL(url);
    const socket = connectSocket({ host: hostname, port: Number(port), allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    const handshake = 'host: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
    socket.write(`GET /nowhere HTTP/1.1\r\n${handshake}`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 404 /);
    // `drain` and `close` wait until all connections are closed, including this one.
    await gateway.drain();
    await gateway.close();
  });

  it('accepts any Host header', async () => {
    const gateway = await start();
    const headers = { host: 'name:word@localhost' };
    const answer = follow(connect(gateway, { headers }), '{ __typename }');
    expect(await answer.next()).toMatchObject({ data: { __typename: 'Query' } });
    expect(gateway.bugs).toEqual([]);
  });

  it('may be opened by the gateway’s own page', async () => {
    const gateway = await start();
    const headers = { origin: gateway.url };
    const socket = new WebSocket(addressOf(gateway), 'graphql-transport-ws', { headers });
    await once(socket, 'open');
    socket.terminate();
  });

  it('is closed with the reason if the payload of connection_init is malformed', async () => {
    const gateway = await start();
    const socket = new WebSocket(addressOf(gateway), 'graphql-transport-ws');
    await once(socket, 'open');
    const payload = { 'private-token': 42 };
    socket.send(JSON.stringify({ type: 'connection_init', payload }));
    const [code, reason] = await once(socket, 'close');
    expect([code, String(reason)]).toEqual([4400, 'private-token must be text.']);
  });

  it.each<[problem: string, payload: object]>([
    ['authToken is not read. Send ', { authToken: 'x' }],
    ['access_token is not read. Send ', { headers: { access_token: 'x' } }],
    ['auth is not read. Send ', { auth: { user: 'x' } }],
    ['Authorization is not read. Send ', { http: { headers: { Authorization: 'Bearer x' } } }],
    ['apiKey is not read. Send ', { context: { apiKey: 'x' } }],
    ['pat is not read. Send ', { pat: 'x' }],
    ['user is not read. Send ', { user: tokens.alice }],
    ['login is not read. Send ', { context: { login: 'Bearer x' } }],
    ['Authorization must be "Bearer <token>".', { authorization: tokens.alice }],
    ['private-token has two values.', { 'PRIVATE-TOKEN': 'x', headers: { 'private-token': 'y' } }],
    ['headers must be an object', { headers: [['PRIVATE-TOKEN', 'x']] }],
    [`${'token'.repeat(4)}toke is not read.`, { ['token'.repeat(50)]: 'x' }],
  ])(
    'is closed with what is read, instead of running without the credential: %s',
    async (problem, payload) => {
      const socket = new WebSocket(addressOf(await start()), 'graphql-transport-ws');
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'connection_init', payload }));
      const [code, reason] = await once(socket, 'close');
      expect(code).toBe(4400);
      expect(String(reason)).toContain(problem);
    },
  );

  it.each(['no JSON', '[]', '{"type":"next"}', '{"type":"subscribe","id":"1"}', '\u0000'])(
    'is closed for an invalid message: %j',
    async (text) => {
      const gateway = await start();
      const socket = new WebSocket(addressOf(gateway), 'graphql-transport-ws');
      await once(socket, 'open');
      socket.send(text);
      const [code] = await once(socket, 'close');
      expect(code).toBeGreaterThanOrEqual(4400);
      expect(gateway.bugs).toEqual([]);
    },
  );

  it('that answers no ping is closed, and its poll ends', async () => {
    useFakeIntervals();
    const time = createTestClock();
    const gateway = await start({}, { clock: time.clock, pingMs: 50 });
    const socket = new WebSocket(addressOf(gateway), 'graphql-transport-ws');
    await once(socket, 'open');
    const payload = { 'private-token': tokens.alice };
    socket.send(JSON.stringify({ type: 'connection_init', payload }));
    await once(socket, 'message');
    const request = { query: FOLLOW, variables: { id } };
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: request }));
    await until(() => time.timers.size === 1);
    // The client neither reads nor sends from now on, as if its network were lost.
    socket.pause();
    vi.advanceTimersByTime(100);
    await until(() => time.timers.size === 0);
    const closed = once(socket, 'close');
    socket.resume();
    expect((await closed)[0]).toBe(1006);
  });

  it('is closed with "service restart" when the gateway shuts down', async () => {
    const gateway = await start();
    const socket = new WebSocket(addressOf(gateway), 'graphql-transport-ws');
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await gateway.gateway.drain();
    expect((await closed)[0]).toBe(1012);
    const late = new WebSocket(addressOf(gateway), 'graphql-transport-ws');
    late.on('error', () => {});
    const [, { statusCode }] = await once(late, 'unexpected-response');
    expect(statusCode).toBe(503);
  });

  it('gets pending responses before the gateway shuts down, and no response to new operations', async () => {
    const gateway = await start();
    const socket = new WebSocket(addressOf(gateway), 'graphql-transport-ws');
    const closed = once(socket, 'close');
    const messages: Record<string, unknown>[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data))));
    await once(socket, 'open');
    const send = (message: unknown) => socket.send(JSON.stringify(message));
    const subscribe = (name: string, query: string, variables = {}) =>
      send({ type: 'subscribe', id: name, payload: { query, variables } });
    send({ type: 'connection_init', payload: { 'private-token': tokens.alice } });
    await expect.poll(() => messages).toHaveLength(1);
    subscribe('stream', FOLLOW, { id });
    await expect.poll(() => messages).toHaveLength(2);
    gateway.simulator.setLatency(200);
    subscribe('answer', '{ job(project: "group/app", id: "1001") { name } }');
    const isAsked = () => gateway.simulator.requests.some(({ path }) => path.endsWith('/1001'));
    await expect.poll(isAsked).toBe(true);
    const drained = gateway.gateway.drain();
    subscribe('late', '{ __typename }');
    expect((await closed)[0]).toBe(1012);
    await drained;
    expect(messages.slice(2)).toMatchObject([
      { id: 'answer', type: 'next', payload: { data: { job: { name: 'unit tests 1/3' } } } },
      { id: 'answer', type: 'complete' },
    ]);
  });
});

describe('a client', () => {
  it('that reads a long response slowly receives it completely, though it cannot answer pings meanwhile', async () => {
    useFakeIntervals();
    const gateway = await startGateway({
      simulator: { world: runningWorld('x'.repeat(12 * 1024 * 1024)) },
      live: { pingMs: 50 },
    });
    const { socket, carrier } = await open(gateway);
    const answer = Promise.race([once(socket, 'message'), once(socket, 'close')]);
    const query = '{ job(project: "42", id: "2001") { trace { byteSize text(format: RAW) } } }';
    socket.send(JSON.stringify({ type: 'subscribe', id: 'a', payload: { query } }));
    await once(carrier, 'data');
    socket.pause();
    vi.advanceTimersByTime(200);
    socket.resume();
    const [data] = await answer;
    expect(String(data)).toContain('"byteSize":12582912');
  });

  it('that reads no responses is disconnected, even if it answers pings', async () => {
    const gateway = await start({}, { pingMs: 60_000 }, 100);
    const { socket } = await open(gateway);
    socket.pause();
    const ping = JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(500_000) } });
    for (let count = 0; count < 40; count += 1) socket.send(ping);
    await new Promise<void>((resolve) => {
      const life = setInterval(() => socket.pong('', true, (gone) => gone && resolve()), 10);
      onTestFinished(() => clearInterval(life));
    });
    expect(gateway.bugs).toEqual([]);
  });
});
