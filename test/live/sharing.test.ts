import { expect, it } from 'vitest';
import { type Answer, at, startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { connect, follow } from '../websocket/web-socket.ts';
import { subscribe } from './subscribe.ts';
import { running, runningWorld } from './worlds.ts';

/** Number of jobs. The first event is longer than a message that a WebSocket sends in one piece. */
const JOBS = 1_500;

const NAMES = `subscription ($id: ID!) {
  pipelineUpdated(id: $id) { changedJobs { id name } }
}`;
const STATUSES = `subscription ($id: ID!) {
  pipelineUpdated(id: $id) { changedJobs { id status } pipeline { jobs(first: 1) { totalCount } } }
}`;

async function start() {
  const world = runningWorld('log');
  const pipeline = world.pipeline(900);
  if (!pipeline) throw new Error('no pipeline');
  for (let n = 1; n < JOBS; n += 1) {
    world.addJob(pipeline, {
      id: 3_000 + n,
      name: `job ${n} ü`,
      status: 'running',
      plan: { frozen: true },
    });
  }
  const gateway = await startGateway({ simulator: { world }, config: { pollIntervalMs: 100 } });
  const variables = { id: running.pipelineId };
  const onEventStream = (query: string) =>
    subscribe(gateway, query, { token: tokens.alice, variables });
  const onWebSocket = (query: string) =>
    follow(connect(gateway, { payload: { 'private-token': tokens.alice } }), query, variables);
  return { ...gateway, world, onEventStream, onWebSocket };
}

const changedJobs = (event: unknown) =>
  at((event ?? {}) as Answer, 'pipelineUpdated.changedJobs') as object[];

it('sends each subscriber of a large pipeline its own selection, on every transport', async () => {
  const { world, onEventStream, onWebSocket, calls, bugs } = await start();
  const names = [onEventStream(NAMES), onWebSocket(NAMES), onWebSocket(NAMES)];
  const statuses = [onWebSocket(STATUSES), onEventStream(STATUSES)];
  const nextOf = (all: { next(): Promise<unknown> }[]) => Promise.all(all.map((one) => one.next()));
  const [[first, ...others], [status, same]] = await Promise.all([nextOf(names), nextOf(statuses)]);
  expect(changedJobs(first)).toHaveLength(JOBS);
  expect(changedJobs(first)[0]).toEqual({ id: expect.any(String), name: `job ${JOBS - 1} ü` });
  expect(others).toEqual([first, first]);
  expect(changedJobs(status)[0]).toEqual({ id: expect.any(String), status: 'RUNNING' });
  expect(same).toEqual(status);
  const pages = calls().filter((call) => call.includes('/pipelines/900/jobs'));
  world.setStatus(running.job, 'canceling');
  const expected = [{ id: running.id, status: 'CANCELING' }];
  expect((await nextOf(statuses)).map(changedJobs)).toEqual([expected, expected]);
  // Both subscribers share the pages of one poll and the request that counts the jobs.
  expect(pages.length).toBeLessThanOrEqual(2 * (JOBS / 100 + 1) + 2);
  expect(bugs).toEqual([]);
});
