import * as z from 'zod';
import { groupBy } from '../../util/collections.ts';
import {
  findJob,
  findPipeline,
  LOCATION,
  locate,
  parseAddress,
  type TargetData,
  targetFields,
} from '../address.ts';
import { pipelineAddress } from '../arguments.ts';
import { type Answer, nameText } from '../text.ts';
import { defineTool } from '../tool.ts';
import { notFound } from '../tool-error.ts';
import { callText, countText, durationText, pipelineText, statusText } from '../words.ts';

/* The tool that shows a pipeline: its stages, and the jobs that have not passed. */

const BOARD = `
  board {
    jobCount
    statusCounts { status count }
    stages {
      name status hasWarnings
      groups {
        jobs {
          kind name databaseId status duration allowFailure playable active failureMessage
          project { fullPath }
          pipeline { databaseId status ref webUrl }
        }
      }
    }
    timeline { elapsed criticalPath { job { name } ran queued } }
    gaps { message }
  }`;
const DOCUMENT = /* GraphQL */ `
  query McpPipelineBoard(${LOCATION}) {
    ${targetFields(BOARD, `pipeline { ${BOARD} }`)}
  }
`;

interface JobRow {
  kind: 'BUILD' | 'BRIDGE';
  name: string | null;
  databaseId: string;
  status: string;
  duration: number | null;
  allowFailure: boolean | null;
  playable: boolean;
  active: boolean;
  failureMessage: string | null;
  project: { fullPath: string };
  pipeline: {
    databaseId: string;
    status: string;
    ref: string | null;
    webUrl: string | null;
  } | null;
}

interface Stage {
  name: string;
  status: string;
  hasWarnings: boolean;
  groups: readonly { jobs: readonly JobRow[] }[];
}

interface Board {
  jobCount: number;
  statusCounts: readonly { status: string; count: number }[];
  stages: readonly Stage[];
  timeline: {
    elapsed: number | null;
    criticalPath: readonly { job: { name: string | null }; ran: number; queued: number }[];
  };
  gaps: readonly { message: string }[];
}

type PipelineData = { board: Board | null };

type Only = 'failed' | 'running' | 'manual' | 'all';

const filters: Readonly<Record<Only, (job: JobRow) => boolean>> = {
  failed: ({ status }) => status === 'FAILED',
  running: ({ active, status }) => active || status === 'CANCELING',
  manual: ({ playable }) => playable,
  all: () => true,
};

const jobsOf = ({ groups }: Stage): JobRow[] => groups.flatMap(({ jobs }) => jobs);

const shortJob = ({ name, databaseId, playable }: JobRow): string =>
  `${nameText(name, 60)} (${playable ? 'can be played, ' : ''}job ${databaseId})`;

/** Returns a line about a stage, with the names of its jobs that have not passed. */
function stageRow(stage: Stage): string {
  const jobs = jobsOf(stage);
  const open = jobs.filter(({ status }) => status !== 'SUCCESS');
  const title = `${nameText(stage.name)} ${statusText(stage.status)}${stage.hasWarnings ? ' with warnings' : ''}, ${countText(jobs.length, 'job')}`;
  const names = [...groupBy(open, ({ status }) => status)].map(
    ([status, some]) => `${statusText(status)}: ${some.map(shortJob).join(', ')}`,
  );
  return [title, ...names].join('; ');
}

function jobRow(job: JobRow, stage: Stage): string {
  const { kind, name, databaseId, status, duration, allowFailure, playable } = job;
  const facts = [
    statusText(status),
    ...(duration === null ? [] : [durationText(duration)]),
    ...(allowFailure ? ['allowed to fail'] : []),
    ...(playable ? ['can be played'] : []),
    ...(job.failureMessage === null ? [] : [job.failureMessage]),
  ];
  const noun = kind === 'BRIDGE' ? 'trigger job' : 'job';
  return `${nameText(name)} (${noun} ${databaseId}, stage ${nameText(stage.name)}): ${facts.join('; ')}`;
}

function pathText({ elapsed, criticalPath }: Board['timeline']): string[] {
  if (elapsed === null || criticalPath.length === 0) return [];
  const steps = criticalPath.map(({ job, ran, queued }) => {
    const wait = queued >= 1 ? `, queued ${durationText(queued)}` : '';
    return `${nameText(job.name, 40)} ${durationText(ran)}${wait}`;
  });
  return [`critical path, ${durationText(elapsed)}: ${steps.join(' > ')}`];
}

/** Returns a pipeline as text. */
export function formatBoard(board: Board, only: Only | undefined): Answer {
  const jobs = board.stages.flatMap((stage) => jobsOf(stage).map((job) => ({ job, stage })));
  const [first] = jobs;
  const counts = board.statusCounts.map(({ status, count }) => `${count} ${statusText(status)}`);
  const shown = only && jobs.filter(({ job }) => filters[only](job));
  const rows = shown
    ? shown.map(({ job, stage }) => jobRow(job, stage))
    : board.stages.map(stageRow);
  const url = first?.job.pipeline?.webUrl ?? undefined;
  const hasFailed = board.statusCounts.some(({ status }) => status === 'FAILED');
  return {
    head: [
      `${pipelineText(first?.job)}, ${countText(board.jobCount, 'job')}: ${counts.join(', ')}`,
      ...pathText(board.timeline),
      ...board.gaps.map(({ message }) => `Not complete: ${message}`),
      ...(shown?.length === 0 ? [`No job is ${only}.`] : []),
    ],
    blocks: [
      {
        rows,
        after: ({ end }) => [
          ...(end < rows.length
            ? [
                `${countText(rows.length - end, 'line')} left out for length: use only: failed, running or manual`,
              ]
            : []),
          ...(hasFailed ? [`why: ${callText('why_failed', { url })}`] : []),
        ],
      },
    ],
  };
}

export const pipelineBoard = defineTool({
  name: 'pipeline_board',
  description: 'Status of a pipeline by stage: what failed, runs, waits or can be played.',
  arguments: {
    ...pipelineAddress,
    only: z
      .enum(['failed', 'running', 'manual', 'all'])
      .optional()
      .describe('A line for each such job'),
  },
  async run({ only, ...args }, call) {
    const address = parseAddress(args, call.webUrls);
    const data = await call.execute<TargetData<PipelineData, { pipeline: PipelineData | null }>>(
      DOCUMENT,
      locate(address),
    );
    const found = address.kind === 'job' ? findJob(data).pipeline : findPipeline(data, address);
    if (!found?.board) throw notFound('pipeline');
    return formatBoard(found.board, only);
  },
});
