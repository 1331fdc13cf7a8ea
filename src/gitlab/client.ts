/*
 * A client with methods for the REST endpoints of GitLab that the gateway calls for its callers.
 * Equal reads with one credential may return the same result object: do not modify it.
 */
import { setMaxListeners } from 'node:events';
import { Calls, type GitlabDeps } from './bind-caller.ts';
import { type Credential, latestOf } from './credential.ts';
import { endpoint, type Query, withFile } from './endpoint.ts';
import { createJobParser } from './job-json.ts';
import { parseExactRow } from './json-list.ts';
import { keysetEnvelope } from './lists/keyset-page.ts';
import { overTriggerJobs } from './lists/trigger-jobs.ts';
import {
  type KeysetRequest,
  type OffsetRequest,
  offsetEnvelope,
  type Page,
  type RestPageRequest,
  toPageQuery,
} from './pagination.ts';
import type { ProjectNumbers } from './project-numbers.ts';
import {
  type Identity,
  identifiedBy,
  type LazyRow,
  type ListRows,
  pipelineOf,
  type Row,
  readDated,
  readFile,
  readLazyList,
  readList,
  readOne,
  readStream,
  readText,
  shapeOf,
  withId,
} from './readers.ts';
import {
  type Bridge,
  type Job,
  type ListedPipeline,
  listedBridge,
  listedJob,
  restAllowedAgents,
  restBridge,
  restJob,
  restPipeline,
  restProject,
  restTestReportSummary,
} from './rows.ts';
import type { ServerCapabilities } from './server-capabilities.ts';

/** Names a job; `project` is the numeric id or the full path. */
export interface JobRef {
  project: string;
  id: string;
}

export type PipelineRef = JobRef;

/**
 * Names the archive of a job's artifacts or, with `path`, one file in the archive. `path` lists the
 * folder and file names from the root of the archive.
 */
export type ArtifactsRef = JobRef & { path?: readonly string[] | undefined };

/**
 * Names a job to change. `kind` is BRIDGE for a trigger job and BUILD for any other job. `pipeline`
 * is the id of the pipeline that contains a trigger job.
 */
export type WriteRef = JobRef & { kind: 'BUILD' | 'BRIDGE'; pipeline?: string | undefined };

/** A range of a log. GitLab before 19.0 returns the whole log. */
interface TracePart {
  byteOffset?: number | undefined;
  /** In bytes, from 1 to 512,000. */
  byteLimit?: number | undefined;
}

/**
 * Filters a list of jobs by GitLab's statuses. If `scope` is empty or undefined, all statuses
 * match.
 */
interface ScopeFilter {
  scope?: readonly string[] | undefined;
}

type ProjectJobFilter = ScopeFilter & { ref?: string | undefined };

/**
 * Filters a project's list of pipelines. An undefined filter is not applied. `status` is spelled as
 * in GitLab, `updatedAfter` is an ISO 8601 time.
 */
export interface PipelineFilter {
  status?: string | undefined;
  ref?: string | undefined;
  sha?: string | undefined;
  source?: string | undefined;
  updatedAfter?: string | undefined;
}

/** The jobs of one page whose ids were requested. */
export interface FoundJobs {
  /** By id, newest first. */
  readonly jobs: ReadonlyMap<string, Job>;
  /** The id of the last row of the page; undefined if the page is empty. */
  readonly lastId: number | string | undefined;
  readonly hasNext: Page<Job>['hasNext'];
}

type JobInputs = Record<string, unknown> | undefined;
type JobVariables = readonly { key: string; value: string }[] | undefined;

const build = (project?: string) => identifiedBy(restJob, { kind: 'BUILD', project });
const buildsOf = (identity: Omit<Identity, 'kind'>): ListRows<Job> => ({
  createParser: createJobParser,
  validate: identifiedBy(listedJob, { kind: 'BUILD', ...identity }),
});
const bridgesOf = (identity: Omit<Identity, 'kind'>): ListRows<Bridge> => ({
  createParser: createJobParser,
  validate: identifiedBy(listedBridge, { kind: 'BRIDGE', ...identity }),
});
const pipelinesOf = (project: string): ListRows<ListedPipeline> => ({
  createParser: () => parseExactRow,
  validate: pipelineOf(project),
});
/**
 * Validates the job that a write returns. Does not check its id, because a retry or play may return
 * a new job.
 */
const written = ({ project, kind, pipeline }: WriteRef): Row<Job | Bridge> =>
  kind === 'BUILD'
    ? build(project)
    : identifiedBy(restBridge, { kind: 'BRIDGE', project, pipeline });
const projectShape = (project: string) =>
  /^\d+$/.test(project) ? withId(shapeOf(restProject), project) : shapeOf(restProject);

const pipelineShape = (id: string) => withId(shapeOf(restPipeline), id);

const scopeOf = ({ scope }: ScopeFilter): Query => ({ 'scope[]': scope });

const projectJobsQuery = (filter: ProjectJobFilter, page: RestPageRequest): Query => ({
  ...scopeOf(filter),
  ref: filter.ref,
  ...toPageQuery(page),
});

const partOf = ({ byteOffset, byteLimit }: TracePart): Query => ({
  byte_offset: byteOffset,
  byte_limit: byteLimit,
});

/**
 * A client for one caller. Cheap: create one per request.
 *
 * Methods reject with GitlabError if there is no usable response. If the signal aborts a call, they
 * reject with the signal's reason. A write that is aborted before it is sent rejects with a
 * GitlabTimeoutError instead, whose `sent` is false. For an invalid id, methods reject and do not
 * throw.
 *
 * `Gitlab` is a class, because the methods of a class are created only once, not for each client.
 */
export class Gitlab {
  readonly credential: Credential;
  readonly server: ServerCapabilities;
  readonly #calls: Calls;
  readonly #projects: ProjectNumbers;

  constructor(deps: GitlabDeps) {
    // Hundreds of calls of one operation may listen to its signal. Node warns of a leak above ten
    // listeners.
    if (deps.signal) setMaxListeners(0, deps.signal);
    this.credential = deps.credential;
    this.server = deps.transport.server;
    this.#projects = deps.transport.projects;
    this.#calls = new Calls(deps);
  }

  /** Remembers the numeric id of a project that was requested by its path. */
  #learn(project: string, number: string | number | null | undefined): void {
    if (number == null) return;
    this.#projects.learn(latestOf(this.credential), project, { number: String(number) });
  }

  /**
   * Waits for a page of a project's rows. Remembers the project's numeric id if the first row
   * contains it.
   */
  async #page<Row extends { project_id: string }>(
    project: string,
    reading: Promise<Page<Row>>,
  ): Promise<Page<Row>> {
    const page = await reading;
    this.#learn(project, page.items[0]?.project_id);
    return page;
  }

  /**
   * Returns what earlier responses showed about a project that the caller requested by `path`.
   * Undefined if nothing is known. Makes no call.
   */
  findProject(path: string) {
    return this.#projects.find(latestOf(this.credential), path);
  }

  /**
   * Lists builds of a project, including retried ones, newest first (upstream.md §2.1). Servers
   * before 19.0 ignore `ref`.
   */
  async listProjectJobs(
    project: string,
    filter: ProjectJobFilter,
    page: RestPageRequest,
  ): Promise<Page<Job>> {
    if (page.kind === 'keyset')
      return this.#page(project, this.#allByKeyset(project, filter, page));
    const query = projectJobsQuery(filter, page);
    const read = readList(buildsOf({ project }), offsetEnvelope<Job>(page));
    return this.#page(
      project,
      this.#calls.get(endpoint`/projects/${project}/jobs`, read, { query }),
    );
  }

  /**
   * Finds builds of a project by id in one keyset page. Usually parses only the rows with these ids
   * and the last row, which saves most of the CPU time if the ids are few. Rejects if a row with
   * one of these ids is invalid.
   */
  async findProjectJobs(
    project: string,
    page: KeysetRequest,
    ids: ReadonlySet<string>,
  ): Promise<FoundJobs> {
    // With as many ids as the page may have rows, all rows are parsed.
    const wanted = ids.size < page.perPage ? ids : undefined;
    const { items, hasNext } = await this.#listByKeyset(project, {}, page, wanted);
    const jobs = new Map<string, Job>();
    for (const { id, read } of items) if (ids.has(String(id))) jobs.set(String(id), read());
    const [first] = jobs.values();
    this.#learn(project, first?.project_id);
    return { jobs, lastId: items.at(-1)?.id, hasNext };
  }

  async #allByKeyset(
    project: string,
    filter: ProjectJobFilter,
    page: KeysetRequest,
  ): Promise<Page<Job>> {
    const { items, ...rest } = await this.#listByKeyset(project, filter, page, undefined);
    return { ...rest, items: items.map((row) => row.read()) };
  }

  /**
   * Requests a keyset page of a project's builds. `wanted` contains the ids of the rows that are
   * needed; undefined means all. `listProjectJobs` and `findProjectJobs` must both use this method:
   * requests for one URL share their result (transport/single-flight.ts, transport/etag-cache.ts),
   * so they need one type of result.
   */
  #listByKeyset(
    project: string,
    filter: ProjectJobFilter,
    page: KeysetRequest,
    wanted: ReadonlySet<string> | undefined,
  ): Promise<Page<LazyRow<Job>>> {
    const query = projectJobsQuery(filter, page);
    const envelope = keysetEnvelope<LazyRow<Job>>(page, this.server);
    const read = readLazyList(buildsOf({ project }), envelope, wanted);
    return this.#calls.get(endpoint`/projects/${project}/jobs`, read, { query });
  }

  /**
   * Lists builds of a pipeline, newest first. Includes retried ones only if requested (upstream.md
   * §2.2).
   */
  async listPipelineJobs(
    { project, id }: PipelineRef,
    filter: ScopeFilter & { includeRetried?: boolean | undefined },
    page: OffsetRequest,
  ): Promise<Page<Job>> {
    const retried = filter.includeRetried ? undefined : (false as const);
    const rows = buildsOf({ project, pipeline: id, retried });
    const query = {
      ...scopeOf(filter),
      include_retried: filter.includeRetried || undefined,
      ...toPageQuery(page),
    };
    const path = endpoint`/projects/${project}/pipelines/${id}/jobs`;
    return this.#page(
      project,
      this.#calls.get(path, readList(rows, offsetEnvelope(page)), { query }),
    );
  }

  /**
   * Lists trigger jobs of a pipeline without retried ones. GitLab names the endpoint `bridges` and,
   * since 19.2, also `trigger_jobs` (upstream.md §2.3).
   */
  async listPipelineBridges(
    { project, id }: PipelineRef,
    filter: ScopeFilter,
    page: OffsetRequest,
  ): Promise<Page<Bridge>> {
    const rows = bridgesOf({ project, pipeline: id, retried: false });
    const read = readList(rows, offsetEnvelope(page));
    const query = { ...scopeOf(filter), ...toPageQuery(page) };
    const reading = overTriggerJobs(this.server, {
      bridges: () =>
        this.#calls.get(endpoint`/projects/${project}/pipelines/${id}/bridges`, read, { query }),
      trigger_jobs: () =>
        this.#calls.get(endpoint`/projects/${project}/pipelines/${id}/trigger_jobs`, read, {
          query,
        }),
    });
    return this.#page(project, reading);
  }

  /**
   * Lists pipelines of a project, newest first. Includes child pipelines only if the filter
   * `source` is `parent_pipeline` (upstream.md §10).
   */
  async listProjectPipelines(
    project: string,
    { updatedAfter, ...filter }: PipelineFilter,
    page: OffsetRequest,
  ): Promise<Page<ListedPipeline>> {
    const read = readList(pipelinesOf(project), offsetEnvelope(page));
    const query = { ...filter, updated_after: updatedAfter, ...toPageQuery(page) };
    return this.#page(
      project,
      this.#calls.get(endpoint`/projects/${project}/pipelines`, read, { query }),
    );
  }

  /** Reads a build. GitLab answers 404 for the id of a trigger job (upstream.md §2.4). */
  async getJob({ project, id }: JobRef) {
    const path = endpoint`/projects/${project}/jobs/${id}`;
    const job = await this.#calls.get(path, readOne(withId(build(project), id)));
    this.#learn(project, job.project_id);
    return job;
  }

  /**
   * Reads a job's raw log. The result is empty if the job has no log (upstream.md §7). GitLab
   * before 19.0 ignores `part` and returns the whole log.
   */
  async getJobTrace({ project, id }: JobRef, part: TracePart = {}) {
    return this.#calls.get(endpoint`/projects/${project}/jobs/${id}/trace`, readText, {
      query: partOf(part),
      expects: 'log',
      // A log from a given offset on is rarely requested twice, so caching it is useless.
      keep: part.byteOffset === undefined,
    });
  }

  /** Opens a job's log as a stream with backpressure. Destroy the stream to end the call. */
  async openJobTrace({ project, id }: JobRef, part: TracePart = {}) {
    return this.#calls.get(endpoint`/projects/${project}/jobs/${id}/trace`, readStream, {
      query: partOf(part),
      expects: 'log',
      streaming: true,
    });
  }

  /**
   * Opens the archive of a job's artifacts as a stream or, with `path`, one file of the archive
   * (upstream.md §12). Destroy the stream to end the call.
   */
  async openArtifacts({ project, id, path = [] }: ArtifactsRef) {
    return this.#calls.get(
      withFile(endpoint`/projects/${project}/jobs/${id}/artifacts`, path),
      readFile,
      {
        expects: 'file',
        streaming: true,
      },
    );
  }

  /** Reads the job to which the caller's job token belongs (upstream.md §2.6). */
  async getCurrentJob() {
    return this.#calls.get(endpoint`/job`, readOne(build()));
  }

  /**
   * Reads the agents for Kubernetes that the job of the caller's job token may use (upstream.md
   * §2.7).
   */
  async getAllowedAgents() {
    return this.#calls.get(endpoint`/job/allowed_agents`, readOne(shapeOf(restAllowedAgents)));
  }

  async getProject(project: string) {
    const found = await this.#calls.get(
      endpoint`/projects/${project}`,
      readOne(projectShape(project)),
    );
    const [number, fullPath] = [String(found.id), found.path_with_namespace ?? undefined];
    for (const path of [project, fullPath ?? project]) {
      this.#projects.learn(latestOf(this.credential), path, { number, fullPath });
    }
    return found;
  }

  /**
   * Reads the counts of a pipeline's test reports (upstream.md §13). GitLab caches them for two
   * minutes.
   */
  async getTestReportSummary({ project, id }: PipelineRef) {
    return this.#calls.get(
      endpoint`/projects/${project}/pipelines/${id}/test_report_summary`,
      readOne(shapeOf(restTestReportSummary)),
    );
  }

  async getPipeline({ project, id }: PipelineRef) {
    const path = endpoint`/projects/${project}/pipelines/${id}`;
    const pipeline = await this.#calls.get(path, readOne(pipelineShape(id)));
    this.#learn(project, pipeline.project_id);
    return pipeline;
  }

  /**
   * Cancels a job. GitLab may report success without canceling it. So the caller must check the
   * status of the returned job with `isCanceled` (upstream.md §2.8).
   */
  async cancelJob(ref: WriteRef, { force }: { force?: boolean | undefined }) {
    return this.#calls.post(
      endpoint`/projects/${ref.project}/jobs/${ref.id}/cancel`,
      readOne(withId(written(ref), ref.id)),
      { force: force || undefined },
    );
  }

  /** Retries a job. Returns the new job, which has a new id (upstream.md §2.9). */
  async retryJob(ref: WriteRef, { inputs }: { inputs?: JobInputs }) {
    return this.#calls.post(
      endpoint`/projects/${ref.project}/jobs/${ref.id}/retry`,
      readOne(written(ref)),
      {
        // GitLab's code reads `inputs`; its documentation says `job_inputs`. Both are sent.
        inputs,
        job_inputs: inputs,
      },
    );
  }

  async eraseJob(ref: WriteRef) {
    return this.#calls.post(
      endpoint`/projects/${ref.project}/jobs/${ref.id}/erase`,
      readOne(withId(build(ref.project), ref.id)),
    );
  }

  /**
   * Starts a manual or delayed job. Returns the job itself or, if it had run before, a new job
   * (upstream.md §2.11).
   */
  async playJob(
    ref: WriteRef,
    { variables, inputs }: { variables?: JobVariables; inputs?: JobInputs },
  ) {
    return this.#calls.post(
      endpoint`/projects/${ref.project}/jobs/${ref.id}/play`,
      readOne(written(ref)),
      {
        job_variables_attributes: variables?.length ? variables : undefined,
        job_inputs: inputs,
      },
    );
  }

  /**
   * Retries the failed and canceled jobs of a pipeline. GitLab then also runs the skipped jobs,
   * after the retried ones (upstream.md §10).
   */
  async retryPipeline({ project, id }: PipelineRef) {
    return this.#calls.post(
      endpoint`/projects/${project}/pipelines/${id}/retry`,
      readDated(pipelineShape(id)),
    );
  }

  /**
   * Cancels the jobs of a pipeline. GitLab reports success even if there was nothing to cancel
   * (upstream.md §10).
   */
  async cancelPipeline({ project, id }: PipelineRef) {
    return this.#calls.post(
      endpoint`/projects/${project}/pipelines/${id}/cancel`,
      readDated(pipelineShape(id)),
    );
  }

  /** Throws GitlabCallBudgetError unless the budget allows `count` more calls. */
  requireCalls(count: number) {
    this.#calls.require(count, { method: 'POST', path: '/projects' });
  }
}

export const createGitlab = (deps: GitlabDeps): Gitlab => new Gitlab(deps);
