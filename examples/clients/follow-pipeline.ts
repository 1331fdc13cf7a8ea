import type { Client } from 'graphql-sse';
import { PIPELINE_UPDATED } from './documents.ts';

interface Pipeline {
  id: string;
  detailedStatus: { group: string; text: string };
  board: { stages: { name: string; groups: { jobs: Job[] }[] }[] };
}

interface Job {
  id: string;
  name: string;
  detailedStatus: { text: string; action: string | null };
  attempts: { databaseId: string; status: string }[];
}

/** Calls `onPipeline` now and after each change. Returns an unsubscribe function. */
export function followPipeline(
  client: Client,
  id: string,
  onPipeline: (pipeline: Pipeline) => void,
  onError: (error: unknown) => void,
) {
  return client.subscribe<{ pipelineUpdated: { pipeline: Pipeline } }>(
    { query: PIPELINE_UPDATED, variables: { id } },
    {
      next({ data, errors }) {
        if (data) onPipeline(data.pipelineUpdated.pipeline);
        else onError(errors);
      },
      error: onError,
      complete() {},
    },
  );
}
