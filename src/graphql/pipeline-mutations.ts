import type { Context } from '../context/context.ts';
import type { Gitlab, PipelineRef } from '../gitlab/client.ts';
import type { Dated } from '../gitlab/readers.ts';
import type { AnyJob, RestPipeline } from '../gitlab/rows.ts';
import { toMs } from '../pipeline/times.ts';
import { builder } from './builder.ts';
import { costs } from './cost.ts';
import { parsePipelineId } from './global-id.ts';
import {
  failureOfRead,
  type PayloadRow,
  payloadFields,
  requireWrites,
  settleWrite,
} from './mutation-errors.ts';
import { CiJob, Pipeline, type PipelineRow } from './refs.ts';

/** A mutation of a whole pipeline. GitLab chooses which of the pipeline's jobs change. */
interface PipelineAction {
  send(gitlab: Gitlab, ref: PipelineRef): Promise<Dated<RestPipeline>>;
  /**
   * Returns whether the action changed a job. `since` is the time before the action, in ms since
   * 1970.
   */
  hasChanged(job: AnyJob, since: number): boolean;
}

const isSince = (time: string | null | undefined, since: number): boolean =>
  (toMs(time) ?? Number.NEGATIVE_INFINITY) >= since;

const retry: PipelineAction = {
  send: (gitlab, ref) => gitlab.retryPipeline(ref),
  hasChanged: ({ created_at }, since) => isSince(created_at, since),
};

const cancel: PipelineAction = {
  send: (gitlab, ref) => gitlab.cancelPipeline(ref),
  hasChanged: ({ status, finished_at }, since) =>
    status === 'canceling' || (status === 'canceled' && isSince(finished_at, since)),
};

interface Payload extends PayloadRow {
  pipeline: PipelineRow | null;
  /** Reads the jobs that the action changed. Null if they cannot be determined. */
  readChanges(): Promise<AnyJob[] | null>;
}

type Input = typeof PipelineActionInput.$inferInput;

/** Maximum rows to read from each list of the pipeline: its jobs and its trigger jobs. */
const MAX_ROWS = 2_000;
/** Maximum error of the Date header of a response, which is rounded down to seconds. */
const DATE_STEP_MS = 1_000;

/**
 * Reads the pipeline's lists and returns the changed jobs. Null if a part of the lists is missing;
 * this is not an error, because the action has already succeeded.
 */
async function readChanges(
  { loaders }: Context,
  ref: PipelineRef,
  isChanged: (job: AnyJob) => boolean,
): Promise<AnyJob[] | null> {
  try {
    const board = await loaders.boards(ref).read(MAX_ROWS);
    return board && board.gaps.length === 0 ? board.jobs.filter(isChanged) : null;
  } catch (error) {
    if (!failureOfRead(error)) throw error;
    return null;
  }
}

async function resolveAction(
  context: Context,
  { id, clientMutationId }: Input,
  { send, hasChanged }: PipelineAction,
): Promise<Payload> {
  const { type: _, ...ref } = parsePipelineId(id);
  const startedAt = performance.now();
  const { value, errors } = await settleWrite(send(requireWrites(context), ref));
  const tookMs = performance.now() - startedAt;
  context.loaders.clear();
  if (!value) {
    return { pipeline: null, readChanges: async () => null, errors, clientMutationId };
  }
  const { value: pipeline, sentAt } = value;
  context.loaders.primePipeline(ref, pipeline);
  return {
    pipeline: { ...pipeline, project_id: String(pipeline.project_id ?? ref.project) },
    async readChanges() {
      if (sentAt === undefined) return null;
      const since = sentAt - tookMs - DATE_STEP_MS;
      return readChanges(context, ref, (job) => hasChanged(job, since));
    },
    errors,
    clientMutationId,
  };
}

const PipelineActionInput = builder.inputType('PipelineActionInput', {
  description: 'The pipeline to act on.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The global id of the pipeline.' }),
    clientMutationId: t.string({ description: 'Returned unchanged in the payload.' }),
  }),
});

const PipelineActionPayload = builder.objectRef<Payload>('PipelineActionPayload').implement({
  description: 'The result of a mutation of a pipeline.',
  fields: (t) => ({
    pipeline: t.expose('pipeline', {
      type: Pipeline,
      nullable: true,
      description: 'The pipeline after the action. Null if there are `errors`.',
    }),
    changedJobs: t.field({
      type: [CiJob],
      description:
        'The jobs that the action changed, in the order of the stages: after a retry the new ones, after a cancel those that are canceling or were canceled by it. Null if there are `errors` or if the jobs cannot be read; the action was done even then.',
      extensions: costs({
        list: {
          pages: () => 2,
          rows: () => 1,
          limitedBy: () => '',
          readsRows: () => true,
          sentence: 'Costs one call per 100 rows of the two lists of the pipeline.',
        },
        leadsTo: 'board',
      }),
      resolve: (payload) => payload.readChanges(),
    }),
    ...payloadFields(t),
  }),
});

const pipelineMutations = {
  pipelineRetry: {
    action: retry,
    description:
      'Retries the failed and canceled jobs of a pipeline, and then runs the skipped ones. GitLab chooses the jobs.',
  },
  pipelineCancel: {
    action: cancel,
    description:
      'Cancels the jobs of a pipeline that are not finished, except manual ones, and then its child pipelines. GitLab reports success even if there was nothing to cancel.',
  },
};

for (const [name, { action, description }] of Object.entries(pipelineMutations)) {
  builder.mutationField(name, (t) =>
    t.field({
      type: PipelineActionPayload,
      description,
      args: {
        input: t.arg({
          type: PipelineActionInput,
          required: true,
          description: 'The pipeline to act on.',
        }),
      },
      extensions: costs({ call: 'write' }),
      resolve: (_root, { input }, context) => resolveAction(context, input, action),
    }),
  );
}
