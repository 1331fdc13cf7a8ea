import type { Plugin } from 'graphql-yoga';
import type { Drain } from '../lifecycle/drain.ts';
import type { Observation } from '../observability/observation.ts';
import { useDrain } from './use-drain.ts';
import { useHealth } from './use-health.ts';
import { useOperations } from './use-operations.ts';
import { createRequestIds, useRequestId } from './use-request-id.ts';

/**
 * What operators need, in this order: their endpoints answer while all else is refused, and a stream's
 * last result, which draining puts in, is seen by those who count.
 */
export function useOperators(deps: {
  observation: Observation;
  drain: Drain;
  /** Whether /metrics is served beside /graphql. */
  withMetrics: boolean;
  now(): number;
}): Plugin[] {
  const { observation, drain, now } = deps;
  const ids = createRequestIds();
  const observer = {
    ...observation.observer,
    refused: (request: Request, status: number) =>
      observation.observer.refused(ids.of(request), status),
  };
  return [
    useHealth(observation.endpoints(deps.withMetrics)),
    useRequestId(ids),
    useDrain(drain),
    useOperations({ observer, requestIdOf: ids.of, now }),
  ];
}
