import type { Gitlab, PipelineRef } from '../gitlab/client.ts';
import type { OffsetRequest } from '../gitlab/pagination.ts';
import type { AnyJob, RestPipeline } from '../gitlab/rows.ts';
import { type BoardRows, buildBoard } from '../pipeline/board.ts';
import { coversRows, limitRows, readBoardRows } from '../pipeline/board-rows.ts';
import { mapInSlices } from '../util/event-loop.ts';
import { isActiveOrCanceling, isSameJob } from './job.ts';
import type { Resource } from './poll.ts';
import { activityOf } from './poll-interval.ts';
import type { View } from './subscriber.ts';

interface JobEntry {
  readonly row: AnyJob;
  /** The number (`PipelineState.round`) of the state in which the job last changed. */
  readonly round: number;
}

/** A pipeline and the attempts of its jobs: the newest ones, up to the `maxJobs` of the read. */
interface PipelineState {
  pipeline: RestPipeline;
  /** The number of this state: 1 for the first state, and 1 more for each later state. */
  round: number;
  rows: BoardRows;
  /** The jobs by id: newest first, and trigger jobs last. */
  entries: ReadonlyMap<string, JobEntry>;
}

/** The current pipeline, and what has changed since the subscriber's last event. */
export interface PipelineNews {
  pipeline: RestPipeline;
  rows: BoardRows;
  /** Returns the changed jobs. Only the newest attempt of each job is included. */
  changedJobs(): Promise<readonly AnyJob[]>;
}

/** Maximum rows to request when all jobs of a pipeline are needed: more than any pipeline has. */
export const ALL_JOBS = 100_000;

const rowsOf = ({ jobs, bridges }: BoardRows): AnyJob[] => [...jobs, ...bridges];

const noRows = { items: [], hasNext: false, hasPrevious: false, total: 0 };

/**
 * Reads the newest jobs of a pipeline, with all attempts, and its newest trigger jobs: up to
 * `maxJobs` of each. Rejects if a part of the rows cannot be read.
 */
async function readJobs(
  gitlab: Gitlab,
  ref: PipelineRef,
  { before, maxJobs }: { before: PipelineState | undefined; maxJobs: number },
): Promise<BoardRows> {
  // GitLab creates all trigger jobs together with the pipeline. So a pipeline that has jobs but no
  // trigger jobs never gets any.
  const hasNoBridges = before && before.rows.jobs.length > 0 && before.rows.bridges.length === 0;
  const lists = {
    jobs: (page: OffsetRequest) => gitlab.listPipelineJobs(ref, { includeRetried: true }, page),
    bridges: async (page: OffsetRequest) =>
      hasNoBridges ? noRows : gitlab.listPipelineBridges(ref, {}, page),
  };
  const rows = await readBoardRows(lists, maxJobs);
  const failed = rows.gaps.find(({ error }) => error);
  if (failed) throw failed.error;
  return rows;
}

const isFinished = (status: string | null | undefined) => activityOf(status) === 'finished';

/**
 * Whether one of the jobs is active or is being canceled. If so, the pipeline cannot be finished.
 */
const hasActiveJob = (rows: BoardRows) => rowsOf(rows).some(isActiveOrCanceling);

/**
 * Whether GitLab shows a pipeline as finished although one of its jobs is active. Either the jobs
 * were read before the pipeline ended, or a job was retried and GitLab has not computed the status
 * of the pipeline yet.
 */
const isContradictory = (pipeline: RestPipeline, rows: BoardRows) =>
  isFinished(pipeline.status) && hasActiveJob(rows);

/**
 * Reads the pipeline and its jobs concurrently. Reads the jobs again if they contradict the
 * pipeline.
 */
async function readBoth(
  gitlab: Gitlab,
  ref: PipelineRef,
  options: { before: PipelineState | undefined; maxJobs: number },
) {
  const [pipeline, rows] = await Promise.all([
    gitlab.getPipeline(ref),
    readJobs(gitlab, ref, options),
  ]);
  const mustReread = isContradictory(pipeline, rows);
  return { pipeline, rows: mustReread ? await readJobs(gitlab, ref, options) : rows };
}

/**
 * Returns a string that changes when the pipeline, without its jobs, changes. Excludes durations
 * until the pipeline is finished. Of the user, it includes only the id.
 */
function pipelineFingerprint({ user, duration, queued_duration, ...own }: RestPipeline): string {
  const durations = own.finished_at ? { duration, queued_duration } : {};
  return JSON.stringify({ ...own, ...durations, user: user?.id });
}

/**
 * The member of a job that `toEntry` does not compare: its own pipeline, which
 * `pipelineFingerprint` covers. `toEntry` does compare the downstream pipeline of a trigger job.
 */
const COMPARED_ELSEWHERE = ['pipeline'];

/** Returns the known entry if the job has not changed since, otherwise a new entry. */
function toEntry(known: JobEntry | undefined, row: AnyJob, round: number): JobEntry {
  return known && isSameJob(known.row, row, COMPARED_ELSEWHERE) ? known : { row, round };
}

async function compare(
  { pipeline, rows }: Awaited<ReturnType<typeof readBoth>>,
  { before, maxJobs }: { before: PipelineState | undefined; maxJobs: number },
): Promise<PipelineState> {
  const round = (before?.round ?? 0) + 1;
  const entries = await mapInSlices(rowsOf(rows), (row) => {
    const id = String(row.id);
    return [id, toEntry(before?.entries.get(id), row, round)] as const;
  });
  // The last read may have had a greater limit. A row may disappear: GitLab hides the jobs of a
  // pipeline from a caller who may no longer read them.
  const limited = before && limitRows(before.rows, maxJobs);
  const known = limited && rowsOf(limited);
  const isUnchanged =
    before !== undefined &&
    coversRows(before.rows, maxJobs) &&
    pipelineFingerprint(before.pipeline) === pipelineFingerprint(pipeline) &&
    known?.length === entries.length &&
    entries.every(([id, entry], at) => entry.round < round && id === String(known[at]?.id));
  if (!isUnchanged) return { pipeline, round, rows, entries: new Map(entries) };
  return limited === before.rows ? before : { ...before, rows };
}

/** Whether a trigger job or its downstream pipeline is running or being canceled. */
const isActiveBridge = ({ status, downstream_pipeline }: BoardRows['bridges'][number]): boolean =>
  [status, downstream_pipeline?.status].some((one) => activityOf(one ?? 'created') === 'active');

/**
 * Returns the polled resource of a pipeline with its jobs. A read usually makes one call for the
 * pipeline, and one for each page of jobs and of trigger jobs. It requests as many jobs as the
 * subscriber with the highest demand needs.
 */
export function pipelineResource(ref: PipelineRef): Resource<PipelineState> {
  return {
    key: `pipeline ${ref.project}/${ref.id}`,
    topic: `pipeline/${ref.id}`,
    project: ref.project,
    open: ({ hold }) => ({
      async read(gitlab, before, maxJobs) {
        const read = await readBoth(gitlab, ref, { before, maxJobs });
        hold('jobs', rowsOf(read.rows).length);
        return compare(read, { before, maxJobs });
      },
      activity: ({ pipeline, rows }) =>
        isContradictory(pipeline, rows) ? 'active' : activityOf(pipeline.status),
      // GitLab has no webhooks for trigger jobs.
      hasUnannouncedActivity: ({ rows }) => rows.bridges.some(isActiveBridge),
      webhookFingerprint: ({ pipeline, rows }) =>
        JSON.stringify([pipeline.status, ...rows.jobs.map(({ id, status }) => [id, status])]),
    }),
  };
}

/**
 * A cache of events, so that subscribers can share them. The first key is the new state. The second
 * key is the `round` of the state that the subscriber received last.
 */
const newsOf = new WeakMap<PipelineState, Map<number, PipelineNews>>();
const MAX_KNOWN_NEWS = 8;

function toNews({ pipeline, rows, entries }: PipelineState, since: number): PipelineNews {
  let changed: Promise<readonly AnyJob[]> | undefined;
  const find = async () => {
    const { attempts } = await buildBoard(rows);
    const byId = new Map(attempts.map((job) => [String(job.id), job]));
    return [...entries].flatMap(([id, { round }]) => {
      const job = round > since ? byId.get(id) : undefined;
      return job && !job.retried ? [job] : [];
    });
  };
  return {
    pipeline,
    rows,
    changedJobs() {
      changed ??= find();
      return changed;
    },
  };
}

/**
 * Returns what has changed since the state with the round `since`. Subscribers with an equal
 * `since` share one object, as long as it is cached: at most MAX_KNOWN_NEWS per state.
 */
function newsSince(state: PipelineState, since: number): PipelineNews {
  const known = newsOf.get(state) ?? new Map<number, PipelineNews>();
  const existing = known.get(since);
  if (existing) return existing;
  const news = toNews(state, since);
  if (known.size === MAX_KNOWN_NEWS) known.clear();
  newsOf.set(state, known.set(since, news));
  return news;
}

/**
 * Creates a view that returns what has changed since the subscriber's last event. Skips a state
 * that lacks jobs because it was read for subscribers that need fewer than `maxJobs` jobs.
 */
export function pipelineView(maxJobs: number): View<PipelineState, PipelineNews> {
  let sentRound = 0;
  return (state) => {
    if (state.round <= sentRound || !coversRows(state.rows, maxJobs)) return undefined;
    const news = newsSince(state, sentRound);
    sentRound = state.round;
    return news;
  };
}
