import type { DashboardQuery, DashboardUpdatesSubscription } from '../../generated/graphql.ts';

type Update = DashboardUpdatesSubscription['jobsUpdated'];
/** A job in the list of newest jobs. */
export type LiveJob = Update['changedJobs'][number];
/** A project that cannot be read, and why. */
export type Unread = Update['unread'][number];
type Project = NonNullable<DashboardQuery['projects'][number]>;
type ReadPipeline = NonNullable<Project['pipelines']>['nodes'][number];
/** A pipeline on a tile (the card of a project), without its jobs. */
export type TilePipeline = Omit<ReadPipeline, 'jobs'>;
/** A job on a tile. */
export type TileJob = ReadPipeline['jobs'] extends { nodes: (infer J)[] } | null ? J : never;

/** The jobs and pipelines that updates have reported so far. `unread` is from the latest update. */
export interface Live {
  /** Newest first. */
  jobs: LiveJob[];
  /** Pipelines by id. */
  pipelines: Map<string, TilePipeline>;
  unread: Unread[];
}

/** Maximum jobs to keep, for the tiles and for the list of newest jobs. */
const MAX_JOBS = 2_000;

/** Compares as BigInt, because ids have 64 bits, more than a number holds exactly. */
const isNewer = (a: { databaseId: string }, b: { databaseId: string }) =>
  BigInt(a.databaseId) > BigInt(b.databaseId);

const newestFirst = (a: LiveJob, b: LiveJob) => (isNewer(a, b) ? -1 : 1);

/** Returns `before` with the jobs and pipelines of an update. */
export function addUpdate(before: Live | undefined, { changedJobs, unread }: Update): Live {
  const jobs = new Map(before?.jobs.map((job) => [job.databaseId, job]));
  const pipelines = new Map(before?.pipelines);
  for (const job of changedJobs) {
    jobs.set(job.databaseId, job);
    if (job.pipeline) pipelines.set(job.pipeline.databaseId, job.pipeline);
  }
  return { jobs: [...jobs.values()].sort(newestFirst).slice(0, MAX_JOBS), pipelines, unread };
}

/** What a tile shows: the newest pipeline of a project and its jobs. */
export interface Tile {
  pipeline: TilePipeline | undefined;
  /** The newest attempt of each job. */
  jobs: TileJob[];
  /** Whether the pipeline has more jobs than were read. */
  hasMore: boolean;
}

/** Returns the newest attempt of each job. Attempts of one job have the same name. */
function newestAttempts(jobs: readonly TileJob[]): TileJob[] {
  const byName = new Map<string | null, TileJob>();
  for (const job of jobs) {
    const other = byName.get(job.name);
    if (!other || !isNewer(other, job)) byName.set(job.name, job);
  }
  return [...byName.values()];
}

/**
 * Whether GitLab's list of pipelines of the branch `ref` would contain the job's pipeline. The list
 * has no child pipelines. An empty `ref` means all branches.
 */
const isListed = ({ pipeline }: LiveJob, ref: string) =>
  pipeline?.source !== 'parent_pipeline' && (ref === '' || pipeline?.ref === ref);

/** Returns the tile of a project from the query's data and the updates since. */
export function tileOf(
  { fullPath, pipelines }: Project,
  live: Live | undefined,
  ref: string,
): Tile {
  const read = pipelines?.nodes[0];
  const reported =
    live?.jobs.filter((job) => job.project.fullPath === fullPath && isListed(job, ref)) ?? [];
  const candidates = reported.flatMap(({ pipeline }) => pipeline ?? []);
  const newest = candidates.reduce<TilePipeline | undefined>(
    (best, each) => (best && !isNewer(each, best) ? best : each),
    read,
  );
  const id = newest?.databaseId;
  const readJobs = read?.databaseId === id ? read?.jobs : undefined;
  const jobs = [
    ...(readJobs?.nodes ?? []),
    ...reported.filter(({ pipeline }) => pipeline?.databaseId === id),
  ];
  return {
    pipeline: (id && live?.pipelines.get(id)) || newest,
    jobs: newestAttempts(jobs),
    hasMore: readJobs?.pageInfo.hasNextPage ?? false,
  };
}
