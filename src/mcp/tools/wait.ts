import * as z from 'zod';
import { toGlobalId } from '../../graphql/global-id.ts';
import { type NumberedAddress, resolveAddress, toArguments } from '../address.ts';
import { pipelineAddress, whole } from '../arguments.ts';
import { type Answer, nameText } from '../text.ts';
import { defineTool, type ToolCall } from '../tool.ts';
import { MAX_WAIT_SECONDS } from '../wait-limit.ts';
import { callText, countText, statusText } from '../words.ts';

/*
 * The tool that waits, for a limited time, until a pipeline or job is finished or blocked. With
 * `until: 'failed'`, the tool also stops waiting when a job has failed that is not allowed to fail.
 */

const JOB = 'name databaseId status allowFailure';
const PIPELINE = /* GraphQL */ `
  subscription McpWaitPipeline($id: ID!) {
    pipelineUpdated(id: $id) {
      pipeline {
        databaseId status ref
        board { stages { groups { jobs { ${JOB} project { fullPath } } } } }
      }
    }
  }
`;
const SINGLE_JOB = /* GraphQL */ `
  subscription McpWaitJob($id: ID!) {
    jobUpdated(id: $id) { ${JOB} project { fullPath } }
  }
`;

interface JobRow {
  name: string | null;
  databaseId: string;
  status: string;
  allowFailure: boolean | null;
  project: { fullPath: string };
}

interface PipelineEvent {
  pipelineUpdated: {
    pipeline: {
      databaseId: string;
      status: string;
      ref: string | null;
      board: { stages: readonly { groups: readonly { jobs: readonly JobRow[] }[] }[] } | null;
    };
  };
}

/** The pipeline or job to wait for, as described by an event. */
interface Watched {
  /** Names the pipeline or job, such as `pipeline 12 of group/app, ref main`. */
  title: string;
  status: string;
  jobs: readonly JobRow[];
}

function fromPipeline({ pipelineUpdated: { pipeline } }: PipelineEvent): Watched {
  const jobs = (pipeline.board?.stages ?? []).flatMap(({ groups }) =>
    groups.flatMap((group) => group.jobs),
  );
  const project = jobs.at(0)?.project.fullPath;
  const title = `pipeline ${pipeline.databaseId} of ${nameText(project)}, ref ${nameText(pipeline.ref)}`;
  return { title, status: pipeline.status, jobs };
}

function fromJob({ jobUpdated: job }: { jobUpdated: JobRow }): Watched {
  const { name, databaseId, project, status } = job;
  const title = `${nameText(name)} (job ${databaseId}) of ${nameText(project.fullPath)}`;
  return { title, status, jobs: [job] };
}

type Until = 'finished' | 'failed';

const hasFailed = ({ jobs }: Watched): boolean =>
  jobs.some(({ status, allowFailure }) => status === 'FAILED' && !allowFailure);

/** Whether the pipeline or job continues only after a user plays a manual job. */
const isBlocked = ({ status }: Watched): boolean => status === 'MANUAL';

/** Why waiting ended. */
type Ending = 'finished' | 'failed' | 'blocked' | 'time' | 'shutdown';

/** The first and last event (undefined if none arrived), and why waiting ended. */
interface Observation {
  first: Watched | undefined;
  last: Watched | undefined;
  ending: Ending;
}

/**
 * Waits until the pipeline or job is finished or blocked, `seconds` have passed, or the gateway
 * shuts down. With `until: 'failed'`, also stops when a job has failed that is not allowed to fail.
 */
async function observe(
  address: NumberedAddress,
  { until, seconds }: { until: Until; seconds: number },
  call: ToolCall,
): Promise<Observation> {
  const isJob = address.kind === 'job';
  const id = toGlobalId(isJob ? 'Job' : 'Pipeline', address.project, address.id);
  const events = await call.subscribe<PipelineEvent & { jobUpdated: JobRow }>(
    isJob ? SINGLE_JOB : PIPELINE,
    { id },
  );
  // The stream of a finished pipeline or job ends by itself. The other endings are set below.
  let ending: Ending = 'finished';
  const endWith = (why: Ending) => {
    ending = why;
    void events.return?.();
  };
  const onShutdown = () => endWith('shutdown');
  const cancel = call.clock.after(seconds * 1_000, () => endWith('time'));
  call.shutdown.addEventListener('abort', onShutdown, { once: true });
  if (call.shutdown.aborted) onShutdown();
  let [first, last]: (Watched | undefined)[] = [];
  try {
    for await (const event of events) {
      last = isJob ? fromJob(event) : fromPipeline(event);
      first ??= last;
      if (until === 'failed' && hasFailed(last)) endWith('failed');
      else if (isBlocked(last)) endWith('blocked');
    }
  } finally {
    cancel();
    call.shutdown.removeEventListener('abort', onShutdown);
  }
  return { first, last, ending };
}

const DONE = new Set(['SUCCESS', 'FAILED', 'CANCELED', 'SKIPPED']);

/** Returns how many jobs are done: `12 of 31 done`. */
function progressOf({ jobs }: Watched): string {
  return `${jobs.filter(({ status }) => DONE.has(status)).length} of ${jobs.length} done`;
}

/**
 * Returns a row for each job that has changed. Compares jobs by name, because a retry has a new id.
 */
function changesBetween(first: Watched, last: Watched): string[] {
  const before = new Map(first.jobs.map((job) => [job.name, job]));
  return last.jobs.flatMap(({ name, databaseId, status }) => {
    const old = before.get(name);
    if (old?.status === status && old.databaseId === databaseId) return [];
    const from = old ? statusText(old.status) : 'new';
    return [`${nameText(name)} (job ${databaseId}): ${from} > ${statusText(status)}`];
  });
}

type Asked = Readonly<Record<string, unknown>>;

/** Returns what happened while waiting, as text. */
export function formatWait({ first, last, ending }: Observation, asked: Asked): Answer {
  const { until: _, seconds, ...address } = asked;
  const again = callText('wait', asked);
  const restarts = `The gateway restarts: call again, ${again}`;
  if (!first || !last) {
    const late = `GitLab did not answer within ${seconds} s: call again, ${again}`;
    return { head: [ending === 'shutdown' ? restarts : late] };
  }
  const isJob = last.jobs.length === 1 && last.title.includes('(job ');
  const progress = isJob ? '' : `, ${progressOf(last)}`;
  const failed = hasFailed(last) ? [`why: ${callText('why_failed', address)}`] : [];
  const board = callText('pipeline_board', { ...address, only: 'manual' });
  const next: Readonly<Record<Ending, readonly string[]>> = {
    finished: failed,
    failed,
    blocked: [`It waits for a manual job and does not go on by itself: ${board}`],
    time: [`Still ${statusText(last.status)}${progress}: call again, ${again}`],
    shutdown: [restarts],
  };
  const rows = changesBetween(first, last);
  const changed =
    rows.length === 0 ? 'nothing changed meanwhile' : `${countText(rows.length, 'job')} changed:`;
  return {
    head: [`${last.title}: ${statusText(last.status)}${progress}; ${changed}`],
    blocks: [
      {
        rows,
        keep: 'end',
        after: ({ start }) => [
          ...(start > 0 ? [`${countText(start, 'job')} left out for length`] : []),
          ...next[ending],
        ],
      },
    ],
  };
}

export const wait = defineTool({
  name: 'wait',
  description:
    'Waits until a pipeline or job is finished, or a job failed; says what changed. Costs no calls of its own. If it is still running: call again.',
  arguments: {
    ...pipelineAddress,
    until: z.enum(['finished', 'failed']).default('finished'),
    seconds: whole(50, 1, MAX_WAIT_SECONDS),
  },
  async run({ until, seconds, ...args }, call) {
    const address = await resolveAddress(args, call);
    const observation = await observe(address, { until, seconds }, call);
    return formatWait(observation, { ...toArguments(address), until, seconds });
  },
});
