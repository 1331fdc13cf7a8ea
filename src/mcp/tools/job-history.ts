import { findJob, type JobAddress, resolveJob } from '../address.ts';
import { jobAddress, whole } from '../arguments.ts';
import { type Answer, nameText } from '../text.ts';
import { defineTool } from '../tool.ts';
import { callText, countText, durationText, statusText } from '../words.ts';

/* The tool that lists earlier runs of a job. */

const RUN = 'databaseId status duration createdAt failureReason pipeline { databaseId }';
const DOCUMENT = /* GraphQL */ `
  query McpJobHistory($project: ID!, $id: ID!, $runs: Int!) {
    job(project: $project, id: $id) {
      ${RUN}
      name ref
      project { fullPath }
      history(first: $runs) {
        runs { ${RUN} }
        lastSuccess { databaseId createdAt }
        firstFailure { databaseId createdAt }
        failuresInARow searchedJobs complete
      }
    }
  }
`;

interface Run {
  databaseId: string;
  status: string;
  duration: number | null;
  createdAt: string | null;
  failureReason: string | null;
  pipeline: { databaseId: string } | null;
}

interface JobData extends Run {
  name: string | null;
  ref: string | null;
  project: { fullPath: string };
  history: {
    runs: readonly Run[];
    lastSuccess: Pick<Run, 'databaseId' | 'createdAt'> | null;
    firstFailure: Pick<Run, 'databaseId' | 'createdAt'> | null;
    failuresInARow: number;
    searchedJobs: number;
    complete: boolean;
  } | null;
}

const timeText = (time: string | null): string => time?.replace(/\.\d+/, '') ?? 'unknown time';

function rowOf(run: Run): string {
  const { databaseId, status, duration, createdAt, failureReason, pipeline } = run;
  const facts = [
    statusText(status),
    ...(failureReason === null ? [] : [nameText(failureReason)]),
    ...(duration === null ? [] : [durationText(duration)]),
    timeText(createdAt),
    ...(pipeline ? [`pipeline ${pipeline.databaseId}`] : []),
  ];
  return `${databaseId} ${facts.join(', ')}`;
}

/** Summarizes the earlier runs of a job in sentences. */
function summaryOf({
  failuresInARow,
  firstFailure,
  lastSuccess,
}: NonNullable<JobData['history']>): string[] {
  const success = lastSuccess
    ? `last success before it: job ${lastSuccess.databaseId}, ${timeText(lastSuccess.createdAt)}`
    : 'no success before it found';
  if (failuresInARow === 0) return [success];
  const since = firstFailure
    ? `, since job ${firstFailure.databaseId}, ${timeText(firstFailure.createdAt)}`
    : '';
  return [`failures in a row: ${failuresInARow}${since}; ${success}`];
}

/** Returns the earlier runs of a job as text. */
export function formatHistory(job: JobData, { project, id }: JobAddress): Answer {
  const { history } = job;
  const head = `${nameText(job.name)}, ref ${nameText(job.ref)} of ${nameText(job.project.fullPath)}: this run is ${rowOf(job)}`;
  if (!history) return { head: [head, 'Its earlier runs could not be read.'] };
  const rows = history.runs.map(rowOf);
  const searched = history.complete
    ? 'all earlier jobs'
    : `the ${history.searchedJobs} jobs before it`;
  return {
    head: [
      head,
      ...summaryOf(history),
      rows.length === 0
        ? `no earlier run among ${searched}`
        : `${countText(rows.length, 'earlier run')} among ${searched}, newest first:`,
    ],
    blocks: [
      {
        rows,
        after: ({ end }) => [
          ...(end < rows.length
            ? [`${countText(rows.length - end, 'run')} left out for length: use fewer runs`]
            : []),
          ...(job.status === 'FAILED'
            ? [`why: ${callText('why_failed', { project, job: id })}`]
            : []),
        ],
      },
    ],
  };
}

export const jobHistory = defineTool({
  name: 'job_history',
  description:
    'Earlier runs of a job on its branch: is it new that it fails? Failures in a row, last success.',
  arguments: { ...jobAddress, runs: whole(10, 1, 50) },
  async run({ runs, ...args }, call) {
    const job = await resolveJob(args, call);
    const variables = { project: job.project, id: job.id, runs };
    const data = await call.execute<{ job: JobData | null }>(DOCUMENT, variables);
    return formatHistory(findJob(data), job);
  },
});
