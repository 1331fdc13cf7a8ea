import DataLoader from 'dataloader';
import type { JobOutcome } from './gitlab/by-id/read-jobs.ts';
import { projectNumberOf, readJobsOfProjects } from './gitlab/by-id/read-jobs-of-projects.ts';
import type { Gitlab, JobRef, PipelineRef } from './gitlab/client.ts';
import { isKeysetUnsupported, isNotFound } from './gitlab/errors.ts';
import { readKeysetList } from './gitlab/lists/keyset-list.ts';
import { MAX_PER_PAGE, type Slice, type Want } from './gitlab/lists/list.ts';
import { countRows, readOffsetList } from './gitlab/lists/offset-list.ts';
import type { KeysetRequest, OffsetRequest, Page, PageRequest } from './gitlab/pagination.ts';
import type { Bridge, Job, RestAllowedAgents, RestPipeline, RestProject } from './gitlab/rest.ts';
import { type KeptLog, keepLog } from './trace/kept-log.ts';
import type { OperationLogs } from './trace/log-room.ts';

/** Which rows of a list are wanted; statuses in GitLab's spelling. */
export interface ListFilter {
  statuses?: readonly string[] | undefined;
  ref?: string | undefined;
  includeRetried?: boolean | undefined;
}

/** A list of jobs, whichever way GitLab pages it. Both reads throw what the client throws, 404 included. */
export interface RowList<Row> {
  /** Whether a read brings the total along, so that counting costs no call of its own. */
  readonly countsAlong: boolean;
  read(want: Want): Promise<Slice<Row>>;
  /** How many rows there are, at one row's cost or none; null where GitLab does not count. */
  count(): Promise<number | null>;
}

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

/** A loader that is made when it is first used: an operation uses one or two of them. */
interface LazyLoader<Key, Value> {
  load(key: Key): Promise<Value>;
  /** Puts a value in the place of what is known. */
  set(key: Key, value: Value): void;
  clear(): void;
}

function lazily<Key, Value>(make: () => DataLoader<Key, Value, string>): LazyLoader<Key, Value> {
  let made: DataLoader<Key, Value, string> | undefined;
  const loader = () => {
    made ??= make();
    return made;
  };
  return {
    load: (key) => loader().load(key),
    set: (key, value) => void loader().clear(key).prime(key, value),
    clear: () => void made?.clearAll(),
  };
}

/** A DataLoader over single reads: equal keys are one call, a 404 is null, one failure fails one key. */
function onceEach<Key, Value>(read: (key: Key) => Promise<Value>, keyOf: (key: Key) => string) {
  const readOrNull = (key: Key) =>
    read(key).catch((error: Error) => (isNotFound(error) ? null : error));
  const readAll = (keys: readonly Key[]) => Promise.all(keys.map(readOrNull));
  return lazily(() => new DataLoader<Key, Value | null, string>(readAll, { cacheKeyFn: keyOf }));
}

/** Pages of one list, each read once in an operation. */
function pagesOnce<Row, Request extends PageRequest>(read: (page: Request) => Promise<Page<Row>>) {
  const pages = new Map<string, Promise<Page<Row>>>();
  return (page: Request): Promise<Page<Row>> => {
    const key = JSON.stringify(page);
    const known = pages.get(key) ?? read(page);
    pages.set(key, known);
    return known;
  };
}

/**
 * A project's jobs: by key where the server can (GitLab 15.9 and later), by place where it answers 405 or takes no cursor
 * of ours.
 */
function projectJobList(gitlab: Gitlab, project: string, filter: ListFilter): RowList<Job> {
  const { server } = gitlab;
  const byPlaceOnly = () => server.keyset === false || server.builtCursors === false;
  const query = { scope: filter.statuses ?? [], ref: filter.ref };
  const byKey = pagesOnce((page: KeysetRequest) => gitlab.listProjectJobs(project, query, page));
  const byPlace = pagesOnce((page: OffsetRequest) => gitlab.listProjectJobs(project, query, page));
  return {
    get countsAlong() {
      return byPlaceOnly();
    },
    async read(want) {
      if (byPlaceOnly()) return readOffsetList(byPlace, want);
      try {
        return await readKeysetList(byKey, want);
      } catch (error) {
        if (!isKeysetUnsupported(error)) throw error;
        server.keyset = false;
        return readOffsetList(byPlace, want);
      }
    },
    // A server that sends cursor headers (19.x) never counts this list, upstream.md §4.1.
    count: () => (server.cursorHeaders ? Promise.resolve(null) : countRows(byPlace)),
  };
}

function offsetList<Row extends { id: number | string }>(
  read: (page: OffsetRequest) => Promise<Page<Row>>,
): RowList<Row> {
  const fetch = pagesOnce(read);
  return {
    countsAlong: true,
    read: (want) => readOffsetList(fetch, want),
    count: () => countRows(fetch),
  };
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
  async function readAll(refs: readonly JobRef[]): Promise<JobOutcome[]> {
    const wanted = new Map<string, string[]>();
    const keyed = refs.map(({ project, id }) => ({ project: names.of(project), id }));
    for (const { project, id } of keyed) wanted.set(project, [...(wanted.get(project) ?? []), id]);
    const read = await readJobsOfProjects(gitlab, wanted);
    for (const [project, jobs] of read) {
      const number = projectNumberOf(jobs);
      if (number) names.learn(project, number);
    }
    return keyed.map(({ project, id }) => read.get(project)?.get(id) ?? null);
  }
  return lazily(
    () => new DataLoader<JobRef, Job | null, string>(readAll, { cacheKeyFn: names.keyOf }),
  );
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
    clear() {
      jobLists.clear();
      bridgeLists.clear();
    },
  };
}

function toPipelineQuery({ statuses, includeRetried }: ListFilter) {
  return { scope: statuses ?? [], ...(includeRetried && { includeRetried }) };
}

/** Finds a trigger job in its pipeline's list, by the page that must have it. */
async function findBridge(list: RowList<Bridge>, id: string): Promise<Bridge | null> {
  const anchor = { id: String(BigInt(id) + 1n), index: 0 };
  const want = { direction: 'older', count: MAX_PER_PAGE, beyond: false, behind: false } as const;
  const { rows } = await list.read({ ...want, anchor });
  return rows.find((row) => String(row.id) === id) ?? null;
}

/** Makes the loaders of one operation, which keeps its logs where it is told. Nothing in them outlives it. */
export function createLoaders(gitlab: Gitlab, logs: OperationLogs): Loaders {
  const names = createProjectNames();
  const lists = createLists(gitlab, names);
  const jobs = jobsById(gitlab, names);
  const traces = onceEach(async (ref: JobRef) => {
    logs.open();
    const { body } = await gitlab.openJobTrace(ref);
    return keepLog(body, logs.share());
  }, names.keyOf);
  const current = onceEach(() => gitlab.getCurrentJob(), String);
  const agents = onceEach(() => gitlab.getAllowedAgents(), String);
  const bridges = onceEach(
    ({ id, ...pipeline }: BridgeRef) =>
      findBridge(lists.pipelineBridges({ ...pipeline, id: pipeline.pipeline }, {}), id),
    (ref) => `${names.keyOf(ref)}/${ref.pipeline}`,
  );
  const pipelines = onceEach(async (ref: PipelineRef) => {
    const pipeline = await gitlab.getPipeline(ref);
    if (pipeline.project_id) names.learn(ref.project, String(pipeline.project_id));
    return pipeline;
  }, names.keyOf);
  const projects = onceEach(async (project: string) => {
    const row = await gitlab.getProject(project);
    names.learn(project, String(row.id));
    return row;
  }, names.of);

  return {
    ...lists,
    job: (ref) => jobs.load(ref),
    bridge: (ref) => bridges.load(ref),
    trace: (ref) => traces.load(ref),
    pipeline: (ref) => pipelines.load(ref),
    project: (project) => projects.load(project),
    currentJob: () => current.load('job'),
    allowedAgents: () => agents.load('agents'),
    prime: (job) => jobs.set({ project: job.project_id, id: String(job.id) }, job),
    primePipeline: pipelines.set,
    clear() {
      for (const loader of [jobs, bridges, traces, pipelines, projects, current, agents]) {
        loader.clear();
      }
      lists.clear();
    },
  };
}
