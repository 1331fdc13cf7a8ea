import type { Context } from '../context/context.ts';
import type { Gitlab, WriteRef } from '../gitlab/client.ts';
import type { AnyJob } from '../gitlab/rows.ts';
import {
  isCancelable,
  isCanceled,
  isPlayable,
  isRetryable,
  parseJobName,
} from '../pipeline/derived.ts';
import { builder } from './builder.ts';
import {
  type ActionOutcome,
  type ActionResult,
  type Attempt,
  type ChosenJob,
  runBulk,
} from './bulk-runner.ts';
import { globalIdOf } from './ci-job.ts';
import { badUserInput, checkRange } from './client-errors.ts';
import { clampRows, costs, type ListCost } from './cost.ts';
import { parseJobId, parsePipelineId } from './global-id.ts';
import { checkKnown, numberOrPath } from './list-reads.ts';
import {
  failureOfRead,
  MutationError,
  type MutationFailure,
  notFound,
  type PayloadRow,
  payloadFields,
  requireWrites,
  settleOneOfMany,
} from './mutation-errors.ts';
import { CiJob } from './refs.ts';
import { CiJobStatus } from './status.ts';

/** What a bulk mutation does with each job. */
interface BulkAction {
  /**
   * The statuses of the jobs that are chosen if the input `pipeline` has no `statuses`. @default
   * any status
   */
  statuses?: readonly string[];
  /** Whether the action is possible in the job's state. */
  suits(job: AnyJob): boolean;
  send(gitlab: Gitlab, ref: WriteRef): Promise<AnyJob>;
  /**
   * Returns the failure if GitLab responded with success but changed nothing. `job` is the job in
   * the response. For an action without this function, each success counts as a change.
   */
  findRefusal?(job: AnyJob): MutationFailure | undefined;
}

const retry: BulkAction = {
  statuses: ['failed', 'canceled'],
  suits: isRetryable,
  send: (gitlab, ref) => gitlab.retryJob(ref, {}),
};

const play: BulkAction = {
  suits: isPlayable,
  send: (gitlab, ref) => gitlab.playJob(ref, {}),
};

const cancel: BulkAction = {
  suits: ({ status }) => isCancelable(status),
  send: (gitlab, ref) => gitlab.cancelJob(ref, {}),
  findRefusal: ({ status }) =>
    isCanceled(status)
      ? undefined
      : {
          type: 'JobStateError',
          code: 'JOB_NOT_CANCELABLE',
          message: `GitLab did not cancel the job: its status is ${status}.`,
        },
};

type JobsOfPipeline = typeof JobsOfPipelineInput.$inferInput;
type JobsAction = typeof JobsActionInput.$inferInput;

const DEFAULT_MAX = 20;
const HIGHEST_MAX = 100;
/** Maximum rows to read from each list of a pipeline: its jobs and its trigger jobs. */
const MAX_ROWS = 2_000;

const JobsOfPipelineInput = builder.inputType('JobsOfPipelineInput', {
  description:
    'The jobs of a pipeline that fit all conditions and for which the action makes sense. Only the newest attempt of each job is considered. The order is that of the stages, then by name.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The global id of the pipeline.' }),
    stage: t.string({ description: 'Only jobs of this stage.' }),
    names: t.stringList({ description: 'Only jobs with one of these names.' }),
    groupNames: t.stringList({
      description: 'Only jobs whose `groupName` is one of these: "unit" for "unit 2/5".',
    }),
    statuses: t.field({
      type: [CiJobStatus],
      description:
        'Only jobs with one of these statuses. Null or empty: FAILED and CANCELED for a retry, otherwise all.',
    }),
    includeAllowedToFail: t.boolean({
      defaultValue: true,
      description: 'Whether jobs that are allowed to fail are among them.',
    }),
  }),
});

const JobsActionInput = builder.inputType('JobsActionInput', {
  description: 'The jobs to act on. Set exactly one of `ids` and `pipeline`.',
  fields: (t) => ({
    ids: t.idList({
      description:
        'Global ids of a Job or Bridge each, in the order to act on them. Not together with `pipeline`.',
    }),
    pipeline: t.field({
      type: JobsOfPipelineInput,
      description: 'Which jobs of a pipeline. Not together with `ids`.',
    }),
    max: t.int({
      defaultValue: DEFAULT_MAX,
      description: `The maximum number of jobs (1 to ${HIGHEST_MAX}). If more are chosen, nothing is done.`,
    }),
    dryRun: t.boolean({
      defaultValue: false,
      description: 'Only says which jobs would be acted on: their outcome is PLANNED.',
    }),
    clientMutationId: t.string({ description: 'Returned unchanged in the payload.' }),
  }),
});

const ActionOutcomeEnum = builder.enumType('ActionOutcome', {
  description: 'What became of a job of a bulk mutation.',
  values: {
    DONE: { description: 'GitLab did it.' },
    REFUSED: { description: 'Nothing was changed; `errors` says why.' },
    NOT_TRIED: {
      description: 'Nothing was sent, because of an earlier error or because the time was over.',
    },
    UNKNOWN: {
      description:
        'The request was sent, but there was no usable response: the change may have been made. Read the job before a retry.',
    },
    PLANNED: { description: 'A dry run: the action would be tried.' },
  } satisfies Record<ActionOutcome, object>,
});

const JobActionResult = builder.objectRef<ActionResult>('JobActionResult').implement({
  description: 'What became of one job of a bulk mutation.',
  fields: (t) => ({
    id: t.exposeID('id', {
      nullable: false,
      description:
        'The global id of the job that was acted on. After a retry, that is the old job.',
    }),
    name: t.exposeString('name', {
      description: 'The name of the job. Null if the job was named by id and was not changed.',
    }),
    outcome: t.expose('outcome', {
      type: ActionOutcomeEnum,
      nullable: false,
      description: 'What became of it.',
    }),
    job: t.expose('job', {
      type: CiJob,
      nullable: true,
      description:
        'The job as it is now: the new one after a retry. Null if GitLab did not return it; for PLANNED, null if it was named by id.',
    }),
    errors: t.field({
      type: [MutationError],
      nullable: false,
      description:
        'Why it was not done. For NOT_TRIED, the error after which nothing further was sent.',
      resolve: ({ errors }) => [...errors],
    }),
  }),
});

interface Payload extends PayloadRow {
  results: readonly ActionResult[];
}

const countOf = ({ results }: Payload, outcome: ActionOutcome) =>
  results.filter((result) => result.outcome === outcome).length;

const JobsActionPayload = builder.objectRef<Payload>('JobsActionPayload').implement({
  description: 'The result of a bulk mutation: one outcome for each job.',
  fields: (t) => ({
    results: t.field({
      type: [JobActionResult],
      nullable: false,
      description: 'One for each chosen job, in the order in which they were chosen.',
      resolve: ({ results }) => [...results],
    }),
    done: t.int({
      nullable: false,
      description: 'The number of results that are DONE.',
      resolve: (payload) => countOf(payload, 'DONE'),
    }),
    refused: t.int({
      nullable: false,
      description: 'The number of results that are REFUSED.',
      resolve: (payload) => countOf(payload, 'REFUSED'),
    }),
    notTried: t.int({
      nullable: false,
      description: 'The number of results that are NOT_TRIED.',
      resolve: (payload) => countOf(payload, 'NOT_TRIED'),
    }),
    unknown: t.int({
      nullable: false,
      description: 'The number of results that are UNKNOWN.',
      resolve: (payload) => countOf(payload, 'UNKNOWN'),
    }),
    ...payloadFields(
      t,
      'Why no job was acted on: the jobs of the pipeline could not be read, or more than `max` were chosen. Errors of single jobs are in `results`.',
    ),
  }),
});

/** The jobs to act on, or the reason why none can be chosen. */
type Choice = { jobs: ChosenJob[] } | { failure: MutationFailure };

const maxOf = ({ max }: JobsAction) => max ?? DEFAULT_MAX;

/** Returns the jobs that global ids identify, without duplicates. Makes no call. */
function chooseByIds(context: Context, ids: readonly string[]): ChosenJob[] {
  const chosen = new Map<string, ChosenJob>();
  for (const id of ids) {
    const { type, ...named } = parseJobId(id);
    const ref: WriteRef = { ...named, kind: type === 'Job' ? 'BUILD' : 'BRIDGE' };
    const key = `${numberOrPath(context, ref.project)}/${ref.id}`;
    if (!chosen.has(key)) chosen.set(key, { id, ref, row: null });
  }
  return [...chosen.values()];
}

/**
 * Returns a function that returns whether a job meets the conditions of the input and is in a state
 * that permits the action. Without `statuses` in the input, only the default statuses of the action
 * are included. Throws BAD_USER_INPUT if `statuses` contains UNKNOWN.
 */
function createFilter(input: JobsOfPipeline, action: BulkAction): (job: AnyJob) => boolean {
  const { stage, names, groupNames, includeAllowedToFail } = input;
  checkKnown(input.statuses ?? [], '`statuses`');
  const statuses = input.statuses?.length ? input.statuses : action.statuses;
  return (job) =>
    action.suits(job) &&
    (statuses?.includes(job.status) ?? true) &&
    (stage == null || job.stage === stage) &&
    (names?.includes(job.name ?? '') ?? true) &&
    (groupNames?.includes(parseJobName(job.name ?? '').group) ?? true) &&
    (includeAllowedToFail !== false || !job.allow_failure);
}

/**
 * Reads the jobs of a pipeline and returns those that meet the conditions of the input. Returns a
 * failure if some jobs could not be read, because one of them may be the newest attempt of a job.
 */
async function chooseOfPipeline(
  { loaders }: Context,
  input: JobsOfPipeline,
  action: BulkAction,
): Promise<Choice> {
  const fits = createFilter(input, action);
  const { project, id } = parsePipelineId(input.id);
  try {
    const board = await loaders.boards({ project, id }).read(MAX_ROWS);
    if (!board) return { failure: notFound };
    const [gap] = board.gaps;
    if (gap?.error) throw gap.error;
    if (gap) return { failure: invalidInput(`The pipeline has more than ${MAX_ROWS} jobs.`) };
    const jobs = board.jobs.filter(fits).map((row) => ({
      id: globalIdOf(row),
      ref: { project: row.project_id, id: String(row.id), kind: row.kind, pipeline: id },
      row,
    }));
    return { jobs };
  } catch (error) {
    const failure = failureOfRead(error);
    if (!failure) throw error;
    return { failure };
  }
}

const invalidInput = (message: string): MutationFailure => ({
  type: 'InvalidInputError',
  code: 'BAD_USER_INPUT',
  message,
});

/** Chooses the jobs to act on. Throws BAD_USER_INPUT for an invalid input. */
async function choose(context: Context, input: JobsAction, action: BulkAction): Promise<Choice> {
  const max = checkRange('max', maxOf(input), { max: HIGHEST_MAX });
  const { ids, pipeline } = input;
  if (ids && pipeline) throw badUserInput('Give either `ids` or `pipeline`, not both.');
  if (!ids && !pipeline) throw badUserInput('Give either `ids` or `pipeline`.');
  const choice = pipeline
    ? await chooseOfPipeline(context, pipeline, action)
    : { jobs: chooseByIds(context, ids ?? []) };
  if ('failure' in choice || choice.jobs.length <= max) return choice;
  return { failure: invalidInput(`${choice.jobs.length} jobs fit, more than max ${max}`) };
}

const toPlan = ({ id, row }: ChosenJob): ActionResult => ({
  id,
  name: row?.name ?? null,
  outcome: 'PLANNED',
  job: row,
  errors: [],
});

/**
 * Sends the requests, then clears the loaders, so that the fields of the payload show the new
 * state.
 */
async function act(
  context: Context,
  jobs: readonly ChosenJob[],
  { send, findRefusal }: BulkAction,
): Promise<ActionResult[]> {
  const { signal, loaders } = context;
  const gitlab = requireWrites(context);
  gitlab.requireCalls(jobs.length);
  const results = await runBulk(jobs, {
    signal,
    async send({ ref }): Promise<Attempt> {
      const settled = await settleOneOfMany(send(gitlab, ref));
      return { ...settled, refusal: settled.value ? findRefusal?.(settled.value) : undefined };
    },
    // The pipeline of a job that was chosen by id is unknown. So all jobs of a project are treated
    // as jobs of one pipeline, and their requests are sent one after the other.
    pipelineOf: ({ ref }) => numberOrPath(context, ref.project),
  });
  loaders.clear();
  return results;
}

async function resolveBulk(
  context: Context,
  input: JobsAction,
  action: BulkAction,
): Promise<Payload> {
  const { clientMutationId } = input;
  requireWrites(context);
  const choice = await choose(context, input, action);
  if ('failure' in choice) return { results: [], errors: [choice.failure], clientMutationId };
  const { jobs } = choice;
  const results = input.dryRun ? jobs.map(toPlan) : await act(context, jobs, action);
  return { results, errors: [], clientMutationId };
}

const inputOf = (args: Record<string, unknown>) => args['input'] as JobsAction;

/**
 * Estimated calls for the two lists of a pipeline (jobs and trigger jobs): one page each. A page
 * has 100 rows; the real number of pages is unknown before the read.
 */
const LISTS = 2;

function rowsOf({ ids, ...input }: JobsAction): number {
  return ids?.length ?? clampRows(maxOf(input), HIGHEST_MAX);
}

const bulkCost: ListCost = {
  pages: (args) => rowsOf(inputOf(args)) + (inputOf(args).ids ? 0 : LISTS),
  rows: (args) => rowsOf(inputOf(args)),
  limitedBy: (args) => (inputOf(args).ids ? 'ids' : 'max'),
  isLimitedByItems: (args) => Boolean(inputOf(args).ids),
  readsRows: () => true,
  sentence: 'Costs one call per job and, with `pipeline`, one per 100 rows of its two lists.',
};

const rules =
  'Each job is sent to GitLab once, one after the other within a project, and each has an outcome in `results`. After a rate limit, a rejected credential, a missing scope, an unreachable GitLab, or two unknown outcomes in a row, nothing further is sent. The same holds when the time of the operation is over.';

const bulkMutations = {
  jobsRetry: {
    action: retry,
    description: `Retries several finished jobs. Of a pipeline, those that failed or were canceled, if \`statuses\` is not given. ${rules}`,
  },
  jobsCancel: {
    action: cancel,
    description: `Cancels several jobs that are not finished. GitLab cannot cancel trigger jobs: they are REFUSED. ${rules}`,
  },
  jobsPlay: {
    action: play,
    description: `Starts several manual or delayed jobs, such as those of a stage. ${rules}`,
  },
};

for (const [name, { action, description }] of Object.entries(bulkMutations)) {
  builder.mutationField(name, (t) =>
    t.field({
      type: JobsActionPayload,
      description,
      args: {
        input: t.arg({ type: JobsActionInput, required: true, description: 'Which jobs.' }),
      },
      extensions: costs({ list: bulkCost }),
      resolve: (_root, { input }, context) => resolveBulk(context, input, action),
    }),
  );
}
