import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createWorld } from '../../src/simulator/world.ts';
import { startGateway } from '../helpers/start-gateway.ts';

/** A log that is larger than the socket buffers of both ends. */
const LOG = Buffer.alloc(12 * 1024 * 1024, 'x');

async function start(env: Record<string, string>) {
  const world = createWorld();
  world.addUser({ username: 'alice' });
  world.addToken({ user: 'alice', value: 'glpat-alice' });
  const project = world.addProject({ path: 'group/app', id: 42, members: { alice: 'maintainer' } });
  world.addJob(world.addPipeline(project), { id: 1001, log: LOG });
  return startGateway({
    simulator: { world },
    env: { OPERATION_TIMEOUT_MS: '3000', UPSTREAM_BODY_TIMEOUT_MS: '200', ...env },
    stalledMs: 100,
  });
}

const QUERY = JSON.stringify({
  query: '{ job(project: "42", id: "1001") { trace { text(format: RAW) } } }',
});

it.each<
  [
    what: string,
    line: string,
    body: string,
    more: Record<string, string>,
    env?: Record<string, string>,
  ]
>([
  ['a raw log', 'GET /jobs/42/1001/trace', '', {}],
  ['a JSON response of the fast path', 'POST /graphql', QUERY, {}],
  [
    'a JSON response of the general path',
    'POST /graphql',
    QUERY,
    {},
    { COMPILED_EXECUTION: 'false' },
  ],
  ['an event stream', 'POST /graphql', QUERY, { accept: 'text/event-stream' }],
  ['a multipart response', 'POST /graphql', QUERY, { accept: 'multipart/mixed' }],
])('a client that stops reading %s is disconnected', async (_what, line, body, more, env = {}) => {
  const { url, gateway, bugs } = await start(env);
  const { hostname, port } = new URL(url);
  const reader = connect(Number(port), hostname);
  reader.on('error', () => {});
  const closed = new Promise<unknown[]>((resolve) => reader.once('close', () => resolve([])));
  onTestFinished(() => void reader.destroy());
  const headers = [
    `${line} HTTP/1.1`,
    `host: ${hostname}`,
    'private-token: glpat-alice',
    'content-type: application/json',
    `content-length: ${body.length}`,
    ...Object.entries(more).map(([name, value]) => `${name}: ${value}`),
  ];
  reader.write(`${headers.join('\r\n')}\r\n\r\n${body}`);
  const [head] = await Promise.race([once(reader, 'data'), closed]);
  reader.pause();
  expect(String(head)).toMatch(/^HTTP\/1.1 200 /);
  // `drain` waits for running responses. Without a limit for stalled readers, it would wait for
  // this response forever.
  await gateway.drain();
  let taken = 0;
  reader.on('data', (piece) => {
    taken += piece.length;
  });
  reader.resume();
  await closed;
  // The reader receives only the bytes that were in the socket buffers.
  expect(taken).toBeGreaterThan(100_000);
  expect(taken).toBeLessThan(LOG.length);
  expect(bugs).toEqual([]);
});
