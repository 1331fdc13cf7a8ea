import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createWorld } from '../../src/simulator/world.ts';
import { startGateway } from '../helpers/start-gateway.ts';

/** More than the buffers of both ends take. */
const LOG = Buffer.alloc(12 * 1024 * 1024, 'x');

async function start(env: Record<string, string>) {
  const world = createWorld();
  world.addUser({ username: 'alice' });
  world.addToken({ user: 'alice', value: 'glpat-alice' });
  const project = world.addProject({ path: 'group/app', id: 42, members: { alice: 'maintainer' } });
  world.addJob(world.addPipeline(project), { id: 1001, log: LOG });
  return startGateway({
    simulator: { world },
    env: { OPERATION_TIMEOUT_MS: '1000', UPSTREAM_BODY_TIMEOUT_MS: '200', ...env },
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
  ['an answer of the short way', 'POST /graphql', QUERY, {}],
  ['an answer of the general way', 'POST /graphql', QUERY, {}, { COMPILED_EXECUTION: 'false' }],
  ['an event stream', 'POST /graphql', QUERY, { accept: 'text/event-stream' }],
  ['a multipart answer', 'POST /graphql', QUERY, { accept: 'multipart/mixed' }],
])('whoever takes nothing of %s any more is cut off', async (_what, line, body, more, env = {}) => {
  const { url, gateway, bugs } = await start(env);
  const { hostname, port } = new URL(url);
  const reader = connect(Number(port), hostname);
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
  const [head] = await once(reader, 'data');
  reader.pause();
  expect(String(head)).toMatch(/^HTTP\/1.1 200 /);
  // Waits for all answers that are under way: this one would never end.
  await gateway.drain();
  let taken = 0;
  reader.on('data', (piece) => {
    taken += piece.length;
  });
  reader.on('error', () => {});
  reader.resume();
  await once(reader, 'close');
  // What was in the buffers of both ends.
  expect(taken).toBeGreaterThan(100_000);
  expect(taken).toBeLessThan(LOG.length);
  expect(bugs).toEqual([]);
});
