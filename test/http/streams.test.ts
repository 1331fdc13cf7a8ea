import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { encodeApolloMultipart } from '../../src/http/apollo-multipart.ts';
import { type Started, startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { FOLLOW, running, runningWorld } from '../live/worlds.ts';

/*
 * Tests responses that consist of several parts, as clients and proxies receive them.
 */

const EVENT_STREAM = 'text/event-stream';
const APOLLO = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0';
/** The Accept header that Apollo Client 4 sends for a subscription. */
const APOLLO_CLIENT = `${APOLLO},application/graphql-response+json,application/json;q=0.9`;

const start = () =>
  startGateway({ simulator: { world: runningWorld() }, config: { pollIntervalMs: 100 } });

function send({ url }: Started, accept: string, query = FOLLOW, token = tokens.alice) {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { accept, 'content-type': 'application/json', 'private-token': token },
    body: JSON.stringify({ query, variables: query === FOLLOW ? { id: running.id } : {} }),
  });
}

/** Reads text until it contains `end`, or until the response ends. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, end: string) {
  let text = '';
  while (!text.includes(end)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += Buffer.from(value).toString();
  }
  return text;
}

const event = (status: string) => ({ data: { jobUpdated: { id: running.id, status } } });

describe.each([EVENT_STREAM, APOLLO])('a response of type %s', (accept) => {
  it('is neither buffered, nor transformed, nor cached on its way', async () => {
    const gateway = await start();
    const { headers, body } = await send(gateway, accept);
    expect(headers.get('x-accel-buffering')).toBe('no');
    expect(headers.get('content-encoding')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-store, no-transform');
    await body?.cancel();
  });

  it('breaks off when the gateway shuts down', async () => {
    const gateway = await start();
    const reader = (await send(gateway, accept)).body!.getReader();
    await readUntil(reader, 'RUNNING');
    const drained = gateway.gateway.drain();
    await expect(readUntil(reader, 'never')).rejects.toThrow('terminated');
    await drained;
    expect(gateway.bugs).toEqual([]);
  });

  it('of a query is completed during the shutdown', async () => {
    const gateway = await start();
    gateway.simulator.setLatency(100);
    const query = `{ job(project: "42", id: "${running.job}") { status } }`;
    const answer = send(gateway, accept, query);
    await expect.poll(() => gateway.simulator.requests.length).toBe(1);
    const drained = gateway.gateway.drain();
    expect(await (await answer).text()).toContain('"status":"RUNNING"');
    await drained;
  });
});

describe("Apollo's multipart protocol", () => {
  it('wraps each event in a payload and ends with the last boundary', async () => {
    const gateway = await start();
    const response = await send(gateway, APOLLO_CLIENT);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(
      'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
    );
    const reader = response.body!.getReader();
    const first = await readUntil(reader, 'RUNNING');
    gateway.simulator.world.finishJob(running.job, 'success');
    const [preamble, ...parts] = `${first}${await readUntil(reader, 'never')}`.split(
      '\r\n--graphql',
    );
    expect(preamble).toBe('');
    expect(parts.pop()).toBe('--\r\n');
    const bodies = parts.map((part) => {
      const [head, body = ''] = part.split('\r\n\r\n');
      expect(head).toBe('\r\ncontent-type: application/json');
      return JSON.parse(body) as unknown;
    });
    expect(bodies).toEqual([{ payload: event('RUNNING') }, { payload: event('SUCCESS') }]);
  });

  it('has a heartbeat while nothing changes', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const gateway = await start();
    const reader = (await send(gateway, APOLLO)).body!.getReader();
    await readUntil(reader, 'RUNNING');
    vi.advanceTimersByTime(12_000);
    expect(await readUntil(reader, '{}')).toContain(
      'content-type: application/json\r\n\r\n{}\r\n--graphql',
    );
    await reader.cancel();
  });

  it('has no heartbeat after the events have failed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const next = () => Promise.reject(new Error('no more events'));
    const events = { [Symbol.asyncIterator]: () => ({ next }) };
    const response = encodeApolloMultipart(events, globalThis as never);
    expect(vi.getTimerCount()).toBe(1);
    await expect(response.text()).rejects.toThrow('no more events');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends the poll when the client disconnects', async () => {
    const gateway = await start();
    const reader = (await send(gateway, APOLLO)).body!.getReader();
    await readUntil(reader, 'RUNNING');
    await reader.cancel();
    const metric = /^gateway_live_subscriptions (\d+)/m;
    await expect
      .poll(async () => metric.exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1])
      .toBe('0');
    expect(gateway.bugs).toEqual([]);
  });

  it('has a refused subscription as JSON if the client accepts JSON, else as a payload', async () => {
    const gateway = await start();
    const broken = 'subscription { nothing }';
    const json = await send(gateway, APOLLO_CLIENT, broken);
    expect(json.headers.get('content-type')).toContain('application/graphql-response+json');
    const errors = [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }];
    expect(await json.json()).toMatchObject({ errors });
    const [, part = ''] = (await (await send(gateway, APOLLO, broken)).text()).split('\r\n\r\n');
    expect(JSON.parse(part.split('\r\n')[0] ?? '')).toMatchObject({ payload: { errors } });
  });
});

describe('a subscription', () => {
  it.each([
    'application/json',
    'multipart/mixed',
    'multipart/mixed;subscriptionSpec=2.0, application/json',
  ])('is refused with the types that are served if only %s is accepted', async (accept) => {
    const gateway = await start();
    const response = await send(gateway, accept);
    expect(response.status).toBe(406);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toMatchObject({
      errors: [
        { message: expect.stringMatching(/text\/event-stream.*subscriptionSpec=1\.0.*WebSocket/) },
      ],
    });
    expect(gateway.calls()).toEqual([]);
  });
});
