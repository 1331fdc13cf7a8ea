import { GraphQLError } from 'graphql';
import type { Context } from '../context/context.ts';
import { LiveCapacityError } from '../live/capacity.ts';
import { ALL_JOBS, type PipelineNews } from '../live/pipeline.ts';
import type { LiveEvent } from '../live/subscriber.ts';
import type { TraceNews } from '../live/trace.ts';
import { parseMaxJobs } from './board.ts';
import { builder } from './builder.ts';
import { badUserInput } from './client-errors.ts';
import { costs } from './cost.ts';
import { type NodeRef, parseGlobalId } from './global-id.ts';
import { numberOrPath } from './list-reads.ts';
import { CiJob, Job, Pipeline, type PipelineRow } from './refs.ts';
import { type SelectedBelow, selectedBelow } from './selection.ts';
import { TraceLine } from './trace.ts';

/*
 * Subscriptions. Each event is executed like a query. `openEvent` gives an event its own timeout;
 * the events of a log need none, because their fields make no calls. An error of a field is part of
 * one event only. A `LiveEvent` with an error ends the stream: the error is sent as the last event,
 * over both SSE and WebSocket.
 */

/** Returns the value of an event, or throws the error that ended the stream. */
function newsOf<News>(event: LiveEvent<News>): News {
  if (!('error' in event)) return event.news;
  throw event.error instanceof LiveCapacityError ? tooMany(event.error.message) : event.error;
}

/**
 * Returns the value of an event. Resets the context, so that fields are read again for this event.
 */
export function openEvent<News>(event: LiveEvent<News>, context: Context): News {
  const news = newsOf(event);
  Object.assign(context, context.forEvent());
  return news;
}

/**
 * Parses the global id of a job or pipeline. Replaces the path of the project with its numeric id
 * if that id is known, so that subscriptions with the path and with the id share a poll. Throws
 * BAD_USER_INPUT if the id is not of `type`.
 */
function parseIdOf<Type extends 'Job' | 'Pipeline'>(
  type: Type,
  globalId: string,
  context: Context,
): Extract<NodeRef, { type: Type }> {
  const ref = parseGlobalId(globalId);
  if (ref.type === type) {
    const project = numberOrPath(context, ref.project);
    return { ...ref, project } as Extract<NodeRef, { type: Type }>;
  }
  const advice = ref.type === 'Bridge' ? ' Subscribe to its pipeline with `pipelineUpdated`.' : '';
  throw badUserInput(`The id is that of a ${ref.type}; expected the id of a ${type}.${advice}`);
}

/** Parses a byte offset in a log; 0 if it is null. Throws BAD_USER_INPUT for an invalid offset. */
function parseByte(value: string | null | undefined): number {
  const byte = Number(value ?? 0);
  if (Number.isSafeInteger(byte) && byte >= 0) return byte;
  throw badUserInput(`\`afterByte\` must be a number of bytes, 0 or more, not ${value}.`);
}

function tooMany(what: string): GraphQLError {
  return new GraphQLError(`${what} Try again later.`, {
    extensions: { code: 'RATE_LIMITED', retryAfter: null },
  });
}

/** Throws RATE_LIMITED if the limit of subscriptions is reached. */
export function checkCapacity({ live }: Context): void {
  if (!live.isFull()) return;
  throw tooMany('The maximum number of subscriptions is reached, for this caller or in total.');
}

interface PipelineUpdateRow {
  pipeline: PipelineRow;
  news: PipelineNews;
}

/**
 * Returns how many jobs an update of a pipeline needs. All jobs if `changedJobs` is selected, or if
 * no board is; otherwise the largest `maxJobs` of the selected boards.
 */
function jobsNeeded({ selection, variableValues }: SelectedBelow): number {
  const boards = selection.below('pipeline').list.filter(({ name }) => name === 'board');
  const sizes = boards.map((board) => parseMaxJobs(board.argumentsFor(variableValues)));
  return selection.has('changedJobs') || sizes.length === 0 ? ALL_JOBS : Math.max(...sizes);
}

const PipelineUpdate = builder.objectRef<PipelineUpdateRow>('PipelineUpdate').implement({
  description: 'A change of a pipeline or of its jobs.',
  fields: (t) => ({
    pipeline: t.expose('pipeline', {
      type: Pipeline,
      nullable: false,
      description:
        'The current pipeline. Its own fields and its board cost no call; its other lists are read again for each event.',
    }),
    changedJobs: t.field({
      type: [CiJob],
      nullable: false,
      extensions: costs({ leadsTo: 'board' }),
      description:
        'The current jobs and trigger jobs that are new or changed since the last event; all of them in the first event. After a retry, this is the new attempt.',
      async resolve({ news }, _args, { loaders }) {
        const jobs = await news.changedJobs();
        for (const job of jobs) if (job.kind === 'BUILD') loaders.prime(job);
        return [...jobs];
      },
    }),
  }),
});

const TraceChunk = builder.objectRef<TraceNews>('TraceChunk').implement({
  description:
    'A part of a log. Keep the first `startByte` bytes received so far, and append `text` to them.',
  fields: (t) => ({
    text: t.exposeString('text', {
      nullable: false,
      description:
        'Complete characters as GitLab sent them, with escape sequences. Invalid UTF-8 is replaced by U+FFFD.',
    }),
    startByte: t.expose('startByte', {
      type: 'BigInt',
      nullable: false,
      description:
        'The byte where `text` starts. Less than the last `endByte` if the log was erased or rewritten; more if part of a long log was skipped.',
    }),
    endByte: t.expose('endByte', {
      type: 'BigInt',
      nullable: false,
      description: 'The byte where `text` ends: the `afterByte` to resume with.',
    }),
    complete: t.exposeBoolean('complete', {
      nullable: false,
      description: 'Whether the job is finished and this is the end of its log.',
    }),
    lines: t.field({
      type: [TraceLine],
      nullable: false,
      description:
        'The parsed lines that are new or have changed since the last event, numbered as in `JobTrace.lines`: each replaces the line of its `number`. The last may be incomplete; it is sent again when it changes, or, if it is longer than 64 KiB, when it is complete. If `startByte` is less than the last `endByte`, discard all lines first: they are sent again. Of a log of more than 4 MiB (less if many logs are followed), lines before the last part are not sent.',
      resolve: ({ lines }) => [...lines],
    }),
    lineCount: t.exposeInt('lineCount', {
      nullable: false,
      description:
        'The number of lines of the log so far. Discard lines with greater numbers: they were erased, as by a progress bar.',
    }),
  }),
});

builder.subscriptionFields((t) => ({
  jobUpdated: t.field({
    type: Job,
    nullable: false,
    description:
      'The current job, then each change; completes when the job is finished. An increase of its durations is not a change.',
    args: {
      id: t.arg.id({ required: true, description: 'The global id of a `Job`.' }),
    },
    extensions: costs({ call: 'poll' }),
    subscribe: (_root, { id }, context) => {
      const ref = parseIdOf('Job', id, context);
      checkCapacity(context);
      return context.live.job(ref);
    },
    resolve: (event, _args, context) => {
      const job = openEvent(event, context);
      context.loaders.prime(job);
      return job;
    },
  }),
  pipelineUpdated: t.field({
    type: PipelineUpdate,
    nullable: false,
    description:
      'The current pipeline with all jobs, then each change; completes when the pipeline is finished.',
    args: {
      id: t.arg.id({ required: true, description: 'The global id of a `Pipeline`.' }),
    },
    extensions: costs({ call: 'poll' }),
    subscribe: (_root, { id }, context, info) => {
      const ref = parseIdOf('Pipeline', id, context);
      const maxJobs = jobsNeeded(selectedBelow(info));
      checkCapacity(context);
      return context.live.pipeline(ref, maxJobs);
    },
    resolve: (event, { id }, context) => {
      const news = openEvent(event, context);
      const { pipeline } = news;
      const project = String(pipeline.project_id ?? parseIdOf('Pipeline', id, context).project);
      const ref = { project, id: String(pipeline.id) };
      context.loaders.primePipeline(ref, pipeline);
      context.loaders.boards(ref).prime(news.rows);
      return { pipeline: { ...pipeline, project_id: project }, news };
    },
  }),
  jobTraceAppended: t.field({
    type: TraceChunk,
    nullable: false,
    description:
      'The log of a job so far, then what is appended; completes when the job is finished. The first event is sent immediately, even if it is empty.',
    args: {
      id: t.arg.id({ required: true, description: 'The global id of a `Job`.' }),
      afterByte: t.arg({
        type: 'BigInt',
        defaultValue: '0',
        description: 'Starts after this byte: the `endByte` of the last event received.',
      }),
    },
    extensions: costs({ call: 'poll' }),
    subscribe: (_root, { id, afterByte }, context, info) => {
      const ref = parseIdOf('Job', id, context);
      const from = parseByte(afterByte);
      const hasLines = selectedBelow(info).selection.has('lines', 'lineCount');
      checkCapacity(context);
      return context.live.trace(ref, { afterByte: from, hasLines });
    },
    resolve: (event) => newsOf(event),
  }),
}));
