import type { Gitlab, PipelineRef } from '../gitlab/client.ts';
import { readOffsetList } from '../gitlab/lists/offset-list.ts';
import type { WithId } from '../gitlab/lists/page-request.ts';
import type { OffsetRequest, Page } from '../gitlab/pagination.ts';
import type { Bridge, Job, RestPipeline } from '../gitlab/rows.ts';
import { fingerprint } from './job.ts';
import type { Resource } from './poll.ts';
import { activityOf } from './poll-interval.ts';
import type { View } from './subscriber.ts';

type Row = Job | Bridge;

/** A pipeline and its jobs, with the round in which each changed last. */
interface PipelineState {
  pipeline: RestPipeline;
  /** The number of reads that found a change. */
  round: number;
  /** By id, newest first, trigger jobs last. */
  jobs: ReadonlyMap<string, { job: Row; round: number }>;
}

/** The current pipeline, and the jobs that changed since the subscriber's last event. */
export interface PipelineNews {
  pipeline: RestPipeline;
  changedJobs: Row[];
}

/** The number of jobs to request: more than any pipeline has. */
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
 * Reads all jobs of a pipeline. GitLab creates them with the pipeline, so a pipeline without
 * trigger jobs never gets any: then their list is not read again.
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

/** Whether a list of jobs is older than the end of its pipeline: some of them are still running. */
const isOutdated = (jobs: Row[]) =>
  jobs.some(({ status }) => !isFinished(status) && !['manual', 'created'].includes(status));

/** Reads the pipeline and its jobs concurrently; reads the jobs again if the pipeline ended in between. */
async function readBoth(gitlab: Gitlab, ref: PipelineRef, before: PipelineState | undefined) {
  const [pipeline, jobs] = await Promise.all([
    gitlab.getPipeline(ref),
    readJobs(gitlab, ref, before),
  ]);
  const mustReread = isFinished(pipeline.status) && isOutdated(jobs);
  return { pipeline, jobs: mustReread ? await readJobs(gitlab, ref, before) : jobs };
}

/** Change fingerprint of a pipeline without its jobs. Excludes the durations of an unfinished one. */
function pipelineFingerprint({ user, duration, queued_duration, ...own }: RestPipeline): string {
  const durations = own.finished_at ? { duration, queued_duration } : {};
  return JSON.stringify({ ...own, ...durations, user: user?.id });
}

/**
 * Change fingerprint of a job in the pipeline. Excludes the embedded pipeline, but not the
 * downstream pipeline of a trigger job.
 */
function jobFingerprint(job: Row): string {
  const { pipeline, ...own } = job;
  return fingerprint(own as Row);
}

function compare(
  before: PipelineState | undefined,
  { pipeline, jobs }: Awaited<ReturnType<typeof readBoth>>,
): PipelineState {
  const round = (before?.round ?? 0) + 1;
  const entries = jobs.map((job) => {
    const known = before?.jobs.get(String(job.id));
    const isUnchanged = known !== undefined && jobFingerprint(known.job) === jobFingerprint(job);
    return [String(job.id), isUnchanged ? known : { job, round }] as const;
  });
  const isUnchanged =
    before !== undefined &&
    entries.every(([, entry]) => entry.round < round) &&
    pipelineFingerprint(before.pipeline) === pipelineFingerprint(pipeline);
  return isUnchanged ? before : { pipeline, round, jobs: new Map(entries) };
}

/** Whether a trigger job or its downstream pipeline is active. */
function isActiveBridge(job: Row): boolean {
  const statuses =
    'downstream_pipeline' in job ? [job.status, job.downstream_pipeline?.status] : [];
  return statuses.some((status) => activityOf(status ?? 'created') === 'active');
}

/** A pipeline and its jobs: each read is one call for the pipeline and one per page of each list. */
export function pipelineResource(ref: PipelineRef): Resource<PipelineState> {
  return {
    key: `pipeline ${ref.project}/${ref.id}`,
    topic: `pipeline/${ref.id}`,
    project: ref.project,
    open: () => ({
      read: async (gitlab, before) => compare(before, await readBoth(gitlab, ref, before)),
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

/** A view that returns the jobs that changed since the subscriber's last event. */
export function pipelineView(): View<PipelineState, PipelineNews> {
  let sentRound = 0;
  return ({ pipeline, round, jobs }) => {
    if (round <= sentRound) return undefined;
    const changed = [...jobs.values()].filter((entry) => entry.round > sentRound);
    sentRound = round;
    return { pipeline, changedJobs: changed.map(({ job }) => job) };
  };
}
