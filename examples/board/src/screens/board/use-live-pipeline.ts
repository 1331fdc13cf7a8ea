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
  /** Null if it is not visible; undefined before the response. */
  pipeline: Pipeline | null | undefined;
  /** Why the pipeline or a part of it could not be read, or why it is not followed any more. */
  error: CombinedError | undefined;
  isLive: boolean;
  /** Follows a finished pipeline again: after a retry. */
  follow(): void;
}

/** Reads a pipeline and follows it until it is finished. What has not changed stays the same object. */
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
  // An error of the subscription has no data: the board keeps the last.
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
