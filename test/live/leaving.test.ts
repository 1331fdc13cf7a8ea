import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createTestClock } from '../gitlab/upstream.ts';
import { type Started, startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { addressOf, connect, follow } from '../websocket/web-socket.ts';
import { subscribe } from './subscribe.ts';
import { FOLLOW, running, runningWorld } from './worlds.ts';

const variables = { id: running.id };
const payload = { 'private-token': tokens.alice };

const FOLLOW_PIPELINE = 'subscription ($id: ID!) { pipelineUpdated(id: $id) { __typename } }';
const TAIL = 'subscription ($id: ID!) { jobTraceAppended(id: $id) { text } }';

/** Starts a gateway whose polls the test observes and triggers. */
async function start(env: Record<string, string> = {}) {
  // Pings of WebSockets are sent only when the test advances the timers.
  vi.useFakeTimers({ toFake: ['setInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const time = createTestClock();
  const gateway = await startGateway({
    env,
    simulator: { world: runningWorld('log') },
    live: { clock: time.clock, pingMs: 50 },
  });
  /** Checks that there is no subscription, no scheduled poll, and no request within an hour. */
  const expectSilence = async () => {
    await expect.poll(gateway.subscriptions).toBe('0');
    await expect.poll(() => time.timers.size).toBe(0);
    const asked = gateway.simulator.requests.length;
    time.advance(3_600_000);
    await new Promise(setImmediate);
    expect(gateway.simulator.requests.length).toBe(asked);
    expect(gateway.bugs).toEqual([]);
  };
  const expectPolls = (count: number) => expect.poll(() => time.timers.size).toBe(count);
  return { ...gateway, time, expectSilence, expectPolls };
}

/** Functions that subscribe in different ways. Each returns a function that disconnects. */
const clients: Record<string, (gateway: Pick<Started, 'url'>) => Promise<() => unknown>> = {
  async 'an event stream is cut'(gateway) {
    const job = subscribe(gateway, FOLLOW, { token: tokens.alice, variables });
    await job.next();
    return job.leave;
  },
  async 'the reader of an event stream is canceled'(gateway) {
    const body = { query: FOLLOW, variables };
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream', ...payload };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(`${gateway.url}/graphql`, request);
    const reader = response.body?.getReader();
    await reader?.read();
    return () => reader?.cancel();
  },
  async 'the client closes the connection of an event stream'(gateway) {
    const socket = openEventStreams(gateway, 1);
    await once(socket, 'data');
    return () => socket.end();
  },
  async 'the connection of two pipelined event streams is cut'(gateway) {
    const socket = openEventStreams(gateway, 2);
    await once(socket, 'data');
    return () => socket.destroy();
  },
  async 'the client completes a subscription on a WebSocket'(gateway) {
    const job = follow(connect(gateway, { payload }), FOLLOW, variables);
    await job.next();
    return job.leave;
  },
  async 'a WebSocket is closed'(gateway) {
    const client = connect(gateway, { payload });
    await follow(client, FOLLOW, variables).next();
    return () => client.dispose();
  },
  async 'a WebSocket is terminated'(gateway) {
    const socket = await openSubscription(gateway);
    return () => socket.terminate();
  },
  async 'the network of a WebSocket is lost'(gateway) {
    // The connection stays open, but the client neither reads nor answers pings.
    const socket = await openSubscription(gateway);
    return () => {
      socket.pause();
      vi.advanceTimersByTime(100);
    };
  },
};

/** Opens `count` event streams on one connection, with pipelined requests. */
function openEventStreams(gateway: Pick<Started, 'url'>, count: number) {
  const { hostname, port } = new URL(gateway.url);
  const socket = connectSocket(Number(port), hostname);
  const body = JSON.stringify({ query: FOLLOW, variables });
  const request =
    `POST /graphql HTTP/1.1\r\nhost: ${hostname}\r\naccept: text/event-stream\r\n` +
    `content-type: application/json\r\nprivate-token: ${tokens.alice}\r\n` +
    `content-length: ${body.length}\r\n\r\n${body}`;
  socket.write(request.repeat(count));
  return socket;
}

async function openSubscription(gateway: Pick<Started, 'url'>) {
  const socket = new WebSocket(addressOf(gateway), 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload }));
  await once(socket, 'message');
  const request = { query: FOLLOW, variables };
  socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: request }));
  await once(socket, 'message');
  return socket;
}

describe('polling stops when', () => {
  it.each(Object.entries(clients))('%s', async (_title, open) => {
    const gateway = await start();
    const leave = await open(gateway);
    await gateway.expectPolls(1);
    await leave();
    await gateway.expectSilence();
  });

  it('the last of several subscribers has left, and not before', async () => {
    const gateway = await start();
    const opened = Object.entries(clients).filter(([title]) => !title.includes('lost'));
    const leaves = await Promise.all(opened.map(([, open]) => open(gateway)));
    for (const leave of leaves) {
      await gateway.expectPolls(1);
      await leave();
    }
    await gateway.expectSilence();
  });

  it.each([
    ['a pipeline', FOLLOW_PIPELINE, running.pipelineId, 1],
    // There are two polls, because the job of the log is polled as well.
    ['a log', TAIL, running.id, 2],
  ])('the subscriber of %s has left', async (_what, query, id, polls) => {
    const gateway = await start();
    const subscriber = subscribe(gateway, query, { token: tokens.alice, variables: { id } });
    await subscriber.next();
    await gateway.expectPolls(polls);
    subscriber.leave();
    await gateway.expectSilence();
  });

  it('the subscriber leaves during a read', async () => {
    const gateway = await start();
    gateway.simulator.setLatency(60_000);
    const job = subscribe(gateway, FOLLOW, { token: tokens.alice, variables });
    await expect.poll(() => gateway.simulator.requests.length).toBe(1);
    job.leave();
    await gateway.expectSilence();
    expect(gateway.simulator.requests.map(({ status }) => status)).toEqual([0]);
  });

  it('the client does not accept streams, and gets a 406', async () => {
    const gateway = await start();
    const headers = { accept: 'application/json', ...payload };
    const refused = await gateway.post(FOLLOW, { headers, variables });
    expect(refused.status).toBe(406);
    await gateway.expectSilence();
  });

  it('a subscription in a batch is rejected, and the other operations are answered', async () => {
    const gateway = await start({ MAX_BATCH: '2' });
    const headers = { 'content-type': 'application/json', ...payload };
    const body = JSON.stringify([{ query: FOLLOW, variables }, { query: '{ __typename }' }]);
    const answer = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body });
    expect(await answer.json()).toMatchObject([
      { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
      { data: { __typename: 'Query' } },
    ]);
    await gateway.expectSilence();
  });

  it('the gateway closes', async () => {
    const gateway = await start();
    await clients['an event stream is cut']?.(gateway);
    await gateway.expectPolls(1);
    await gateway.gateway.close();
    await gateway.expectSilence();
  });
});
