import { expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/faults.ts';
import { type Answer, at, codesOf, startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { subscribe } from './subscribe.ts';
import { running, runningWorld } from './worlds.ts';

const TAIL = `subscription ($id: ID!) {
  jobTraceAppended(id: $id) { text startByte endByte complete }
}`;
const PIPELINE = `subscription ($id: ID!) {
  pipelineUpdated(id: $id) { changedJobs { id } }
}`;

/**
 * A log that is longer than the part that the gateway keeps in memory. The gateway must read its
 * beginning again to send it to a subscriber.
 */
const LOG = '0123456789abcde\n'.repeat(300_000);

async function start(log: string) {
  const world = runningWorld(log);
  const gateway = await startGateway({ simulator: { world }, config: { pollIntervalMs: 100 } });
  const follow = (query: string, id: string, token: string = tokens.alice) =>
    subscribe(gateway, query, { token, variables: { id } });
  return { ...gateway, world, follow };
}

const textOf = (events: Answer[]) =>
  events.map((event) => at(event, 'jobTraceAppended.text')).join('');

const faults: Fault['kind'][] = ['500', '502', '429-json', 'reset', 'truncated'];

it.each(faults)('a log is sent completely although a part of it meets a %s', async (kind) => {
  const { world, simulator, follow } = await start(LOG);
  const tail = follow(TAIL, running.id);
  const first = await tail.next();
  world.finishJob(running.job, 'success');
  simulator.fail({ kind, match: /byte_limit=262144/, times: 3 });
  const rest = await tail.rest();
  expect(textOf([first ?? {}, ...rest]) === LOG).toBe(true);
  expect(at(rest.at(-1) ?? {}, 'jobTraceAppended.complete')).toBe(true);
});

it('a subscription ends if the caller may no longer read the rest of the log', async () => {
  const { world, follow } = await start(LOG);
  const tail = follow(TAIL, running.id, tokens.gus);
  await tail.next();
  const job = world.job(running.job);
  if (job) job.debug = true;
  expect((await tail.rest()).map(codesOf).at(-1)).toEqual({ jobTraceAppended: 'FORBIDDEN' });
});

it('a first read that breaks off goes on from where it stopped', async () => {
  const { world, simulator, follow } = await start(LOG);
  simulator.fail({ kind: 'truncated', match: '/trace' });
  const tail = follow(TAIL, running.id);
  world.finishJob(running.job, 'success');
  expect(textOf(await tail.rest()) === LOG).toBe(true);
});

it.each(['500', 'reset'] as const)(
  'the first read of a pipeline is repeated if only one of its calls meets a %s',
  async (kind) => {
    const { simulator, follow } = await start('');
    simulator.fail({ kind, match: `/pipelines/900/jobs`, times: 3 });
    const event = await follow(PIPELINE, running.pipelineId).next();
    expect(at(event ?? {}, 'pipelineUpdated.changedJobs')).toEqual([{ id: running.id }]);
  },
);
