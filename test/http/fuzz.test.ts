import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { Pool } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { Secret } from '../../src/util/secret.ts';
import { runs } from '../helpers/runs.ts';
import { type Started, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { type BadRequest, badRequests, toWellFormed } from './bad-requests.ts';

/*
 * Sends random requests. The gateway must keep serving, and must never respond with an internal
 * error.
 */

const RUNS = runs(2_000);

/** A status, or 0 without a response, and the text of the response. */
interface Reply {
  status: number;
  text: string;
}

async function sendHttp(pool: Pool, request: BadRequest & { by: 'http' }): Promise<Reply> {
  const { method, path, headers, body } = request;
  const hasBody = !['GET', 'HEAD', 'TRACE'].includes(method);
  // Leaves out two headers: the pool sets Host itself, and would wait for a response to Expect.
  const sent = headers.filter(([name]) => name !== 'host' && name !== 'expect');
  const response = await pool.request({
    method: method as 'GET',
    path,
    headers: [
      ...(hasBody ? [['content-type', 'application/json']] : []),
      ...sent,
    ].flat() as string[],
    body: hasBody ? toWellFormed(body) : null,
  });
  const { statusCode, headers: received } = response;
  // Disconnects from a subscription, which does not end by itself.
  if (received['content-type']?.includes('event-stream') && statusCode === 200) {
    response.body.on('error', () => {}).destroy();
    return { status: statusCode, text: '' };
  }
  return { status: statusCode, text: await response.body.text() };
}

async function sendBytes({ hostname, port }: URL, bytes: string): Promise<Reply> {
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (data) => {
    text += String(data);
  });
  socket.end(Buffer.from(bytes, 'utf8'));
  await once(socket, 'close');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text };
}

async function sendFrames(url: URL, request: BadRequest & { by: 'socket' }): Promise<Reply> {
  const headers = Object.fromEntries(
    request.headers.filter(([name]) => !['host', 'origin', 'sec-fetch-site'].includes(name)),
  );
  const socket = new WebSocket(`ws://${url.host}/graphql`, 'graphql-transport-ws', { headers });
  let text = '';
  socket.on('error', () => {});
  socket.on('message', (data) => {
    text += String(data);
  });
  const closed = once(socket, 'close');
  await Promise.race([once(socket, 'open'), closed]);
  if (socket.readyState === WebSocket.OPEN) {
    for (const message of request.messages) {
      socket.send(typeof message === 'string' ? message : Uint8Array.from(message));
    }
    // The gateway sends the pong after it has processed all earlier messages.
    socket.ping();
    await Promise.race([once(socket, 'pong'), closed]);
    socket.terminate();
  }
  await closed;
  return { status: 0, text };
}

function send(pool: Pool, url: URL, request: BadRequest): Promise<Reply> {
  if (request.by === 'http') return sendHttp(pool, request);
  return request.by === 'bytes' ? sendBytes(url, request.bytes) : sendFrames(url, request);
}

const start = (): Promise<Started> =>
  startGateway({
    simulator: {
      world: smallWorld(),
      jobsIndexLimit: 0,
      externalUrl: 'https://gitlab.example.com',
    },
    config: {
      gitlabExternalUrl: 'https://gitlab.example.com',
      gitlabToken: new Secret(tokens.alice),
      gitlabTokenWrites: true,
      gitlabWebhookSecret: new Secret('hook-secret'),
      pollIntervalMs: 60_000,
    },
  });

it(`serves on after ${RUNS} invalid requests`, { timeout: 60_000 + RUNS * 20 }, async () => {
  const started = await start();
  const url = new URL(started.url);
  const pool = new Pool(started.url, { connections: 8 });
  onTestFinished(() => pool.destroy());
  const statuses = new Map<number, number>();

  await fc.assert(
    fc.asyncProperty(badRequests, async (request) => {
      const { status, text } = await send(pool, url, request);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect(status).toBeLessThan(500);
      expect(text).not.toMatch(/INTERNAL_SERVER_ERROR| {4}at |node_modules/);
      expect(started.bugs.splice(0)).toEqual([]);
      started.simulator.requests.length = 0;
    }),
    { numRuns: RUNS, endOnFailure: RUNS > 10_000 },
  );

  const query = `{ job(project: "42", id: "${small.fullJob}") { name } }`;
  expect((await started.query(query)).data).toEqual({ job: { name: 'unit tests 1/3' } });
  if (RUNS > 10_000) process.stdout.write(`by status: ${JSON.stringify([...statuses].sort())}\n`);
  // The test proves something only if many requests are served and many are rejected.
  expect(statuses.get(200)).toBeGreaterThan(RUNS / 20);
  expect(statuses.get(400)).toBeGreaterThan(RUNS / 20);
});
