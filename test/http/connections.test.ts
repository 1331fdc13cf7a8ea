import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { limitConnections } from '../../src/http/connections.ts';
import { type Started, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld } from '../helpers/worlds.ts';
import { createMemoryLog } from './memory-log.ts';
import { exchange, parseResponse, toBytes } from './raw-request.ts';

const JOB = `{ job(project: "42", id: "${small.fullJob}") { name } }`;
const KEEP_ALIVE = [['connection', 'keep-alive']] as const;
const bytesOf = (query: string) => toBytes({ body: { query }, headers: KEEP_ALIVE });
const dataOf = (text: string) => (JSON.parse(parseResponse(text).body) as { data: unknown }).data;

async function start() {
  const log = createMemoryLog();
  const options = { simulator: { world: smallWorld() }, logger: log.logger };
  return { log, ...(await startGateway(options)) };
}

function open({ url }: Pick<Started, 'url'>): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

it('answers pipelined requests in their order', async () => {
  const gateway = await start();
  gateway.simulator.fail({ kind: 'slow', delayMs: 50 });
  const last = toBytes({ body: { query: '{ last: __typename }' } });
  const requests = [bytesOf(JOB), bytesOf('{ quick: __typename }'), bytesOf('{ unknown }'), last];
  const text = await exchange(gateway.url, Buffer.concat(requests));
  expect(text.split(/(?=HTTP\/1\.1 )/).map(dataOf)).toEqual([
    { job: { name: 'unit tests 1/3' } },
    { quick: 'Query' },
    undefined,
    { last: 'Query' },
  ]);
});

it('executes nothing for a client that disconnects before its body is complete', async () => {
  const gateway = await start();
  const socket = open(gateway);
  await once(socket, 'connect');
  socket.write(bytesOf(JOB).subarray(0, -5));
  socket.destroy();
  expect((await gateway.query('{ __typename }')).data).toEqual({ __typename: 'Query' });
  expect(gateway.log.lines()).toHaveLength(1);
  expect(gateway.calls()).toEqual([]);
  expect(gateway.bugs).toEqual([]);
  // `drain` must not wait for the incomplete request.
  await gateway.gateway.drain();
});

describe('while the gateway shuts down', () => {
  it('a running operation is finished, and its connection is closed', async () => {
    const gateway = await start();
    gateway.simulator.setLatency(100);
    const response = exchange(gateway.url, bytesOf(JOB));
    await expect.poll(() => gateway.simulator.requests.length).toBe(1);
    await gateway.gateway.drain();
    const { status, headers } = parseResponse(await response);
    expect([status, headers['connection']]).toEqual([200, 'close']);
  });

  it('a request whose body was incomplete before is executed', async () => {
    const gateway = await start();
    const socket = open(gateway);
    let text = '';
    socket.on('data', (part) => {
      text += String(part);
    });
    const closed = once(socket, 'close');
    socket.write(bytesOf(JOB).subarray(0, -5));
    // This later request is answered, so the head of the earlier one has been received.
    await gateway.query('{ __typename }');
    const drained = gateway.gateway.drain();
    socket.write(bytesOf(JOB).subarray(-5));
    await Promise.all([drained, closed]);
    expect(dataOf(text)).toEqual({ job: { name: 'unit tests 1/3' } });
    expect(parseResponse(text).headers['connection']).toBe('close');
  });

  it('a new request is refused with 503', async () => {
    const gateway = await start();
    gateway.simulator.setLatency(100);
    const running = gateway.query(JOB);
    await expect.poll(() => gateway.simulator.requests.length).toBe(1);
    const drained = gateway.gateway.drain();
    const { status, headers, body } = parseResponse(await exchange(gateway.url, bytesOf(JOB)));
    expect([status, headers['connection'], headers['retry-after']]).toEqual([503, 'close', '1']);
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'SHUTTING_DOWN' } }] });
    await Promise.all([drained, running]);
  });
});

describe('a client that pipelines requests', () => {
  const count = 2_000;
  const health = 'GET /health HTTP/1.1\r\nhost: gateway\r\n\r\n';

  it('gets all responses, however many requests it sends before the first', async () => {
    const gateway = await start();
    const socket = open(gateway);
    let text = '';
    socket.on('data', (part) => {
      text += String(part);
    });
    socket.write(health.repeat(count));
    await expect.poll(() => text.split('HTTP/1.1 200').length - 1).toBe(count);
  });

  it('is not read from while its requests wait', async () => {
    const gateway = await start();
    gateway.simulator.fail({ kind: 'hang' });
    const socket = open(gateway);
    socket.write(bytesOf(JOB));
    await expect.poll(() => gateway.simulator.requests.length).toBe(1);
    // The number of bytes is larger than the buffers of both sockets.
    const sent = 64 * 1024 * 1024;
    socket.write(health.repeat(Math.ceil(sent / health.length)));
    await gateway.query('{ __typename }');
    expect(socket.writableLength).toBeGreaterThan(sent / 2);
  });
});

it('closes connections that are idle or send nothing when there are too many', async () => {
  const server = createServer((_request, response) => response.end('x'));
  limitConnections(server, 2);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const idle = open({ url });
  idle.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await once(idle, 'data');
  const silent = open({ url });
  await once(silent, 'connect');
  const closed = [once(idle, 'close'), once(silent, 'close')];
  expect((await fetch(url)).status).toBe(200);
  await Promise.all(closed);
});
