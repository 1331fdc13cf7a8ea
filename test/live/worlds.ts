import { toGlobalId } from '../../src/graphql/global-id.ts';
import type { World } from '../../src/simulator/world.ts';
import { smallWorld } from '../helpers/worlds.ts';

/** Ids of a running job of group/app, which changes only when the test says so. */
export const running = {
  job: 2001,
  id: toGlobalId('Job', 42, 2001),
  pipelineId: toGlobalId('Pipeline', 42, 900),
} as const;

/** Creates the small world with a running job in a pipeline of its own. */
export function runningWorld(log = ''): World {
  const world = smallWorld();
  const pipeline = world.addPipeline(42, { id: 900, user: 'alice' });
  const plan = { frozen: true };
  world.addJob(pipeline, { id: running.job, name: 'long', status: 'running', plan });
  world.setLog(running.job, log);
  return world;
}

/** A subscription to the status of a job. */
export const FOLLOW = 'subscription ($id: ID!) { jobUpdated(id: $id) { id status } }';
