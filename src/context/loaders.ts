import DataLoader from 'dataloader';
import type { Gitlab, JobRef, PipelineRef } from '../gitlab/client.ts';
import { isNotFound } from '../gitlab/errors.ts';
import {
  type JobOutcome,
  type Outcomes,
  projectNumberOf,
  readJobs,
} from '../gitlab/lists/jobs-by-id.ts';
import { MAX_PER_PAGE } from '../gitlab/lists/page-request.ts';
import type { Bridge, Job, RestAllowedAgents, RestPipeline, RestProject } from '../gitlab/rows.ts';
import { type KeptLog, keepLog } from '../trace/kept-log.ts';
import type { OperationLogs } from '../trace/log-budget.ts';
import { type ListFilter, offsetList, projectJobList, type RowList } from './job-list.ts';

/** A trigger job of a pipeline of a project. */
export interface BridgeRef extends JobRef {
  pipeline: string;
}

/**
 * What one operation has read: one loader per GET endpoint of GitLab, so that equal reads anywhere
 * in an operation are one call. A read by id is null where GitLab answers 404.
 */
export interface Loaders {
  job(ref: JobRef): Promise<Job | null>;
  /** A trigger job, out of its pipeline's list: GitLab has no read of one (upstream.md §2.4). */
  bridge(ref: BridgeRef): Promise<Bridge | null>;
  trace(ref: JobRef): Promise<KeptLog | null>;
  pipeline(ref: PipelineRef): Promise<RestPipeline | null>;
  project(project: string): Promise<RestProject | null>;
  currentJob(): Promise<Job | null>;
  allowedAgents(): Promise<RestAllowedAgents | null>;
  projectJobs(project: string, filter: ListFilter): RowList<Job>;
  pipelineJobs(pipeline: PipelineRef, filter: ListFilter): RowList<Job>;
  pipelineBridges(pipeline: PipelineRef, filter: ListFilter): RowList<Bridge>;
  /** Keeps a job that came with another answer. */
  prime(job: Job): void;
  /** The same for a pipeline that was read by itself. */
  primePipeline(ref: PipelineRef, pipeline: RestPipeline): void;
  /** Forgets everything: after a mutation nothing read before it holds. */
  clear(): void;
}

/** A DataLoader over single reads: equal keys are one call, a 404 is null, one failure fails one key. */
function onceEach<Key, Value>(read: (key: Key) => Promise<Value>, keyOf: (key: Key) => string) {
  const readOrNull = (key: Key) =>
    read(key).catch((error: Error) => (isNotFound(error) ? null : error));
  const readAll = (keys: readonly Key[]) => Promise.all(keys.map(readOrNull));
  return new DataLoader<Key, Value | null, string>(readAll, { cacheKeyFn: keyOf });
}

/** The names one project was called by in an operation: its path and its number become one key. */
function createProjectNames() {
  const first = new Map<string, string>();
  const of = (project: string) => first.get(project) ?? project;
  return {
    of,
    keyOf: ({ project, id }: JobRef | PipelineRef) => `${of(project)}/${id}`,
    learn(asked: string, numeric: string) {
      if (asked !== numeric && !first.has(numeric)) first.set(numeric, asked);
    },
  };
}

type ProjectNames = ReturnType<typeof createProjectNames>;

/** Jobs by id: all of one project in a batch become as few calls as their ids take. */
function jobsById(gitlab: Gitlab, names: ProjectNames) {
  /** What needs no plan. */
  async function readOne(ref: JobRef): Promise<JobOutcome> {
    try {
      const job = await gitlab.getJob(ref);
      names.learn(ref.project, job.project_id);
      return job;
    } catch (error) {
      return isNotFound(error) ? null : (error as Error);
    }
  }
  async function readAll(refs: readonly JobRef[]): Promise<JobOutcome[]> {
    const [only] = refs;
    if (only && refs.length === 1 && gitlab.credential.kind !== 'job-token') {
      return [await readOne({ project: names.of(only.project), id: only.id })];
    }
    const wanted = new Map<string, string[]>();
    const keyed = refs.map(({ project, id }) => ({ project: names.of(project), id }));
    for (const { project, id } of keyed) wanted.set(project, [...(wanted.get(project) ?? []), id]);
    const read = new Map<string, Outcomes>();
    const readProject = async (project: string, ids: readonly string[]) => {
      const jobs = await readJobs(gitlab, project, ids);
      read.set(project, jobs);
      const number = projectNumberOf(jobs);
      if (number) names.learn(project, number);
    };
    await Promise.all([...wanted].map(([project, ids]) => readProject(project, ids)));
    return keyed.map(({ project, id }) => read.get(project)?.get(id) ?? null);
  }
  return new DataLoader<JobRef, Job | null, string>(readAll, { cacheKeyFn: names.keyOf });
}

/** The lists of one operation: the same one asked for twice is one list, and so are its pages. */
function createLists(gitlab: Gitlab, names: ProjectNames) {
  const jobLists = new Map<string, RowList<Job>>();
  const bridgeLists = new Map<string, RowList<Bridge>>();
  function once<Row>(lists: Map<string, RowList<Row>>, key: unknown[], make: () => RowList<Row>) {
    const name = JSON.stringify(key);
    const list = lists.get(name) ?? make();
    lists.set(name, list);
    return list;
  }
  return {
    projectJobs: (project: string, filter: ListFilter) =>
      once(jobLists, ['project', names.of(project), filter], () =>
        projectJobList(gitlab, project, filter),
      ),
    pipelineJobs: (pipeline: PipelineRef, filter: ListFilter) =>
      once(jobLists, ['pipeline', names.keyOf(pipeline), filter], () =>
        offsetList((page) => gitlab.listPipelineJobs(pipeline, toPipelineQuery(filter), page)),
      ),
    pipelineBridges: (pipeline: PipelineRef, filter: ListFilter) =>
      once(bridgeLists, [names.keyOf(pipeline), filter], () =>
        offsetList((page) => gitlab.listPipelineBridges(pipeline, toPipelineQuery(filter), page)),
      ),
  };
}

function toPipelineQuery({ statuses, includeRetried }: ListFilter) {
  return { scope: statuses ?? [], ...(includeRetried && { includeRetried }) };
}

/** Finds a trigger job in its pipeline's list, by the page that must have it. */
async function findBridge(list: RowList<Bridge>, id: string): Promise<Bridge | null> {
  const anchor = { id: String(BigInt(id) + 1n), index: 0 };
  const want = {
    direction: 'older',
    count: MAX_PER_PAGE,
    needsHasNext: false,
    needsHasPrevious: false,
  } as const;
  const { rows } = await list.read({ ...want, cursorRow: anchor });
  return rows.find((row) => String(row.id) === id) ?? null;
}

/** What is read one by one: each thing once. */
function createSingles(
  gitlab: Gitlab,
  names: ProjectNames,
  from: { logs: OperationLogs; bridges(pipeline: PipelineRef): RowList<Bridge> },
) {
  const readTrace = async (ref: JobRef) => {
    from.logs.open();
    const { body } = await gitlab.openJobTrace(ref);
    return keepLog(body, from.logs.limitPerLog());
  };
  const readBridge = ({ project, pipeline, id }: BridgeRef) =>
    findBridge(from.bridges({ project, id: pipeline }), id);
  const readPipeline = async (ref: PipelineRef) => {
    const pipeline = await gitlab.getPipeline(ref);
    if (pipeline.project_id) names.learn(ref.project, String(pipeline.project_id));
    return pipeline;
  };
  const readProject = async (project: string) => {
    const row = await gitlab.getProject(project);
    names.learn(project, String(row.id));
    return row;
  };
  return {
    traces: onceEach(readTrace, names.keyOf),
    bridges: onceEach(readBridge, (ref: BridgeRef) => `${names.keyOf(ref)}/${ref.pipeline}`),
    pipelines: onceEach(readPipeline, names.keyOf),
    projects: onceEach(readProject, names.of),
    current: onceEach((_: string) => gitlab.getCurrentJob(), String),
    agents: onceEach((_: string) => gitlab.getAllowedAgents(), String),
  };
}

/** A class, since each operation makes one and uses little of it: what it does not use is not made. */
class OperationLoaders implements Loaders {
  readonly #gitlab: Gitlab;
  readonly #logs: OperationLogs;
  readonly #names = createProjectNames();
  #lists: ReturnType<typeof createLists> | undefined;
  #jobs: ReturnType<typeof jobsById> | undefined;
  #singles: ReturnType<typeof createSingles> | undefined;

  constructor(gitlab: Gitlab, logs: OperationLogs) {
    this.#gitlab = gitlab;
    this.#logs = logs;
  }

  get #rows() {
    this.#lists ??= createLists(this.#gitlab, this.#names);
    return this.#lists;
  }

  get #byId() {
    this.#jobs ??= jobsById(this.#gitlab, this.#names);
    return this.#jobs;
  }

  get #each() {
    this.#singles ??= createSingles(this.#gitlab, this.#names, {
      logs: this.#logs,
      bridges: (pipeline) => this.pipelineBridges(pipeline, {}),
    });
    return this.#singles;
  }

  job(ref: JobRef) {
    return this.#byId.load(ref);
  }

  bridge(ref: BridgeRef) {
    return this.#each.bridges.load(ref);
  }

  trace(ref: JobRef) {
    return this.#each.traces.load(ref);
  }

  pipeline(ref: PipelineRef) {
    return this.#each.pipelines.load(ref);
  }

  project(project: string) {
    return this.#each.projects.load(project);
  }

  currentJob() {
    return this.#each.current.load('job');
  }

  allowedAgents() {
    return this.#each.agents.load('agents');
  }

  projectJobs(project: string, filter: ListFilter) {
    return this.#rows.projectJobs(project, filter);
  }

  pipelineJobs(pipeline: PipelineRef, filter: ListFilter) {
    return this.#rows.pipelineJobs(pipeline, filter);
  }

  pipelineBridges(pipeline: PipelineRef, filter: ListFilter) {
    return this.#rows.pipelineBridges(pipeline, filter);
  }

  prime(job: Job) {
    const ref = { project: job.project_id, id: String(job.id) };
    this.#byId.clear(ref).prime(ref, job);
  }

  primePipeline(ref: PipelineRef, pipeline: RestPipeline) {
    this.#each.pipelines.clear(ref).prime(ref, pipeline);
  }

  clear() {
    this.#lists = undefined;
    this.#jobs = undefined;
    this.#singles = undefined;
  }
}

/** Makes the loaders of one operation, which keeps its logs where it is told. Nothing in them outlives it. */
export function createLoaders(gitlab: Gitlab, logs: OperationLogs): Loaders {
  return new OperationLoaders(gitlab, logs);
}
