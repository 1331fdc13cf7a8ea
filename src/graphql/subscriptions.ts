import { GraphQLError } from 'graphql';
import type { Context } from '../context/context.ts';
import type { LiveEvent } from '../live/subscriber.ts';
import type { TraceNews } from '../live/trace.ts';
import { builder } from './builder.ts';
import { badUserInput } from './client-errors.ts';
import { costs } from './cost.ts';
import { type NodeRef, parseGlobalId } from './global-id.ts';
import { CiJob, Job, Pipeline, type PipelineRow } from './refs.ts';

/*
 * What can be followed. An event is an operation of its own: it reads anew what is selected below,
 * and has its own time. Errors come as the last event, so that clients of SSE and WebSocket both get
 * them in the same shape.
 */

/** Takes the news out of an event, or throws what ended the stream. */
function newsOf<News>(event: LiveEvent<News>): News {
  if ('error' in event) throw event.error;
  return event.news;
}

/** The same where more may be read below it. */
function openEvent<News>(event: LiveEvent<News>, context: Context): News {
  const news = newsOf(event);
  Object.assign(context, context.forEvent());
  return news;
}

/** Reads a global id of that type, or says what is wrong with following the thing. */
function parseIdOf<Type extends 'Job' | 'Pipeline'>(
  type: Type,
  globalId: string,
): Extract<NodeRef, { type: Type }> {
  const ref = parseGlobalId(globalId);
  if (ref.type === type) return ref as Extract<NodeRef, { type: Type }>;
  const advice = ref.type === 'Bridge' ? ' Follow its pipeline with `pipelineUpdated`.' : '';
  throw badUserInput(`The id is that of a ${ref.type}; expected the id of a ${type}.${advice}`);
}

/** Takes a place in a log from an argument. */
function parseByte(value: string | null | undefined): number {
  const byte = Number(value ?? 0);
  if (Number.isSafeInteger(byte) && byte >= 0) return byte;
  throw badUserInput(
    `\`afterByte\` must be how many bytes of the log you have, 0 or more, not ${value}.`,
  );
}

function checkRoom({ live }: Context): void {
  if (!live.isFull()) return;
  throw new GraphQLError(
    'The gateway follows as much as it may, for you or in all. Try again later.',
    {
      extensions: { code: 'RATE_LIMITED', retryAfter: null },
    },
  );
}

interface PipelineUpdateRow {
  pipeline: PipelineRow;
  changedJobs: (typeof CiJob.$inferType)[];
}

const PipelineUpdate = builder.objectRef<PipelineUpdateRow>('PipelineUpdate').implement({
  description: 'A pipeline that changed, or some of whose jobs did.',
  fields: (t) => ({
    pipeline: t.expose('pipeline', {
      type: Pipeline,
      nullable: false,
      description:
        'The pipeline as it is now. Its own fields cost nothing; its lists are read anew for each event.',
    }),
    changedJobs: t.expose('changedJobs', {
      type: [CiJob],
      nullable: false,
      description:
        'Its jobs and trigger jobs that changed or came since the last event; all of them in the first.',
    }),
  }),
});

const TraceChunk = builder.objectRef<TraceNews>('TraceChunk').implement({
  description:
    'A piece of a log: keep the first `startByte` bytes of what you have, and put `text` behind them.',
  fields: (t) => ({
    text: t.exposeString('text', {
      nullable: false,
      description:
        'Whole characters as GitLab sent them, with escape sequences. Bytes that are no UTF-8 are replaced by U+FFFD.',
    }),
    startByte: t.expose('startByte', {
      type: 'BigInt',
      nullable: false,
      description:
        'Where it begins. Before the end of the last piece if the log was erased or its end rewritten; beyond it where the log is longer than can be followed.',
    }),
    endByte: t.expose('endByte', {
      type: 'BigInt',
      nullable: false,
      description: 'Where it ends: the `afterByte` to resume with.',
    }),
    complete: t.exposeBoolean('complete', {
      nullable: false,
      description: 'Whether the job is finished and this was the last of its log.',
    }),
  }),
});

builder.subscriptionFields((t) => ({
  jobUpdated: t.field({
    type: Job,
    nullable: false,
    description:
      'A job now, then each change of it; completes once it is finished. That its duration grows is no change.',
    args: {
      id: t.arg.id({ required: true, description: 'The global id of a `Job`.' }),
    },
    extensions: costs({ call: 'poll' }),
    subscribe: (_root, { id }, context) => {
      const ref = parseIdOf('Job', id);
      checkRoom(context);
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
      'A pipeline and all its jobs now, then what changes of them; completes once it is finished.',
    args: {
      id: t.arg.id({ required: true, description: 'The global id of a `Pipeline`.' }),
    },
    extensions: costs({ call: 'poll' }),
    subscribe: (_root, { id }, context) => {
      const ref = parseIdOf('Pipeline', id);
      checkRoom(context);
      return context.live.pipeline(ref);
    },
    resolve: (event, { id }, context) => {
      const { pipeline, changedJobs } = openEvent(event, context);
      const project = String(pipeline.project_id ?? parseIdOf('Pipeline', id).project);
      context.loaders.primePipeline({ project, id: String(pipeline.id) }, pipeline);
      for (const job of changedJobs) if (job.kind === 'BUILD') context.loaders.prime(job);
      return { pipeline: { ...pipeline, project_id: project }, changedJobs };
    },
  }),
  jobTraceAppended: t.field({
    type: TraceChunk,
    nullable: false,
    description:
      'A job’s log so far, then what is appended; completes with the job. A piece at once, even if it is empty.',
    args: {
      id: t.arg.id({ required: true, description: 'The global id of a `Job`.' }),
      afterByte: t.arg({
        type: 'BigInt',
        defaultValue: '0',
        description: 'Only what follows that byte: the `endByte` of the last piece you have.',
      }),
    },
    extensions: costs({ call: 'poll' }),
    subscribe: (_root, { id, afterByte }, context) => {
      const ref = parseIdOf('Job', id);
      const from = parseByte(afterByte);
      checkRoom(context);
      return context.live.trace(ref, from);
    },
    resolve: (event) => newsOf(event),
  }),
}));
