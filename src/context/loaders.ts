import DataLoader from 'dataloader';
import type {
  ArtifactsRef,
  Gitlab,
  JobRef,
  PipelineFilter,
  PipelineRef,
} from '../gitlab/client.ts';
import { nullIfNotFound } from '../gitlab/errors.ts';
import {
  type ListFilter,
  type OffsetList,
  offsetList,
  projectJobList,
  type RowList,
} from '../gitlab/lists/job-list.ts';
import {
  type JobOutcome,
  type Outcomes,
  projectNumberOf,
  readJob,
  readJobs,
} from '../gitlab/lists/jobs-by-id.ts';
import { MAX_PER_PAGE } from '../gitlab/lists/page-request.ts';
import type { Page } from '../gitlab/pagination.ts';
import type {
  Bridge,
  Job,
  ListedPipeline,
  RestAllowedAgents,
  RestPipeline,
  RestProject,
  RestTestReportSummary,
} from '../gitlab/rows.ts';
import { isComplete } from '../pipeline/derived.ts';
import { type FailureFacts, findFailure } from '../trace/failure-log.ts';
import { type KeptLog, keepLog } from '../trace/kept-log.ts';
import type { OperationLogs } from '../trace/log-budget.ts';
import { keepEnd, type LogEnd } from '../trace/log-end.ts';
import { groupBy } from '../util/collections.ts';
import { pauseIfSliceIsOver } from '../util/event-loop.ts';
import { readStart, type StreamStart } from '../util/streams.ts';
import { createBoards } from './boards.ts';

/*
 * The reads from GitLab of one operation. `endpoints` below has one entry per kind of read, usually
 * a GET endpoint of GitLab. To add a read, add an entry: it becomes a method of `Loaders` with the
 * same name.
 */

interface BridgeRef extends JobRef {
  pipeline: string;
}

/** Names the log of a failed job, and how much of it to read. */
interface FailureLogRef extends JobRef {
  /** Size of the log in bytes; undefined if it is not known. */
  size: number | undefined;
  /**
   * Number of bytes to read from the end of the log; 'all' reads what the GraphQL field `trace`
   * returns.
   */
  contextBytes: number | 'all';
}

/** What the log of a failed job shows about the failure, and how much of the log was kept. */
export interface FailureLog extends FailureFacts {
  bytesRead: number;
  /** Whether the whole log was kept. */
  whole: boolean;
  /**
   * Whether lines are numbered from the beginning of the log. If not, they are numbered from the
   * beginning of the part that was kept.
   */
  isNumbered: boolean;
}

/**
 * Names a file in the archive of a job's artifacts. Only the beginning of the file is read, at most
 * `maxBytes`.
 */
interface ArtifactStartRef extends ArtifactsRef {
  maxBytes: number;
}

/** How long a cache between client and gateway, such as a router's, may keep the response. */
export interface Freshness {
  /** In seconds. */
  maxAge: number;
}

/*
 * How long caches may keep a response is derived from the rows in it, because GitLab always sends
 * `max-age=0`. A finished job changes seldom, for example if it is erased. A running job may change
 * at any time.
 */
const CHANGING_SECONDS = 2;
const SETTLED_SECONDS = 60;

/** Creates the freshness of a response: 60 s at first. Each read may shorten it. */
export const createFreshness = (): Freshness => ({ maxAge: SETTLED_SECONDS });

/**
 * Limits the validity of the response to `seconds`, for example because it contains a running job.
 */
export function limitMaxAge(freshness: Freshness, seconds: number): void {
  freshness.maxAge = Math.min(freshness.maxAge, seconds);
}

const maxAgeIf = (isSettled: boolean) => (isSettled ? SETTLED_SECONDS : CHANGING_SECONDS);

const isFinished = (row: { status?: string | null | undefined } | null | undefined) =>
  isComplete(row?.status);

function maxAgeOfJob(job: Job | Bridge | null): number {
  const pipeline = job?.pipeline;
  const downstream = job && 'downstream_pipeline' in job ? job.downstream_pipeline : null;
  return maxAgeIf(
    isFinished(job) &&
      (!pipeline || isFinished(pipeline)) &&
      (!downstream || isFinished(downstream)),
  );
}

/**
 * Maps the numeric id of a project to the path by which it was read, so that reads by id and by
 * path share one cache key.
 */
class ProjectAliases {
  readonly #pathByNumber = new Map<string, string>();

  resolve(project: string): string {
    return this.#pathByNumber.get(project) ?? project;
  }

  keyOf({ project, id }: JobRef | PipelineRef): string {
    return `${this.resolve(project)}/${id}`;
  }

  learn(requested: string, projectNumber: string): void {
    if (requested === projectNumber || this.#pathByNumber.has(projectNumber)) return;
    this.#pathByNumber.set(projectNumber, requested);
  }
}

/**
 * The state that the reads of one operation share. It is a class, because the methods of a class
 * are created once, not once per operation.
 */
class Operation {
  readonly gitlab: Gitlab;
  readonly logs: OperationLogs;
  readonly freshness: Freshness;
  readonly aliases = new ProjectAliases();
  readonly #caches = new Map<object, Map<string, unknown>>();
  #jobs: DataLoader<JobRef, Job | null, string> | undefined;

  constructor(gitlab: Gitlab, logs: OperationLogs, freshness: Freshness) {
    this.gitlab = gitlab;
    this.logs = logs;
    this.freshness = freshness;
  }

  get jobs(): DataLoader<JobRef, Job | null, string> {
    this.#jobs ??= new DataLoader((refs) => readJobBatch(refs, this), {
      cacheKeyFn: (ref) => this.aliases.keyOf(ref),
    });
    return this.#jobs;
  }

  /**
   * Returns the value that is cached for an endpoint and a key. Calls `create` at the first use.
   */
  cached<Value>(endpoint: object, key: string, create: () => Value): Value {
    const cache = this.#cacheOf(endpoint);
    const value = (cache.get(key) as Value | undefined) ?? create();
    cache.set(key, value);
    return value;
  }

  #cacheOf(endpoint: object): Map<string, unknown> {
    const cache = this.#caches.get(endpoint) ?? new Map<string, unknown>();
    this.#caches.set(endpoint, cache);
    return cache;
  }

  /**
   * Returns the numeric id and the current full path of a project, as far as GitLab's earlier
   * responses to the caller's credential contained them. `path` is the path that the caller used,
   * which may be a former path of the project. Undefined if nothing is known. Makes no call.
   */
  findProject(path: string) {
    return this.gitlab.findProject(path);
  }

  /** Caches a job that another response contained. */
  prime(job: Job): void {
    const ref = { project: job.project_id, id: String(job.id) };
    this.jobs.clear(ref).prime(ref, job);
  }

  primePipeline(ref: PipelineRef, pipeline: RestPipeline): void {
    this.#cacheOf(pipelineEndpoint).set(this.aliases.keyOf(ref), Promise.resolve(pipeline));
  }

  /** Removes all cached rows, because a mutation may have changed them. */
  clear(): void {
    this.#caches.clear();
    this.#jobs = undefined;
  }
}

/** An endpoint that returns one row. */
interface RowEndpoint<Ref, Row> {
  read(ref: Ref, operation: Operation): Promise<Row>;
  /** Reads with equal keys share one call. */
  key(ref: Ref, aliases: ProjectAliases): string;
  /** How long the row stays valid, in seconds. `row` is null if GitLab answered 404. */
  maxAge(row: Row | null): number;
}

async function readRow<Ref, Row>(
  { read, maxAge }: RowEndpoint<Ref, Row>,
  ref: Ref,
  operation: Operation,
): Promise<Row | null> {
  const row = await nullIfNotFound(read(ref, operation));
  limitMaxAge(operation.freshness, maxAge(row));
  return row;
}

/** Returns a loader of single rows. The loader resolves with null if GitLab answers 404. */
const rowLoader =
  <Ref, Row>(endpoint: RowEndpoint<Ref, Row>) =>
  (operation: Operation, ref: Ref): Promise<Row | null> =>
    operation.cached(endpoint, endpoint.key(ref, operation.aliases), () =>
      readRow(endpoint, ref, operation),
    );

/** An endpoint that returns pages of rows. */
interface ListEndpoint<Ref, List, Filter> {
  open(ref: Ref, filter: Filter, operation: Operation): List;
  key(ref: Ref, aliases: ProjectAliases): string;
}

/**
 * Returns a loader of lists. Equal lists share their pages. Any list may grow at any time, so the
 * response is valid only briefly.
 */
const listLoader =
  <Ref, List, Filter = ListFilter>(endpoint: ListEndpoint<Ref, List, Filter>) =>
  (operation: Operation, ref: Ref, filter: Filter): List => {
    limitMaxAge(operation.freshness, CHANGING_SECONDS);
    const key = JSON.stringify([endpoint.key(ref, operation.aliases), filter]);
    return operation.cached(endpoint, key, () => endpoint.open(ref, filter, operation));
  };

const keyOfRef = (ref: JobRef | PipelineRef, aliases: ProjectAliases) => aliases.keyOf(ref);
const keyOfProject = (project: string, aliases: ProjectAliases) => aliases.resolve(project);

function toPipelineQuery({ statuses, includeRetried }: ListFilter) {
  return { scope: statuses ?? [], ...(includeRetried && { includeRetried }) };
}

const pipelineEndpoint: RowEndpoint<PipelineRef, RestPipeline> = {
  async read(ref, { gitlab, aliases }) {
    const pipeline = await gitlab.getPipeline(ref);
    if (pipeline.project_id) aliases.learn(ref.project, String(pipeline.project_id));
    return pipeline;
  },
  key: keyOfRef,
  maxAge: (pipeline) => maxAgeIf(isFinished(pipeline)),
};

/**
 * Waits for a page of a pipeline's rows. Remembers the numeric id of the project, which each row
 * contains.
 */
async function learnFrom<Row extends Job | Bridge>(
  reading: Promise<Page<Row>>,
  { project }: PipelineRef,
  aliases: ProjectAliases,
): Promise<Page<Row>> {
  const page = await reading;
  if (page.items[0]) aliases.learn(project, page.items[0].project_id);
  return page;
}

const pipelineBridges = listLoader<PipelineRef, OffsetList<Bridge>>({
  open: (ref, filter, { gitlab, aliases }) =>
    offsetList((page) =>
      learnFrom(gitlab.listPipelineBridges(ref, toPipelineQuery(filter), page), ref, aliases),
    ),
  key: keyOfRef,
});

const pipelineJobs = listLoader<PipelineRef, OffsetList<Job>>({
  open: (ref, filter, { gitlab, aliases }) =>
    offsetList((page) =>
      learnFrom(gitlab.listPipelineJobs(ref, toPipelineQuery(filter), page), ref, aliases),
    ),
  key: keyOfRef,
});

/**
 * Opens a log or another file. Counts it against the memory budget of logs until the operation
 * ends.
 */
async function openCounted<Stream>(
  { logs }: Operation,
  open: () => Promise<Stream>,
): Promise<Stream> {
  logs.open();
  try {
    return await open();
  } catch (error) {
    logs.close();
    throw error;
  }
}

const openTrace = (operation: Operation, ref: JobRef, byteOffset = 0) =>
  openCounted(operation, () =>
    operation.gitlab.openJobTrace(ref, byteOffset > 0 ? { byteOffset } : {}),
  );

const trace = rowLoader<JobRef, KeptLog>({
  async read(ref, operation) {
    const { body } = await openTrace(operation, ref);
    return keepLog(body, { maxBytes: operation.logs.limitPerLog(), pause: pauseIfSliceIsOver });
  },
  key: keyOfRef,
  maxAge: () => CHANGING_SECONDS,
});

/**
 * Reads a log from byte `offset` on, or from its beginning if the server ignores the offset. Keeps
 * the last `maxBytes` of it. If the log has become shorter than `offset`, for example because it
 * was erased, the response is empty. Then the log is read from its beginning.
 */
async function readEnd(
  operation: Operation,
  ref: JobRef,
  { offset, maxBytes }: { offset: number; maxBytes: number },
): Promise<LogEnd> {
  const { body } = await openTrace(operation, ref, offset);
  const end = await keepEnd(body, {
    offset,
    maxBytes: Math.min(maxBytes, operation.logs.limitPerLog()),
    pause: pauseIfSliceIsOver,
  });
  const isGone = offset > 0 && end.keptBytes === 0;
  return isGone ? readEnd(operation, ref, { offset: 0, maxBytes }) : end;
}

const failureLog = rowLoader<FailureLogRef, FailureLog | null>({
  async read({ size = 0, contextBytes, ...ref }, operation) {
    if (contextBytes === 'all') {
      const log = await trace(operation, ref);
      if (!log) return null;
      const facts = await findFailure(await log.parsed(), pauseIfSliceIsOver);
      return { ...facts, bytesRead: log.keptBytes, whole: !log.truncated, isNumbered: true };
    }
    const offset = Math.max(0, size - contextBytes);
    const end = await readEnd(operation, ref, { offset, maxBytes: contextBytes });
    const facts = await findFailure(await end.parsed(), pauseIfSliceIsOver);
    return { ...facts, bytesRead: end.keptBytes, whole: end.whole, isNumbered: end.whole };
  },
  key: keyOfRef,
  maxAge: () => CHANGING_SECONDS,
});

const endpoints = {
  /** Jobs that are requested in the same tick may share calls (jobs-by-id-plan.ts). */
  job: ({ jobs }: Operation, ref: JobRef) => jobs.load(ref),
  /**
   * Reads the pipeline's list of trigger jobs: GitLab has no endpoint for a single one (upstream.md
   * §2.4).
   */
  bridge: rowLoader<BridgeRef, Bridge | null>({
    read: ({ project, pipeline, id }, operation) =>
      findBridge(pipelineBridges(operation, { project, id: pipeline }, {}), id),
    key: (ref, aliases) => `${aliases.keyOf(ref)}/${ref.pipeline}`,
    maxAge: maxAgeOfJob,
  }),
  trace,
  failureLog,
  artifactStart: rowLoader<ArtifactStartRef, StreamStart>({
    async read({ maxBytes, ...ref }, operation) {
      const { gitlab, logs } = operation;
      const { body } = await openCounted(operation, () => gitlab.openArtifacts(ref));
      return readStart(body, Math.min(maxBytes, logs.limitPerLog()));
    },
    key: ({ path, maxBytes, ...ref }, aliases) =>
      JSON.stringify([aliases.keyOf(ref), path, maxBytes]),
    maxAge: (start) => maxAgeIf(start !== null),
  }),
  testSummary: rowLoader<PipelineRef, RestTestReportSummary>({
    read: (ref, { gitlab }) => gitlab.getTestReportSummary(ref),
    key: keyOfRef,
    maxAge: () => CHANGING_SECONDS,
  }),
  pipeline: rowLoader(pipelineEndpoint),
  project: rowLoader<string, RestProject>({
    async read(project, { gitlab, aliases }) {
      const found = await gitlab.getProject(project);
      aliases.learn(project, String(found.id));
      return found;
    },
    key: keyOfProject,
    maxAge: (project) => maxAgeIf(project !== null),
  }),
  currentJob: rowLoader<void, Job>({
    read: (_, { gitlab }) => gitlab.getCurrentJob(),
    key: () => '',
    maxAge: maxAgeOfJob,
  }),
  allowedAgents: rowLoader<void, RestAllowedAgents>({
    read: (_, { gitlab }) => gitlab.getAllowedAgents(),
    key: () => '',
    maxAge: () => SETTLED_SECONDS,
  }),
  projectJobs: listLoader<string, RowList<Job>>({
    open: (project, filter, { gitlab }) => projectJobList(gitlab, project, filter),
    key: keyOfProject,
  }),
  pipelineJobs,
  pipelineBridges,
  projectPipelines: listLoader<string, RowList<ListedPipeline>, PipelineFilter>({
    open: (project, filter, { gitlab }) =>
      offsetList((page) => gitlab.listProjectPipelines(project, filter, page)),
    key: keyOfProject,
  }),
  /**
   * Returns the boards of a pipeline (see `Boards`), without a call. Their methods read the
   * pipeline's lists of jobs and of trigger jobs.
   */
  boards: (operation: Operation, ref: PipelineRef) =>
    operation.cached(createBoards, operation.aliases.keyOf(ref), () =>
      createBoards({
        jobs: (page) => pipelineJobs(operation, ref, { includeRetried: true }).readPage(page),
        bridges: (page) => pipelineBridges(operation, ref, {}).readPage(page),
      }),
    ),
};

async function readJobsOfProject(
  project: string,
  ids: readonly string[],
  { gitlab, aliases }: Operation,
): Promise<Outcomes> {
  const [id = ''] = ids;
  // If only one job is requested, it is read by its id. Exception: a job token may only list jobs
  // (upstream.md §8).
  const isSingle = ids.length === 1 && gitlab.credential.kind !== 'job-token';
  const outcomes = isSingle
    ? new Map([[id, await readJob(gitlab, { project, id })]])
    : await readJobs(gitlab, project, ids);
  const projectNumber = projectNumberOf(outcomes);
  if (projectNumber) aliases.learn(project, projectNumber);
  return outcomes;
}

async function readJobBatch(refs: readonly JobRef[], operation: Operation): Promise<JobOutcome[]> {
  const resolved = refs.map(({ project, id }) => ({
    project: operation.aliases.resolve(project),
    id,
  }));
  const outcomes = new Map<string, Outcomes>();
  await Promise.all(
    [...groupBy(resolved, ({ project }) => project)].map(async ([project, jobs]) => {
      const ids = jobs.map(({ id }) => id);
      outcomes.set(project, await readJobsOfProject(project, ids, operation));
    }),
  );
  return resolved.map(({ project, id }) => {
    const job = outcomes.get(project)?.get(id) ?? null;
    if (!(job instanceof Error)) limitMaxAge(operation.freshness, maxAgeOfJob(job));
    return job;
  });
}

/**
 * Finds a trigger job in its pipeline's list; null if the list does not contain it. The list is
 * sorted newest first. So the page after a cursor row with the id `id + 1` begins with the trigger
 * job.
 */
async function findBridge(bridges: RowList<Bridge>, id: string): Promise<Bridge | null> {
  const { rows } = await bridges.read({
    direction: 'older',
    count: MAX_PER_PAGE,
    needsHasNext: false,
    needsHasPrevious: false,
    cursorRow: { id: String(BigInt(id) + 1n), index: 0 },
  });
  return rows.find((bridge) => String(bridge.id) === id) ?? null;
}

type Endpoints = typeof endpoints;

/**
 * The loaders of one operation: one method per entry of `endpoints`. Equal reads share one call.
 */
export type Loaders = {
  [Name in keyof Endpoints]: Endpoints[Name] extends (
    operation: Operation,
    ...args: infer Args
  ) => infer Result
    ? (...args: Args) => Result
    : never;
} & Pick<Operation, 'findProject' | 'prime' | 'primePipeline' | 'clear'>;

for (const [name, load] of Object.entries(endpoints)) {
  Object.defineProperty(Operation.prototype, name, {
    value(this: Operation, ref: never, filter: never) {
      return load(this, ref, filter);
    },
  });
}

export function createLoaders(gitlab: Gitlab, logs: OperationLogs, freshness: Freshness): Loaders {
  return new Operation(gitlab, logs, freshness) as Operation & Loaders;
}
