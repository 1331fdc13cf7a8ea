/*
 * GitLab's REST endpoints, one method each. Results may be shared between callers of equal
 * requests: do not modify them.
 */
import { setMaxListeners } from 'node:events';
import { type Calls, createCalls, type GitlabDeps } from './bind-caller.ts';
import type { Credential } from './credential.ts';
import { endpoint, type Query } from './endpoint.ts';
import { keysetEnvelope } from './lists/keyset-page.ts';
import { overTriggerJobs } from './lists/trigger-jobs.ts';
import {
  type OffsetRequest,
  offsetEnvelope,
  type Page,
  type RestPageRequest,
  toPageQuery,
} from './pagination.ts';
import {
  identifiedBy,
  readList,
  readOne,
  readStream,
  readText,
  shapeOf,
  type TextStream,
} from './readers.ts';
import type { Read } from './request.ts';
import {
  type Bridge,
  type Job,
  type RestAllowedAgents,
  type RestPipeline,
  type RestProject,
  restAllowedAgents,
  restBridge,
  restJob,
  restPipeline,
  restProject,
} from './rows.ts';
import type { ServerCapabilities } from './server-capabilities.ts';

/** A job; `project` is the numeric id or the full path. */
export interface JobRef {
  project: string;
  id: string;
}

/** A pipeline; `project` is the numeric id or the full path. */
export interface PipelineRef {
  project: string;
  id: string;
}

/** A job to change. `kind` selects the shape of the response. */
export type WriteRef = JobRef & { kind: 'BUILD' | 'BRIDGE' };

/** A variable for one run of a manual job. */
export interface JobVariable {
  key: string;
  value: string;
}

/** A range of a log. GitLab before 19.0 returns the whole log. */
export interface TracePart {
  byteOffset?: number | undefined;
  /** 1 to 512000. */
  byteLimit?: number | undefined;
}

/** Filters a list of jobs by GitLab's statuses. An empty list means all. */
export interface ScopeFilter {
  scope?: readonly string[] | undefined;
}

/**
 * GitLab's REST API on behalf of one caller. Methods reject with GitlabError if there is no usable
 * response, or with the reason of the signal that aborted them.
 */
export interface Gitlab {
  readonly credential: Credential;
  readonly server: ServerCapabilities;
  /**
   * Builds including retried ones, newest first (upstream.md §2.1). Servers before 19.0 ignore
   * `ref`.
   */
  listProjectJobs(
    project: string,
    filter: ScopeFilter & { ref?: string | undefined },
    page: RestPageRequest,
  ): Promise<Page<Job>>;
  /** Builds, newest first; retried ones on request (§2.2). */
  listPipelineJobs(
    pipeline: PipelineRef,
    filter: ScopeFilter & { includeRetried?: boolean | undefined },
    page: OffsetRequest,
  ): Promise<Page<Job>>;
  /** Trigger jobs, from the endpoint that the server has (§2.3). */
  listPipelineBridges(
    pipeline: PipelineRef,
    filter: ScopeFilter,
    page: OffsetRequest,
  ): Promise<Page<Bridge>>;
  /** A build; 404 for a bridge's id (§2.4). */
  getJob(ref: JobRef): Promise<Job>;
  /**
   * A job's raw log, empty if there is none (§7). Servers without `byteOffset` return all of it.
   */
  getJobTrace(ref: JobRef, part?: TracePart): Promise<Buffer>;
  /** A job's log as a stream with backpressure. Destroy it to end the call. */
  openJobTrace(ref: JobRef, part?: TracePart): Promise<TextStream>;
  /** The job that the job token belongs to (§2.6). */
  getCurrentJob(): Promise<Job>;
  /** The agents that the job of the job token may use (§2.7). */
  getAllowedAgents(): Promise<RestAllowedAgents>;
  getProject(project: string): Promise<RestProject>;
  getPipeline(ref: PipelineRef): Promise<RestPipeline>;
  /** May succeed without canceling: compare the status (§2.8). */
  cancelJob(ref: WriteRef, options: { force?: boolean | undefined }): Promise<Job | Bridge>;
  /** Returns the new job, which has a new id (§2.9). */
  retryJob(
    ref: WriteRef,
    options: { inputs?: Record<string, unknown> | undefined },
  ): Promise<Job | Bridge>;
  eraseJob(ref: WriteRef): Promise<Job>;
  /** Returns the same job, or a new one if it had run before (§2.11). */
  playJob(
    ref: WriteRef,
    options: {
      variables?: readonly JobVariable[] | undefined;
      inputs?: Record<string, unknown> | undefined;
    },
  ): Promise<Job | Bridge>;
}

const build = (project?: string) => identifiedBy(restJob, { kind: 'BUILD', project });
const bridge = (project: string) => identifiedBy(restBridge, { kind: 'BRIDGE', project });
const written = ({ project, kind }: WriteRef): Read<Job | Bridge> =>
  kind === 'BUILD' ? readOne(build(project)) : readOne(bridge(project));

const scopeOf = ({ scope }: ScopeFilter): Query => ({ 'scope[]': scope });

const partOf = ({ byteOffset, byteLimit }: TracePart): Query => ({
  byte_offset: byteOffset,
  byte_limit: byteLimit,
});

type Lists = 'listProjectJobs' | 'listPipelineJobs' | 'listPipelineBridges';
type Writes = 'cancelJob' | 'retryJob' | 'eraseJob' | 'playJob';

// All methods are async, so that an invalid id rejects instead of throwing.
const createLists = ({ get, server }: Calls): Pick<Gitlab, Lists> => ({
  listProjectJobs: async (project, filter, page) => {
    const envelope =
      page.kind === 'keyset' ? keysetEnvelope<Job>(page, server) : offsetEnvelope<Job>(page);
    const query = { ...scopeOf(filter), ref: filter.ref, ...toPageQuery(page) };
    return get(endpoint`/projects/${project}/jobs`, readList(build(project), envelope), { query });
  },
  listPipelineJobs: async ({ project, id }, filter, page) => {
    const read = readList(build(project), offsetEnvelope(page));
    const retried = { include_retried: filter.includeRetried || undefined };
    const query = { ...scopeOf(filter), ...retried, ...toPageQuery(page) };
    return get(endpoint`/projects/${project}/pipelines/${id}/jobs`, read, { query });
  },
  listPipelineBridges: async ({ project, id }, filter, page) => {
    const read = readList(bridge(project), offsetEnvelope(page));
    const query = { ...scopeOf(filter), ...toPageQuery(page) };
    return overTriggerJobs(server, {
      bridges: () => get(endpoint`/projects/${project}/pipelines/${id}/bridges`, read, { query }),
      trigger_jobs: () =>
        get(endpoint`/projects/${project}/pipelines/${id}/trigger_jobs`, read, { query }),
    });
  },
});

type Rows = Omit<Gitlab, Lists | Writes | 'credential' | 'server'>;

const createRows = ({ get }: Calls): Rows => ({
  getJob: async ({ project, id }) =>
    get(endpoint`/projects/${project}/jobs/${id}`, readOne(build(project))),
  getJobTrace: async ({ project, id }, part = {}) =>
    get(endpoint`/projects/${project}/jobs/${id}/trace`, readText, {
      query: partOf(part),
      // A tail is requested only once, so caching it is useless.
      keep: part.byteOffset === undefined,
    }),
  openJobTrace: async ({ project, id }, part = {}) =>
    get(endpoint`/projects/${project}/jobs/${id}/trace`, readStream, {
      query: partOf(part),
      streaming: true,
    }),
  getCurrentJob: async () => get(endpoint`/job`, readOne(build())),
  getAllowedAgents: async () =>
    get(endpoint`/job/allowed_agents`, readOne(shapeOf(restAllowedAgents))),
  getProject: async (project) => get(endpoint`/projects/${project}`, readOne(shapeOf(restProject))),
  getPipeline: async ({ project, id }) =>
    get(endpoint`/projects/${project}/pipelines/${id}`, readOne(shapeOf(restPipeline))),
});

const createWrites = ({ post }: Calls): Pick<Gitlab, Writes> => ({
  cancelJob: async (ref, { force }) =>
    post(endpoint`/projects/${ref.project}/jobs/${ref.id}/cancel`, written(ref), {
      force: force || undefined,
    }),
  retryJob: async (ref, { inputs }) =>
    post(endpoint`/projects/${ref.project}/jobs/${ref.id}/retry`, written(ref), {
      // The server's code reads `inputs`, its documentation says `job_inputs`.
      inputs,
      job_inputs: inputs,
    }),
  eraseJob: async (ref) =>
    post(endpoint`/projects/${ref.project}/jobs/${ref.id}/erase`, readOne(build(ref.project))),
  playJob: async (ref, { variables, inputs }) =>
    post(endpoint`/projects/${ref.project}/jobs/${ref.id}/play`, written(ref), {
      job_variables_attributes: variables?.length ? variables : undefined,
      job_inputs: inputs,
    }),
});

/** Creates a client for one caller. Cheap: create one per request. */
export function createGitlab(deps: GitlabDeps): Gitlab {
  // An operation may have hundreds of calls, which all listen to its signal: not a leak.
  if (deps.signal) setMaxListeners(0, deps.signal);
  const calls = createCalls(deps);
  return {
    credential: deps.credential,
    server: calls.server,
    ...createLists(calls),
    ...createRows(calls),
    ...createWrites(calls),
  };
}
