import { toGlobalId } from '../../src/graphql/global-id.ts';
import type { World } from '../../src/simulator/world.ts';
import { smallWorld } from '../helpers/worlds.ts';

/** A job of group/app that runs, and prints what it is told to, until it is told otherwise. */
export const running = {
  job: 2001,
  id: toGlobalId('Job', 42, 2001),
  pipelineId: toGlobalId('Pipeline', 42, 900),
} as const;

/** The small world with a job that runs, alone in its pipeline. */
export function runningWorld(log = ''): World {
  const world = smallWorld();
  const pipeline = world.addPipeline(42, { id: 900, user: 'alice' });
  const plan = { frozen: true };
  world.addJob(pipeline, { id: running.job, name: 'long', status: 'running', plan });
  world.setLog(running.job, log);
  return world;
}

/** Follows that job's status. */
export const FOLLOW = 'subscription ($id: ID!) { jobUpdated(id: $id) { id status } }';
