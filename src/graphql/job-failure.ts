import type { GraphQLResolveInfo } from 'graphql';
import type { Context } from '../context/context.ts';
import type { FailureLog as FailureLogRow } from '../context/loaders.ts';
import type { Job as JobRow } from '../gitlab/rows.ts';
import { failureMessageOf, failureReasonOf } from '../pipeline/derived.ts';
import {
  type FailureCategory as Category,
  failureCategoryOf,
  failureSentenceOf,
  retryHelpsOf,
} from '../pipeline/failure-reasons.ts';
import { isTimeoutMessage, MAX_TAIL } from '../trace/failure-log.ts';
import { builder } from './builder.ts';
import { FailureCategory } from './ci-job.ts';
import { checkRange } from './client-errors.ts';
import { costOfField, costs } from './cost.ts';
import { orForbidden } from './list-reads.ts';
import {
  type SelectedBelow,
  type SelectedField,
  type Selection,
  selectionOfOperation,
} from './selection.ts';
import { countOutput, textFields } from './trace.ts';

/** A failed job with its failure reason. */
interface JobFailureRow {
  job: JobRow;
  reason: string;
  /** Whether `log` is selected with valid arguments. If so, other fields use the log, too. */
  hasLog: boolean;
}

interface LogLineRow {
  number: number | null;
  text: string;
  html: string;
}

const KIBIBYTE = 1024;
const DEFAULT_LINES = 20;
const DEFAULT_CONTEXT = 256 * KIBIBYTE;
const MIN_CONTEXT = 16 * KIBIBYTE;
const MAX_CONTEXT = 4096 * KIBIBYTE;

interface LogArgs {
  lines?: number | null | undefined;
  contextBytes?: number | null | undefined;
}

/** Checks the arguments of `log`. Null counts as absent. */
function parseLogArgs(args: LogArgs): { lines: number; contextBytes: number } {
  const { lines, contextBytes } = args;
  const contextRange = { min: MIN_CONTEXT, max: MAX_CONTEXT };
  return {
    lines: checkRange('lines', lines ?? DEFAULT_LINES, { max: MAX_TAIL }),
    contextBytes: checkRange('contextBytes', contextBytes ?? DEFAULT_CONTEXT, contextRange),
  };
}

/** Returns the arguments of a selected field `log`; undefined if they are invalid. */
function logArgsOf(field: SelectedField, variableValues: SelectedBelow['variableValues']) {
  try {
    return parseLogArgs(field.argumentsFor(variableValues));
  } catch {
    return undefined;
  }
}

/** Returns the failure of a job; null if the job has not failed. */
export function failureOf(
  job: JobRow,
  { selection, variableValues }: SelectedBelow,
): JobFailureRow | null {
  const reason = failureReasonOf(job);
  if (reason === null) return null;
  const hasLog = selection.list.some(
    (field) => field.name === 'log' && logArgsOf(field, variableValues) !== undefined,
  );
  return { job, reason, hasLog };
}

function* fieldsBelow({ list }: Selection): Generator<SelectedField> {
  for (const field of list) {
    yield field;
    for (const type of field.types) yield* fieldsBelow(field.fieldsOn(type));
  }
}

type ContextBytes = number | 'all';

function findContextBytes(info: GraphQLResolveInfo): ContextBytes {
  const { operation, variableValues } = info;
  let most = 0;
  for (const field of fieldsBelow(selectionOfOperation(operation, info))) {
    const { call } = costOfField(field.definition);
    if (call === 'trace') return 'all';
    if (call !== 'failureLog') continue;
    most = Math.max(most, logArgsOf(field, variableValues)?.contextBytes ?? 0);
  }
  return most;
}

const contextBytesOf = new WeakMap<Context, ContextBytes>();

/**
 * Returns how many bytes of a failed job's log the operation reads: the maximum over all its `log`
 * fields, or `all` if `trace` is selected. All fields use the same number, so that each log is read
 * only once.
 */
function contextBytesFor(context: Context, info: GraphQLResolveInfo): ContextBytes {
  const found = contextBytesOf.get(context) ?? findContextBytes(info);
  contextBytesOf.set(context, found);
  return found;
}

function readLog(
  { job }: JobFailureRow,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<FailureLogRow | null> {
  const size = job.artifacts?.find((artifact) => artifact.file_type === 'trace')?.size;
  const reading = context.loaders.failureLog({
    project: job.project_id,
    id: String(job.id),
    size: size == null ? undefined : Number(size),
    contextBytes: contextBytesFor(context, info),
  });
  return orForbidden(context, reading, 'GitLab does not let a job token read logs.');
}

/**
 * The failure reason that is used if the log shows that the runner stopped the job at its timeout.
 */
const TIMEOUT_REASON = 'job_execution_timeout';

/**
 * Returns the failure reason from which the category is derived. After a timeout, GitLab may send a
 * less specific reason than the runner's message in the log. The log is used only if the operation
 * selects it and it can be read.
 */
async function decidingReason(
  row: JobFailureRow,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<string> {
  if (!row.hasLog || failureCategoryOf(row.reason) === 'TIMEOUT') return row.reason;
  // An error of the read is reported by the field `log`, which is selected.
  const log = await readLog(row, context, info).catch(() => null);
  return log && isTimeoutMessage(log.runnerMessage) ? TIMEOUT_REASON : row.reason;
}

const categoryOf = async (...args: Parameters<typeof decidingReason>): Promise<Category> =>
  failureCategoryOf(await decidingReason(...args));

const LogLine = builder.objectRef<LogLineRow>('LogLine').implement({
  description: 'A line of a log of which possibly only the end was read.',
  fields: (t) => ({
    number: t.exposeInt('number', {
      description:
        'The number of the line, as in `TraceLine.number`. Null if the beginning of the log was not read.',
    }),
    ...textFields(t),
  }),
});

const FailureLog = builder.objectRef<FailureLogRow & { lines: number }>('FailureLog');

const toLogLines = (lines: FailureLogRow['tail'], { isNumbered }: FailureLogRow): LogLineRow[] =>
  isNumbered ? lines : lines.map(({ text, html }) => ({ number: null, text, html }));

FailureLog.implement({
  description: 'What the end of a failed job’s log says about the failure.',
  fields: (t) => ({
    exitCode: t.exposeInt('exitCode', {
      description:
        'The exit code in the runner’s last line. Null if there is none, or if it is above 2147483647, the maximum of `Int`; see `runnerMessage`.',
    }),
    runnerMessage: t.exposeString('runnerMessage', {
      description:
        'What follows "ERROR: Job failed" in the runner’s last line: "exit code 1". Null if the log has no such line.',
    }),
    section: t.exposeString('section', {
      description:
        'The name of the section that failed, such as "step_script". Null if there is none; then the other fields are about all lines before the runner’s last line.',
    }),
    firstLine: t.int({
      description:
        'The number of the first line of that section, or of the log if there is none. Null if the beginning of the log was not read.',
      resolve: ({ firstLine, isNumbered }) => (isNumbered ? firstLine : null),
    }),
    lineCount: t.int({
      description:
        'The number of the last line of the log. Null if the beginning of the log was not read.',
      resolve: ({ lineCount, isNumbered }) => (isNumbered ? lineCount : null),
    }),
    command: t.exposeString('command', {
      description:
        'The last command that the runner printed in the section: "$ npm test". Or null.',
    }),
    tail: t.field({
      type: [LogLine],
      nullable: false,
      description: 'The last lines of the section, without blank lines at the end.',
      resolve: (log) => toLogLines(log.tail.slice(-log.lines), log),
    }),
    errors: t.field({
      type: [LogLine],
      nullable: false,
      description:
        'The first lines of the section that look like errors, at most 10. What comes after them is often a consequence.',
      resolve: (log) => toLogLines(log.errors, log),
    }),
    bytesRead: t.field({
      type: 'BigInt',
      nullable: false,
      description:
        'How many bytes of the log were read and kept. More than `contextBytes` if the operation also selects `trace`, or this field with a greater value.',
      resolve: ({ bytesRead }) => bytesRead,
    }),
    whole: t.exposeBoolean('whole', {
      nullable: false,
      description: 'Whether that is the whole log. False if the log begins before.',
    }),
  }),
});

export const JobFailure = builder.objectRef<JobFailureRow>('JobFailure').implement({
  description:
    'Why a job failed. If `log` is selected, `category`, `message` and `retryHelps` also consider what the runner wrote in it.',
  fields: (t) => ({
    reason: t.exposeString('reason', {
      nullable: false,
      description:
        'GitLab’s reason, as in `Job.failureReason`; "unknown_failure" if GitLab sends none.',
    }),
    category: t.field({
      type: FailureCategory,
      nullable: false,
      description: 'The kind of cause.',
      resolve: (row, _args, context, info) => categoryOf(row, context, info),
    }),
    message: t.string({
      nullable: false,
      description: 'The cause in a sentence, such as "The script ended with an error."',
      resolve: async (row, _args, context, info) => {
        const reason = await decidingReason(row, context, info);
        return reason === row.reason
          ? (failureMessageOf(row.job) ?? failureSentenceOf(reason))
          : failureSentenceOf(reason);
      },
    }),
    retryHelps: t.boolean({
      description:
        'Whether a retry helps without a change: true if the runner or GitLab failed. Null if that is unknown, as after a timeout.',
      resolve: async (row, _args, context, info) =>
        retryHelpsOf(await categoryOf(row, context, info)),
    }),
    log: t.field({
      type: FailureLog,
      description:
        'What the log says. Only its end is read; GitLab before 19.0 sends all of it. Null if the job does not exist any more.',
      args: {
        lines: t.arg.int({
          defaultValue: DEFAULT_LINES,
          description: `The maximum number of lines in \`tail\`, from 1 to ${MAX_TAIL}.`,
        }),
        contextBytes: t.arg.int({
          defaultValue: DEFAULT_CONTEXT,
          description: `How many bytes of the end to read, from ${MIN_CONTEXT} to ${MAX_CONTEXT}. One read serves all such fields and \`trace\`, so that more may be read.`,
        }),
      },
      extensions: costs({ call: 'failureLog' }),
      resolve: async (row, args, context, info) => {
        const { lines } = parseLogArgs(args);
        const log = await readLog(row, context, info);
        if (!log) return null;
        const shown = [...log.tail.slice(-lines), ...log.errors];
        countOutput({ rows: shown.length }, context.logs);
        const characters = shown.reduce((sum, { text }) => sum + text.length, 0);
        countOutput({ characters: characters + (log.command?.length ?? 0) }, context.logs);
        return { ...log, lines };
      },
    }),
  }),
});
