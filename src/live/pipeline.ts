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

/** A pipeline and its jobs, and when each was seen to change. */
export interface PipelineState {
  pipeline: RestPipeline;
  /** Counts the reads that found a change. */
  round: number;
  /** By id, newest first, trigger jobs last; with the round of the last change. */
  jobs: ReadonlyMap<string, { job: Row; round: number }>;
}

/** What a subscriber is told: the pipeline as it is, and the jobs that changed since it was told last. */
export interface PipelineNews {
  pipeline: RestPipeline;
  changedJobs: Row[];
}

/** More than any pipeline has; a page has 100. */
const ALL = 100_000;

async function readAll<R extends WithId>(fetch: (page: OffsetRequest) => Promise<Page<R>>) {
  const want = {
    direction: 'older',
    count: ALL,
    needsHasNext: false,
    needsHasPrevious: false,
  } as const;
  return (await readOffsetList(fetch, want)).rows;
}

/** The jobs of a pipeline. GitLab makes all of them with it, so where it has no trigger job none will come. */
async function readJobs(
  gitlab: Gitlab,
  ref: PipelineRef,
  before: PipelineState | undefined,
): Promise<Row[]> {
  const known = [...(before?.jobs.values() ?? [])];
  const hasNoBridge = known.length > 0 && known.every(({ job }) => job.kind === 'BUILD');
  const [jobs, bridges] = await Promise.all([
    readAll((page) => gitlab.listPipelineJobs(ref, {}, page)),
    hasNoBridge ? [] : readAll((page) => gitlab.listPipelineBridges(ref, {}, page)),
  ]);
  return [...jobs, ...bridges];
}

const isOver = (status: string | null | undefined) => activityOf(status) === 'done';

/** Whether a list is older than the end of its pipeline: jobs that still run then cannot be. */
const isOutdated = (jobs: Row[]) =>
  jobs.some(({ status }) => !isOver(status) && !['manual', 'created'].includes(status));

/** Reads the pipeline beside its jobs; once more those if it ended in between. */
async function readBoth(gitlab: Gitlab, ref: PipelineRef, before: PipelineState | undefined) {
  const [pipeline, jobs] = await Promise.all([
    gitlab.getPipeline(ref),
    readJobs(gitlab, ref, before),
  ]);
  const again = isOver(pipeline.status) && isOutdated(jobs);
  return { pipeline, jobs: again ? await readJobs(gitlab, ref, before) : jobs };
}

/** What of a pipeline itself counts as a change; its clocks do once they stand still. */
function pipelineEssence({ user, duration, queued_duration, ...own }: RestPipeline): string {
  const times = own.finished_at ? { duration, queued_duration } : {};
  return JSON.stringify({ ...own, ...times, user: user?.id });
}

/** The downstream pipeline's own changes are a trigger job's too; a pipeline's changes are no job's. */
function jobEssence(job: Row): string {
  const { pipeline, ...own } = job;
  return fingerprint(own as Row);
}

function compare(
  before: PipelineState | undefined,
  { pipeline, jobs }: { pipeline: RestPipeline; jobs: Row[] },
): PipelineState {
  const round = (before?.round ?? 0) + 1;
  const entries = jobs.map((job) => {
    const known = before?.jobs.get(String(job.id));
    const isSame = known !== undefined && jobEssence(known.job) === jobEssence(job);
    return [String(job.id), isSame ? known : { job, round }] as const;
  });
  const isSame =
    before !== undefined &&
    entries.every(([, entry]) => entry.round < round) &&
    pipelineEssence(before.pipeline) === pipelineEssence(pipeline);
  return isSame ? before : { pipeline, round, jobs: new Map(entries) };
}

/** Whether it is a trigger job that moves, or whose pipeline elsewhere does. */
function isTriggering(job: Row): boolean {
  const statuses =
    'downstream_pipeline' in job ? [job.status, job.downstream_pipeline?.status] : [];
  return statuses.some((status) => activityOf(status ?? 'created') === 'quick');
}

/** A pipeline with its jobs as they change: a call for itself and one for each list, side by side. */
export function pipelineResource(ref: PipelineRef): Resource<PipelineState> {
  return {
    key: `pipeline ${ref.project}/${ref.id}`,
    topic: `pipeline/${ref.id}`,
    project: ref.project,
    open: () => ({
      read: async (gitlab, before) => compare(before, await readBoth(gitlab, ref, before)),
      activity: ({ pipeline }) => activityOf(pipeline.status),
      // There are no hooks for trigger jobs.
      isUnheard: ({ jobs }) => [...jobs.values()].some(({ job }) => isTriggering(job)),
      announced: ({ pipeline, jobs }) =>
        JSON.stringify([
          pipeline.status,
          ...[...jobs.values()].map(({ job }) => job.kind === 'BUILD' && [job.id, job.status]),
        ]),
    }),
  };
}

/** Tells each viewer of the jobs that are news to it. */
export function pipelineView(): View<PipelineState, PipelineNews> {
  let told = 0;
  return ({ pipeline, round, jobs }) => {
    if (round <= told) return undefined;
    const news = [...jobs.values()].filter((entry) => entry.round > told);
    told = round;
    return { pipeline, changedJobs: news.map(({ job }) => job) };
  };
}
