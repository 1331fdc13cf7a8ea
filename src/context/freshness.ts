import type { JobRef, PipelineRef } from '../gitlab/client.ts';
import type { Bridge, Job, RestPipeline } from '../gitlab/rows.ts';
import type { ListFilter, RowList } from './job-list.ts';
import type { BridgeRef, Loaders } from './loaders.ts';

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
  // A plain member: each operation makes one, and V8 keeps literals with getters for old.
  const freshness = {
    maxAge: SETTLED,
    limit(seconds: number) {
      freshness.maxAge = Math.min(freshness.maxAge, seconds);
    },
  };
  return freshness;
}

function hasEnded(row: Job | Bridge): boolean {
  if (!ENDED.has(row.status) || (row.pipeline && !ENDED.has(row.pipeline.status))) return false;
  const downstream = 'downstream_pipeline' in row ? row.downstream_pipeline : null;
  return !downstream || ENDED.has(downstream.status);
}

/** A class, since each operation makes one: its methods are made once. */
class WatchedLoaders implements Loaders {
  readonly #loaders: Loaders;
  readonly #freshness: Freshness;

  constructor(loaders: Loaders, freshness: Freshness) {
    this.#loaders = loaders;
    this.#freshness = freshness;
  }

  async job(ref: JobRef) {
    return this.#seen(await this.#loaders.job(ref));
  }

  async bridge(ref: BridgeRef) {
    return this.#seen(await this.#loaders.bridge(ref));
  }

  async currentJob() {
    return this.#seen(await this.#loaders.currentJob());
  }

  trace(ref: JobRef) {
    this.#freshness.limit(MOVING);
    return this.#loaders.trace(ref);
  }

  async pipeline(ref: PipelineRef) {
    const pipeline = await this.#loaders.pipeline(ref);
    if (!ENDED.has(pipeline?.status)) this.#freshness.limit(MOVING);
    return pipeline;
  }

  async project(name: string) {
    const project = await this.#loaders.project(name);
    if (!project) this.#freshness.limit(MOVING);
    return project;
  }

  allowedAgents() {
    return this.#loaders.allowedAgents();
  }

  projectJobs(project: string, filter: ListFilter) {
    return this.#moving(this.#loaders.projectJobs(project, filter));
  }

  pipelineJobs(pipeline: PipelineRef, filter: ListFilter) {
    return this.#moving(this.#loaders.pipelineJobs(pipeline, filter));
  }

  pipelineBridges(pipeline: PipelineRef, filter: ListFilter) {
    return this.#moving(this.#loaders.pipelineBridges(pipeline, filter));
  }

  prime(job: Job) {
    this.#loaders.prime(job);
  }

  primePipeline(ref: PipelineRef, pipeline: RestPipeline) {
    this.#loaders.primePipeline(ref, pipeline);
  }

  clear() {
    this.#loaders.clear();
  }

  #seen<Row extends Job | Bridge>(row: Row | null): Row | null {
    if (!row || !hasEnded(row)) this.#freshness.limit(MOVING);
    return row;
  }

  /** Any list may have one more at any time. */
  #moving<Row>(list: RowList<Row>): RowList<Row> {
    this.#freshness.limit(MOVING);
    return list;
  }
}

/** The same loaders, which tell the freshness of what they read. */
export function watchFreshness(loaders: Loaders, freshness: Freshness): Loaders {
  return new WatchedLoaders(loaders, freshness);
}
