import type { Bridge, Job } from './gitlab/rest.ts';
import type { Loaders, RowList } from './loaders.ts';

/*
 * How long an answer may be taken for true by the caller's own cache, such as a router's. GitLab says
 * nothing of use (`max-age=0`, always), but what was read tells: what has ended changes no more,
 * unless somebody erases it; what runs changes any second.
 */

/** In seconds. A page that shows a running job asks about that often anyway. */
const MOVING = 2;
/** In seconds. An erased job may be seen whole for so long, and a project under its old name. */
const SETTLED = 60;

/** Statuses that a job or pipeline does not leave by itself; a retry makes another job. */
const ENDED: ReadonlySet<unknown> = new Set(['success', 'failed', 'canceled', 'skipped']);

/** How fresh one operation's answer is: as fresh as the part of it that changes first. */
export interface Freshness {
  /** In seconds; 0 for an answer that is true for this moment only. */
  readonly maxAge: number;
  /** Something was read that holds no longer than this. */
  limit(seconds: number): void;
}

/** Starts with an answer that GitLab was not asked for. */
export function createFreshness(): Freshness {
  let maxAge = SETTLED;
  return {
    get maxAge() {
      return maxAge;
    },
    limit(seconds) {
      maxAge = Math.min(maxAge, seconds);
    },
  };
}

function hasEnded(row: Job | Bridge): boolean {
  const downstream = 'downstream_pipeline' in row ? row.downstream_pipeline : null;
  const all = [row, row.pipeline, downstream].filter((part) => part != null);
  return all.every(({ status }) => ENDED.has(status));
}

/** The same loaders, which tell the freshness of what they read. */
export function watchFreshness(loaders: Loaders, { limit }: Freshness): Loaders {
  function seen<Row extends Job | Bridge>(row: Row | null): Row | null {
    if (!row || !hasEnded(row)) limit(MOVING);
    return row;
  }
  // Any list may have one more at any time.
  const moving = <Row>(list: RowList<Row>): RowList<Row> => {
    limit(MOVING);
    return list;
  };
  return {
    ...loaders,
    job: async (ref) => seen(await loaders.job(ref)),
    bridge: async (ref) => seen(await loaders.bridge(ref)),
    currentJob: async () => seen(await loaders.currentJob()),
    trace(ref) {
      limit(MOVING);
      return loaders.trace(ref);
    },
    async pipeline(ref) {
      const pipeline = await loaders.pipeline(ref);
      if (!ENDED.has(pipeline?.status)) limit(MOVING);
      return pipeline;
    },
    async project(name) {
      const project = await loaders.project(name);
      if (!project) limit(MOVING);
      return project;
    },
    projectJobs: (project, filter) => moving(loaders.projectJobs(project, filter)),
    pipelineJobs: (pipeline, filter) => moving(loaders.pipelineJobs(pipeline, filter)),
    pipelineBridges: (pipeline, filter) => moving(loaders.pipelineBridges(pipeline, filter)),
  };
}
