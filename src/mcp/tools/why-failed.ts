import * as z from 'zod';
import {
  findJob,
  findPipeline,
  LOCATION,
  locate,
  parseAddress,
  type TargetData,
  targetFields,
} from '../address.ts';
import { pipelineAddress, whole } from '../arguments.ts';
import { type Answer, type Block, nameText } from '../text.ts';
import { defineTool } from '../tool.ts';
import { notFound } from '../tool-error.ts';
import { callText, countText, durationText, logRow, pipelineText, statusText } from '../words.ts';

/* The tool that says why a pipeline or a job failed. */

const FAILURE = `
  failure {
    reason message retryHelps
    log(lines: $lines) {
      exitCode runnerMessage section firstLine lineCount command
      tail { number text }
      errors { number text }
    }
  }`;
const JOB = `
  kind name databaseId stage status duration webUrl allowFailure
  project { fullPath }
  pipeline { databaseId status ref webUrl }`;

const DOCUMENT = /* GraphQL */ `
  query McpWhyFailed(${LOCATION}, $lines: Int!, $maxJobs: Int!) {
    ${targetFields(
      `
        board {
          jobCount
          statusCounts { status count }
          stages {
            name status hasWarnings
            groups { jobs { project { fullPath } pipeline { databaseId status ref webUrl } } }
          }
          failedJobs(first: $maxJobs) {
            ${JOB}
            failureMessage
            attempts { databaseId status }
            ... on Job { ${FAILURE} }
            ... on Bridge { downstreamPipeline { webUrl } }
          }
          gaps { message }
        }`,
      `${JOB} ${FAILURE}`,
    )}
  }
`;

interface Line {
  number: number | null;
  text: string;
}

interface FailureLog {
  exitCode: number | null;
  runnerMessage: string | null;
  section: string | null;
  firstLine: number | null;
  lineCount: number | null;
  command: string | null;
  tail: readonly Line[];
  errors: readonly Line[];
}

interface PipelineRow {
  databaseId: string;
  status: string;
  ref: string | null;
  webUrl: string | null;
}

interface JobRow {
  kind: 'BUILD' | 'BRIDGE';
  name: string | null;
  databaseId: string;
  stage: string | null;
  status: string;
  duration: number | null;
  webUrl: string | null;
  allowFailure: boolean | null;
  project: { fullPath: string };
  pipeline: PipelineRow | null;
  failureMessage?: string | null;
  attempts?: readonly { databaseId: string; status: string }[] | null;
  failure?: {
    reason: string;
    message: string;
    retryHelps: boolean | null;
    log: FailureLog | null;
  } | null;
  downstreamPipeline?: { webUrl: string | null } | null;
}

interface Board {
  jobCount: number;
  statusCounts: readonly { status: string; count: number }[];
  stages: readonly {
    name: string;
    status: string;
    hasWarnings: boolean;
    groups: readonly {
      jobs: readonly { project: { fullPath: string }; pipeline: PipelineRow | null }[];
    }[];
  }[];
  failedJobs: readonly JobRow[];
  gaps: readonly { message: string }[];
}

/** Default number of lines from the end of the failed section, in addition to lines with errors. */
const FEW_LINES = 3;

const isBlank = ({ text }: Line) => text.trim() === '';

/**
 * Chooses the lines to show: lines that look like errors, and the last `lines` lines of the failed
 * section. If `lines` is undefined, the last FEW_LINES lines of the section are taken, without
 * blank ones.
 */
function chooseLines({ errors, tail }: FailureLog, lines: number | undefined): Line[] {
  const last =
    lines === undefined
      ? tail.slice(-FEW_LINES).filter((line) => !isBlank(line))
      : tail.slice(-lines);
  const shown = new Set(last.map(({ number, text }) => number ?? text));
  const before = errors.filter(({ number, text }) => !shown.has(number ?? text));
  const all = [...before, ...last];
  return all.toSorted((a, b) => (a.number ?? 0) - (b.number ?? 0));
}

const RETRY = { true: 'a retry may help', false: 'a retry is not likely to help' } as const;

function attemptText({ attempts, databaseId }: JobRow): string[] {
  if (!attempts || attempts.length === 0) return [];
  const before = attempts.slice(
    0,
    attempts.findIndex((attempt) => attempt.databaseId === databaseId),
  );
  if (before.length === 0) return ['first attempt'];
  const results = before.map(({ status }) => statusText(status)).join(', ');
  return [`attempt ${before.length + 1}, before it: ${results}`];
}

/**
 * Returns why a job failed, as a sentence without a full stop: `the script ended with an error
 * (script_failure), exit code 1`.
 */
function reasonText({ failure, failureMessage }: JobRow): string {
  const message = (failure?.message ?? failureMessage ?? 'it failed').replace(/\.$/, '');
  const sentence = message.charAt(0).toLowerCase() + message.slice(1);
  const exitCode = failure?.log?.exitCode ?? null;
  const reason = failure ? ` (${nameText(failure.reason)})` : '';
  return `${sentence}${reason}${exitCode === null ? '' : `, exit code ${exitCode}`}`;
}

function titleOf(job: JobRow): string {
  const { kind, name, databaseId, stage, duration, allowFailure, failure } = job;
  const facts = [
    `${kind === 'BRIDGE' ? 'trigger job' : 'job'} ${databaseId}`,
    `stage ${nameText(stage)}`,
    ...(duration === null ? [] : [durationText(duration)]),
    ...(allowFailure ? ['allowed to fail'] : []),
  ];
  const retry = failure?.retryHelps;
  const parts = [
    reasonText(job),
    ...attemptText(job),
    ...(retry == null ? [] : [RETRY[`${retry}`]]),
  ];
  return `${nameText(name)} (${facts.join(', ')}): ${parts.join('; ')}`;
}

function sectionText({ section, lineCount }: FailureLog, lines: readonly Line[]): string {
  const place = section === null ? 'log' : `section ${nameText(section, 60)}`;
  const [first, last] = [lines.at(0)?.number, lines.at(-1)?.number];
  if (first == null || last == null || lineCount === null) return place;
  return `${place}, lines ${first}-${last} of ${lineCount}`;
}

/**
 * Returns rows for the last command of the failed section and, if there is no exit code, for the
 * runner's message. Leaves out a text that the chosen lines already show. The rows are enclosed in
 * fence lines, because the job may have printed these texts itself.
 */
function factRows({ command, runnerMessage, exitCode }: FailureLog, chosen: readonly Line[]) {
  const message =
    exitCode === null && runnerMessage !== null ? `Job failed: ${runnerMessage}` : null;
  const isNew = (fact: string) => chosen.every(({ text }) => !text.includes(fact));
  return [command, message]
    .filter((fact) => fact !== null)
    .filter(isNew)
    .map((text) => logRow({ number: null, text }));
}

function moreText(job: JobRow, log: FailureLog | null): string {
  const { webUrl, project, databaseId, downstreamPipeline } = job;
  if (job.kind === 'BRIDGE') {
    const url = downstreamPipeline?.webUrl;
    return url ? `more: ${callText('why_failed', { url })}` : (webUrl ?? '');
  }
  const address = webUrl ? { url: webUrl } : { project: project.fullPath, job: databaseId };
  const from = log?.firstLine == null ? {} : { from_line: log.firstLine };
  return `more: ${callText('read_log', { ...address, ...from })}`;
}

function blockOf(job: JobRow, lines: number | undefined, title: string): Block {
  const log = job.failure?.log ?? null;
  const chosen = log ? chooseLines(log, lines) : [];
  const pinned = log ? factRows(log, chosen) : [];
  const hasRows = pinned.length + chosen.length > 0;
  const section = log && hasRows ? [`   ${sectionText(log, chosen)}`] : [];
  const none = job.kind === 'BUILD' && !hasRows ? ['no lines of its log can be shown'] : [];
  return {
    before: ['', title, ...section],
    pinned,
    rows: chosen.map(logRow),
    keep: 'end',
    isLog: true,
    after({ start }) {
      const cut = start > 0 ? [`${countText(start, 'line')} before these left out for length`] : [];
      return [...none, ...cut, moreText(job, log)];
    },
  };
}

const stageText = ({ name, status, hasWarnings }: Board['stages'][number]) =>
  `${nameText(name)} ${statusText(status)}${hasWarnings ? ' with warnings' : ''}`;

/** Returns why a job failed, as text. */
function formatJob(job: JobRow, lines: number | undefined): Answer {
  const { project, pipeline, status } = job;
  const of = pipeline ? ` of pipeline ${pipeline.databaseId} (${statusText(pipeline.status)})` : '';
  const head = `job ${job.databaseId}${of} in ${nameText(project.fullPath)}, ref ${nameText(pipeline?.ref)}: ${statusText(status)}`;
  if (!job.failure) return { head: [head, 'This job has not failed.'] };
  return { head: [head], blocks: [blockOf(job, lines, titleOf(job))] };
}

/** Returns why a pipeline failed, as text. */
function formatPipeline(board: Board, lines: number | undefined): Answer {
  const [first] = board.stages.flatMap(({ groups }) => groups.flatMap(({ jobs }) => jobs));
  const pipeline = first?.pipeline;
  const failed = board.statusCounts.find(({ status }) => status === 'FAILED')?.count ?? 0;
  const head = [
    `${pipelineText(first)}, ${failed} of ${countText(board.jobCount, 'job')} failed`,
    ...(board.stages.length > 0 ? [`stages: ${board.stages.map(stageText).join(' | ')}`] : []),
    ...board.gaps.map(({ message }) => `Not complete: ${message}`),
  ];
  const blocks = board.failedJobs.map((job, at) =>
    blockOf(job, lines, `${at + 1}. ${titleOf(job)}`),
  );
  const more = failed - blocks.length;
  const url = pipeline?.webUrl ?? undefined;
  if (more > 0) {
    const call = callText('why_failed', { url, max_jobs: Math.min(20, failed) });
    blocks.push({
      before: [
        '',
        `${countText(more, 'more failed job')} not read: ${call}, or ${callText('pipeline_board', { url, only: 'failed' })}`,
      ],
    });
  }
  return {
    head,
    blocks,
    omitted: (count) =>
      `${count} more left out for length: call why_failed with the url of a job; ${callText('pipeline_board', { url, only: 'failed' })} lists them`,
  };
}

export const whyFailed = defineTool({
  name: 'why_failed',
  description:
    'Why a pipeline or job failed: reason, exit code, section, command and error lines of each failed job. Call this first.',
  arguments: {
    ...pipelineAddress,
    max_jobs: whole(5, 1, 20),
    lines: z.int().min(1).max(200).optional(),
  },
  async run({ max_jobs: maxJobs, lines, ...args }, call) {
    const address = parseAddress(args, call.webUrls);
    const data = await call.execute<TargetData<{ board: Board | null }, JobRow>>(DOCUMENT, {
      ...locate(address),
      ...{ maxJobs, lines: lines ?? 20 },
    });
    if (address.kind === 'job') return formatJob(findJob(data), lines);
    const { board } = findPipeline(data, address);
    if (!board) throw notFound('pipeline');
    return formatPipeline(board, lines);
  },
});
