import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';
import { subscribe } from './subscribe.ts';

const FOLLOW = 'subscription ($id: ID!) { jobUpdated(id: $id) { id status } }';

/** A world with a job that runs until it is told otherwise. */
function runningWorld() {
  const world = smallWorld();
  world.addJob(700, { id: 2001, name: 'long', status: 'running', plan: { frozen: true } });
  return world;
}
const id = toGlobalId('Job', 42, 2001);

describe('jobUpdated', () => {
  it('sends the job now, then each change, and completes at its end', async () => {
    const world = runningWorld();
    const gateway = await startGateway({
      simulator: { world },
      config: { pollIntervalMs: 100 },
    });
    const job = subscribe(gateway, FOLLOW, { token: tokens.alice, variables: { id } });
    expect(await job.next()).toEqual({ data: { jobUpdated: { id, status: 'RUNNING' } } });
    world.setStatus(2001, 'canceling');
    expect(await job.next()).toEqual({ data: { jobUpdated: { id, status: 'CANCELING' } } });
    world.finishJob(2001, 'canceled');
    expect(await job.rest()).toEqual([{ data: { jobUpdated: { id, status: 'CANCELED' } } }]);
    expect(gateway.bugs).toEqual([]);
  });
});
