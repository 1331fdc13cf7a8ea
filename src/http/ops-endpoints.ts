import type { Plugin } from 'graphql-yoga';
import type { Telemetry } from '../observability/telemetry.ts';
import type { OperationTracker } from '../operation/operation-tracker.ts';
import { useOperations } from '../operation/operation-tracker.ts';
import type { Drain } from './drain.ts';
import { useDrain } from './drain.ts';
import { type OperatorEndpoints, useHealth } from './health.ts';
import { createRequestIds, useRequestId } from './request-id.ts';

/**
 * What operators need, in this order: their endpoints answer while all else is refused, and a stream's
 * last result, which draining puts in, is seen by those who count.
 */
export function useOperators(deps: {
  observation: Telemetry;
  drain: Drain;
  endpoints: OperatorEndpoints;
  follower: OperationTracker;
}): Plugin[] {
  const { observation, drain, follower } = deps;
  const ids = createRequestIds();
  return [
    useHealth(deps.endpoints),
    useRequestId(ids),
    useDrain(drain),
    useOperations({
      follower,
      refused: (request, status) => observation.observer.refused(ids.of(request), status),
      requestIdOf: ids.of,
    }),
  ];
}
