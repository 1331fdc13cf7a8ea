/*
 * The endpoint table: one short method for each call the gateway makes. What reads give
 * may be shared with others who asked the same: nobody changes it.
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

/** A job of a project; `project` is its number or its full path. */
export interface JobRef {
  project: string;
  id: string;
}

/** A pipeline of a project; `project` is its number or its full path. */
export interface PipelineRef {
  project: string;
  id: string;
}

/** A job to act on. `kind` says by which shape the answer is read. */
export type WriteRef = JobRef & { kind: 'BUILD' | 'BRIDGE' };

/** A variable for one run of a manual job. */
export interface JobVariable {
  key: string;
  value: string;
}

/** A part of a log; before GitLab 19.0 it is all of it nonetheless. */
export interface TracePart {
  byteOffset?: number | undefined;
  /** 1 to 512000. */
  byteLimit?: number | undefined;
}

/** What a list of jobs is narrowed to. Statuses are GitLab's own words; none, or an empty list, means all. */
export interface ScopeFilter {
  scope?: readonly string[] | undefined;
}

/**
 * GitLab's REST API on behalf of one caller. Every method rejects with a GitlabError when there is no
 * usable answer, or with the reason of the signal that ended it.
 */
export interface Gitlab {
  readonly credential: Credential;
  readonly server: ServerCapabilities;
  /** Builds only, retried ones included, newest first (upstream.md §2.1). Servers before 19.0 ignore `ref`. */
  listProjectJobs(
    project: string,
    filter: ScopeFilter & { ref?: string | undefined },
    page: RestPageRequest,
  ): Promise<Page<Job>>;
  /** Builds only, newest first, retried ones on demand (§2.2). */
  listPipelineJobs(
    pipeline: PipelineRef,
    filter: ScopeFilter & { includeRetried?: boolean | undefined },
    page: OffsetRequest,
  ): Promise<Page<Job>>;
  /** Trigger jobs, under whichever name the server has them (§2.3). */
  listPipelineBridges(
    pipeline: PipelineRef,
    filter: ScopeFilter,
    page: OffsetRequest,
  ): Promise<Page<Bridge>>;
  /** A build; 404 for a bridge's id (§2.4). */
  getJob(ref: JobRef): Promise<Job>;
  /** A job's log as sent, empty where there is none (§7); from `byteOffset` on where the server can, else all of it. */
  getJobTrace(ref: JobRef, part?: TracePart): Promise<Buffer>;
  /** The same as a stream, read from GitLab no faster than it is consumed. Close it to end the call. */
  openJobTrace(ref: JobRef, part?: TracePart): Promise<TextStream>;
  /** The job whose token this is (§2.6). */
  getCurrentJob(): Promise<Job>;
  /** The agents that job may use (§2.7). */
  getAllowedAgents(): Promise<RestAllowedAgents>;
  getProject(project: string): Promise<RestProject>;
  getPipeline(ref: PipelineRef): Promise<RestPipeline>;
  /** Success does not mean canceled: compare the status (§2.8). */
  cancelJob(ref: WriteRef, options: { force?: boolean | undefined }): Promise<Job | Bridge>;
  /** The new job, with an id of its own (§2.9). */
  retryJob(
    ref: WriteRef,
    options: { inputs?: Record<string, unknown> | undefined },
  ): Promise<Job | Bridge>;
  eraseJob(ref: WriteRef): Promise<Job>;
  /** The same job, or a new one where it had run before (§2.11). */
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

// All of them are async, so that an id which cannot be part of a path rejects like any other failure.
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
      // A tail is asked for once: its answer will not be met again.
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
      // Two names of one thing: the server's code knows `inputs`, its documentation `job_inputs`.
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

/** Binds the endpoint table to a caller. Costs nothing: make one for each request. */
export function createGitlab(deps: GitlabDeps): Gitlab {
  // Each call listens to the one signal of its operation, which may have hundreds: that is no leak.
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
