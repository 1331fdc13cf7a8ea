import DataLoader from 'dataloader';
import type { Gitlab, JobRef, PipelineRef } from './gitlab/client.ts';
import { isKeysetUnsupported, isNotFound } from './gitlab/errors.ts';
import { readKeysetList } from './gitlab/keyset-list.ts';
import { MAX_PER_PAGE, type Slice, type Want } from './gitlab/list.ts';
import { countRows, readOffsetList } from './gitlab/offset-list.ts';
import type { KeysetRequest, OffsetRequest, Page, PageRequest } from './gitlab/pagination.ts';
import { type JobOutcome, type Outcomes, readJobs } from './gitlab/read-jobs.ts';
import type { Bridge, Job, RestAllowedAgents, RestPipeline, RestProject } from './gitlab/rest.ts';

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

/**
 * What one operation has read: one loader per GET endpoint of GitLab, so that equal reads anywhere
 * in an operation are one call. A read by id is null where GitLab answers 404.
 */
export interface Loaders {
  job(ref: JobRef): Promise<Job | null>;
  /** A trigger job, out of its pipeline's list: GitLab has no read of one (gitlab-jobs-api §2.4). */
  bridge(ref: PipelineRef, id: string): Promise<Bridge | null>;
  trace(ref: JobRef): Promise<Buffer | null>;
  pipeline(ref: PipelineRef): Promise<RestPipeline | null>;
  project(project: string): Promise<RestProject | null>;
  currentJob(): Promise<Job | null>;
  allowedAgents(): Promise<RestAllowedAgents | null>;
  projectJobs(project: string, filter: ListFilter): RowList<Job>;
  pipelineJobs(pipeline: PipelineRef, filter: ListFilter): RowList<Job>;
  pipelineBridges(pipeline: PipelineRef, filter: ListFilter): RowList<Bridge>;
  /** Keeps a job that came with another answer. */
  prime(job: Job): void;
  /** Forgets everything: after a mutation nothing read before it holds. */
  clear(): void;
}

/** A DataLoader over single reads: equal keys are one call, a 404 is null, one failure fails one key. */
function onceEach<Key, Value>(read: (key: Key) => Promise<Value>, keyOf: (key: Key) => string) {
  const readOrNull = (key: Key) =>
    read(key).catch((error: Error) => (isNotFound(error) ? null : error));
  return new DataLoader<Key, Value | null, string>((keys) => Promise.all(keys.map(readOrNull)), {
    cacheKeyFn: keyOf,
  });
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

/** A project's jobs: by key where the server can (GitLab 15.9 and later), by place where it answers 405. */
function projectJobList(gitlab: Gitlab, project: string, filter: ListFilter): RowList<Job> {
  const { server } = gitlab;
  const query = { scope: filter.statuses ?? [], ref: filter.ref };
  const byKey = pagesOnce((page: KeysetRequest) => gitlab.listProjectJobs(project, query, page));
  const byPlace = pagesOnce((page: OffsetRequest) => gitlab.listProjectJobs(project, query, page));
  return {
    get countsAlong() {
      return server.keyset === false;
    },
    async read(want) {
      if (server.keyset === false) return readOffsetList(byPlace, want);
      try {
        return await readKeysetList(byKey, want);
      } catch (error) {
        if (!isKeysetUnsupported(error)) throw error;
        server.keyset = false;
        return readOffsetList(byPlace, want);
      }
    },
    // A server that sends cursor headers (19.x) never counts this list, gitlab-jobs-api §4.1.
    count: () => (server.cursorHeaders ? Promise.resolve(null) : countRows(byPlace)),
  };
}

function offsetList<Row extends { id: number | string }>(
  read: (page: OffsetRequest) => Promise<Page<Row>>,
): RowList<Row> {
  const fetch = pagesOnce(read);
  return { countsAlong: true, read: (want) => readOffsetList(fetch, want), count: () => countRows(fetch) };
}

/** The names one project was called by in an operation: its path and its number become one key. */
function createProjectNames() {
  const first = new Map<string, string>();
  return {
    of: (project: string) => first.get(project) ?? project,
    learn(asked: string, numeric: string) {
      if (asked !== numeric && !first.has(numeric)) first.set(numeric, asked);
    },
  };
}

/** Makes the loaders of one operation. Nothing in them outlives it. */
export function createLoaders(gitlab: Gitlab): Loaders {
  const names = createProjectNames();
  const key = ({ project, id }: JobRef | PipelineRef) => `${names.of(project)}/${id}`;
  const lists = new Map<string, RowList<Job> | RowList<Bridge>>();

  /** Jobs of one project, in as few calls as their ids take. */
  async function getJobsOf(project: string, ids: string[]): Promise<Outcomes> {
    const jobs = await readJobs(gitlab, project, ids);
    for (const job of jobs.values()) {
      if (job && 'project_id' in job) names.learn(project, job.project_id);
    }
    return jobs;
  }
  async function getJobs(refs: readonly JobRef[]): Promise<JobOutcome[]> {
    const wanted = new Map<string, string[]>();
    const keyed = refs.map(({ project, id }) => ({ project: names.of(project), id }));
    for (const { project, id } of keyed) wanted.set(project, [...(wanted.get(project) ?? []), id]);
    const reads = [...wanted].map(async ([project, ids]) => [project, await getJobsOf(project, ids)] as const);
    const read = new Map(await Promise.all(reads));
    return keyed.map(({ project, id }) => read.get(project)?.get(id) ?? null);
  }
  async function getPipeline(ref: PipelineRef): Promise<RestPipeline> {
    const pipeline = await gitlab.getPipeline(ref);
    if (pipeline.project_id) names.learn(ref.project, String(pipeline.project_id));
    return pipeline;
  }
  async function getProject(project: string): Promise<RestProject> {
    const row = await gitlab.getProject(project);
    names.learn(project, String(row.id));
    return row;
  }
  /** The same list asked for twice is one list, and so are its pages. */
  function once<List extends RowList<Job> | RowList<Bridge>>(name: string, make: () => List): List {
    const list = (lists.get(name) as List | undefined) ?? make();
    lists.set(name, list);
    return list;
  }

  function pipelineBridges(pipeline: PipelineRef, filter: ListFilter): RowList<Bridge> {
    return once(`bridges of ${key(pipeline)} ${JSON.stringify(filter)}`, () =>
      offsetList((page) => gitlab.listPipelineBridges(pipeline, toPipelineQuery(filter), page)),
    );
  }
  async function getBridge({ pipeline, id }: { pipeline: PipelineRef; id: string }): Promise<Bridge | null> {
    const anchor = { id: String(BigInt(id) + 1n), index: 0 };
    const want = { direction: 'older', count: MAX_PER_PAGE, beyond: false, behind: false } as const;
    const { rows } = await pipelineBridges(pipeline, {}).read({ ...want, anchor });
    return rows.find((row) => String(row.id) === id) ?? null;
  }

  const jobs = new DataLoader<JobRef, Job | null, string>(getJobs, { cacheKeyFn: key });
  const bridges = onceEach(getBridge, ({ pipeline, id }) => `${key(pipeline)}/${id}`);
  const traces = onceEach((ref: JobRef) => gitlab.getJobTrace(ref), key);
  const pipelines = onceEach(getPipeline, key);
  const projects = onceEach(getProject, (project) => names.of(project));
  const current = onceEach(() => gitlab.getCurrentJob(), String);
  const agents = onceEach(() => gitlab.getAllowedAgents(), String);

  return {
    job: (ref) => jobs.load(ref),
    bridge: (pipeline, id) => bridges.load({ pipeline, id }),
    trace: (ref) => traces.load(ref),
    pipeline: (ref) => pipelines.load(ref),
    project: (project) => projects.load(project),
    currentJob: () => current.load('job'),
    allowedAgents: () => agents.load('agents'),
    projectJobs: (project, filter) =>
      once(`jobs of ${names.of(project)} ${JSON.stringify(filter)}`, () =>
        projectJobList(gitlab, project, filter),
      ),
    pipelineJobs: (pipeline, filter) =>
      once(`jobs of ${key(pipeline)} in a pipeline ${JSON.stringify(filter)}`, () =>
        offsetList((page) => gitlab.listPipelineJobs(pipeline, toPipelineQuery(filter), page)),
      ),
    pipelineBridges,
    prime(job) {
      const ref = { project: job.project_id, id: String(job.id) };
      jobs.clear(ref).prime(ref, job);
    },
    clear() {
      for (const loader of [jobs, traces, pipelines]) loader.clearAll();
      bridges.clearAll();
      projects.clearAll();
      current.clearAll();
      agents.clearAll();
      lists.clear();
    },
  };
}

function toPipelineQuery({ statuses, includeRetried }: ListFilter) {
  return { scope: statuses ?? [], ...(includeRetried && { includeRetried }) };
}
