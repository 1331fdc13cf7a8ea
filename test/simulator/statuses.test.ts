import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compositeStatus } from '../../src/pipeline/composite-status.ts';
import { compositeStatus as simulatedStatus } from '../../src/simulator/statuses.ts';
import { runs } from '../helpers/runs.ts';
import { build } from '../pipeline/rows.ts';
import { smallWorld } from './start-simulator.ts';

const statuses = [
  ...['created', 'waiting_for_resource', 'preparing', 'waiting_for_callback', 'pending'],
  ...['running', 'success', 'failed', 'canceling', 'canceled', 'skipped', 'manual', 'scheduled'],
];
const anyJob = fc.record({ status: fc.constantFrom(...statuses), allowFailure: fc.boolean() });

it('gives several jobs the status that the gateway computes', () => {
  fc.assert(
    fc.property(fc.array(anyJob, { minLength: 1, maxLength: 5 }), (jobs) => {
      const { world, pipeline } = smallWorld();
      for (const job of jobs) world.addJob(pipeline, job);
      const rows = pipeline.jobs.map(({ id, status, allowFailure }) =>
        build({ id, status, allow_failure: allowFailure }),
      );
      expect(simulatedStatus(pipeline.jobs)).toBe(compositeStatus(rows).status);
    }),
    { numRuns: runs(2000) },
  );
});
