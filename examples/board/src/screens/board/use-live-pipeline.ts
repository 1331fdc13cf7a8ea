import type { CombinedError } from '@urql/core';
import { applyPipelineUpdate } from 'gitlab-jobs-gateway/client';
import { useCallback, useRef } from 'react';
import { useQuery, useSubscription } from 'urql';
import { BoardDocument, BoardUpdatesDocument } from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import type { Pipeline } from './pipeline.ts';
import { reuse } from './reuse.ts';

const boardQuery = typed(BoardDocument);
const boardUpdates = typed(BoardUpdatesDocument);

interface LivePipeline {
  /** Null if it does not exist or is not visible; undefined before the response. */
  pipeline: Pipeline | null | undefined;
  /** Why the pipeline or a part of it could not be read, or why its updates ended. */
  error: CombinedError | undefined;
  isLive: boolean;
  /** Subscribes again to a pipeline that was finished, for example after a retry. */
  follow(): void;
}

/**
 * Reads a pipeline and its updates until it is finished. Parts that have not changed stay the same
 * objects, so that components with `memo` do not render again.
 */
export function useLivePipeline(project: string, id: string): LivePipeline {
  const [{ data, error }] = useQuery({ query: boardQuery, variables: { project, id } });
  const found = data?.pipeline;
  const [live, startLive] = useSubscription(
    {
      query: boardUpdates,
      variables: { id: found?.id ?? '' },
      pause: !found || found.complete,
    },
    (known: Pipeline | undefined, { pipelineUpdated }) =>
      reuse(known, applyPipelineUpdate(known ?? (found as Pipeline), pipelineUpdated)),
  );
  const latest = useRef(live.data);
  // After an error of the subscription there is no data, so the board keeps the last data.
  latest.current = live.data ?? latest.current;
  const pipeline = latest.current ?? found;
  const isComplete = pipeline?.complete;
  const follow = useCallback(() => {
    if (isComplete) startLive();
  }, [isComplete, startLive]);
  return {
    pipeline,
    error: error ?? live.error,
    isLive: isComplete === false && !live.error,
    follow,
  };
}
