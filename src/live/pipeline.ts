import { createHash } from 'node:crypto';
import type { Gitlab, PipelineRef } from '../gitlab/client.ts';
import { readOffsetList } from '../gitlab/lists/offset-list.ts';
import type { WithId } from '../gitlab/lists/page-request.ts';
import type { OffsetRequest, Page } from '../gitlab/pagination.ts';
import type { Bridge, Job, RestPipeline } from '../gitlab/rows.ts';
import { shareEventLoop } from '../util/event-loop.ts';
import { fingerprint } from './job.ts';
import type { Resource } from './poll.ts';
import { activityOf } from './poll-interval.ts';
import type { View } from './subscriber.ts';

type Row = Job | Bridge;

interface JobEntry {
  readonly job: Row;
  readonly hash: string;
  /** Value of `PipelineState.round` when the job last changed. */
  readonly round: number;
}

/** A pipeline and its jobs. */
interface PipelineState {
  pipeline: RestPipeline;
  /** Number of reads so far that found a change. */
  round: number;
  /** The jobs by id: newest first, and trigger jobs last. */
  jobs: ReadonlyMap<string, JobEntry>;
}

/** The current pipeline, and the jobs that changed since the subscriber's last event. */
export interface PipelineNews {
  pipeline: RestPipeline;
  changedJobs: Row[];
}

/** Number of jobs to request: more than any pipeline has. */
const ALL = 100_000;

async function readAll<R extends WithId>(fetch: (page: OffsetRequest) => Promise<Page<R>>) {
  const request = {
    direction: 'older',
    count: ALL,
    needsHasNext: false,
    needsHasPrevious: false,
  } as const;
  return (await readOffsetList(fetch, request)).rows;
}

/**
 * Reads all jobs of a pipeline. GitLab creates them together with the pipeline, so if it has no
 * trigger jobs at first, it never gets any, and their list is not read again.
 */
async function readJobs(
  gitlab: Gitlab,
  ref: PipelineRef,
  before: PipelineState | undefined,
): Promise<Row[]> {
  const known = [...(before?.jobs.values() ?? [])];
  const hasNoBridges = known.length > 0 && known.every(({ job }) => job.kind === 'BUILD');
  const [jobs, bridges] = await Promise.all([
    readAll((page) => gitlab.listPipelineJobs(ref, {}, page)),
    hasNoBridges ? [] : readAll((page) => gitlab.listPipelineBridges(ref, {}, page)),
  ]);
  return [...jobs, ...bridges];
}

const isFinished = (status: string | null | undefined) => activityOf(status) === 'finished';

/**
 * Whether a list of jobs was read before its pipeline ended: some of its jobs are still running.
 */
const isOutdated = (jobs: Row[]) =>
  jobs.some(({ status }) => !isFinished(status) && !['manual', 'created'].includes(status));

/**
 * Reads the pipeline and its jobs concurrently. Reads the jobs again if the pipeline ended
 * meanwhile.
 */
async function readBoth(gitlab: Gitlab, ref: PipelineRef, before: PipelineState | undefined) {
  const [pipeline, jobs] = await Promise.all([
    gitlab.getPipeline(ref),
    readJobs(gitlab, ref, before),
  ]);
  const mustReread = isFinished(pipeline.status) && isOutdated(jobs);
  return { pipeline, jobs: mustReread ? await readJobs(gitlab, ref, before) : jobs };
}

/**
 * Change fingerprint of a pipeline without its jobs. Excludes durations until the pipeline is
 * finished.
 */
function pipelineFingerprint({ user, duration, queued_duration, ...own }: RestPipeline): string {
  const durations = own.finished_at ? { duration, queued_duration } : {};
  return JSON.stringify({ ...own, ...durations, user: user?.id });
}

/**
 * Hash of the change fingerprint of a job. Excludes the pipeline embedded in it, but includes the
 * downstream pipeline of a trigger job.
 */
function hashOf(job: Row): string {
  const { pipeline, ...own } = job;
  return createHash('sha256')
    .update(fingerprint(own as Row))
    .digest('base64');
}

/** Returns the known entry of a job that has not changed, otherwise a new one. */
function toEntry(known: JobEntry | undefined, job: Row, round: number): JobEntry {
  // After a 304, the ETag cache returns the same row objects.
  if (known?.job === job) return known;
  const hash = hashOf(job);
  return known?.hash === hash ? known : { job, hash, round };
}

/** Number of jobs to compare before other work may run. Each takes about 10 µs. */
const JOBS_PER_SLICE = 100;

async function compare(
  before: PipelineState | undefined,
  { pipeline, jobs: rows }: Awaited<ReturnType<typeof readBoth>>,
): Promise<PipelineState> {
  const round = (before?.round ?? 0) + 1;
  const jobs = new Map<string, JobEntry>();
  let isChanged =
    before === undefined || pipelineFingerprint(before.pipeline) !== pipelineFingerprint(pipeline);
  for (const [index, job] of rows.entries()) {
    if (index % JOBS_PER_SLICE === 0) await shareEventLoop();
    const id = String(job.id);
    const entry = toEntry(before?.jobs.get(id), job, round);
    jobs.set(id, entry);
    isChanged ||= entry.round === round;
  }
  return before && !isChanged ? before : { pipeline, round, jobs };
}

/** Whether a trigger job or its downstream pipeline is active. */
function isActiveBridge(job: Row): boolean {
  const statuses =
    'downstream_pipeline' in job ? [job.status, job.downstream_pipeline?.status] : [];
  return statuses.some((status) => activityOf(status ?? 'created') === 'active');
}

/**
 * A pipeline and its jobs. Each read makes one call for the pipeline and one per page of jobs and
 * of trigger jobs.
 */
export function pipelineResource(ref: PipelineRef): Resource<PipelineState> {
  return {
    key: `pipeline ${ref.project}/${ref.id}`,
    topic: `pipeline/${ref.id}`,
    project: ref.project,
    open: ({ hold }) => ({
      async read(gitlab, before) {
        const read = await readBoth(gitlab, ref, before);
        hold('jobs', read.jobs.length);
        return compare(before, read);
      },
      activity: ({ pipeline }) => activityOf(pipeline.status),
      // GitLab has no webhooks for trigger jobs.
      hasUnannouncedActivity: ({ jobs }) =>
        [...jobs.values()].some(({ job }) => isActiveBridge(job)),
      webhookFingerprint: ({ pipeline, jobs }) =>
        JSON.stringify([
          pipeline.status,
          ...[...jobs.values()].map(({ job }) => job.kind === 'BUILD' && [job.id, job.status]),
        ]),
    }),
  };
}

/**
 * The news of a state, by the last round that a subscriber has received. Subscribers share them.
 */
const newsOf = new WeakMap<PipelineState, Map<number, PipelineNews>>();
const MAX_KNOWN_NEWS = 8;

/**
 * Returns the jobs that changed after round `since`: one object for all subscribers of that round.
 */
function newsSince(state: PipelineState, since: number): PipelineNews {
  const known = newsOf.get(state) ?? new Map<number, PipelineNews>();
  const existing = known.get(since);
  if (existing) return existing;
  const changed = [...state.jobs.values()].filter(({ round }) => round > since);
  const news = { pipeline: state.pipeline, changedJobs: changed.map(({ job }) => job) };
  if (known.size === MAX_KNOWN_NEWS) known.clear();
  newsOf.set(state, known.set(since, news));
  return news;
}

/** Creates a view that returns the jobs that changed since the subscriber's last event. */
export function pipelineView(): View<PipelineState, PipelineNews> {
  let sentRound = 0;
  return (state) => {
    if (state.round <= sentRound) return undefined;
    const news = newsSince(state, sentRound);
    sentRound = state.round;
    return news;
  };
}
