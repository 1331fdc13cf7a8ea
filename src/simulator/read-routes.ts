import { serializeAllowedAgents } from './agents.ts';
import { getArtifactFile, getArtifacts } from './artifact-routes.ts';
import { keysetPage, offsetPage, pageResponse, readPageParams, wantsKeyset } from './pagination.ts';
import {
  type ParamReader,
  readBoolean,
  readInteger,
  readParams,
  readPathId,
  readScope,
} from './params.ts';
import { canReadTrace } from './permissions.ts';
import { listPipelines } from './pipeline-list.ts';
import type { JobRecord } from './records.ts';
import {
  type ApiRequest,
  findBuild,
  findPipeline,
  findProject,
  findReadableProject,
  type Route,
} from './request.ts';
import {
  type ApiResponse,
  forbidden,
  notFound,
  tooManyRequests,
  unauthorized,
} from './responses.ts';
import {
  createView,
  serializeBridge,
  serializeCurrentUser,
  serializeJob,
  serializePipeline,
  serializeProject,
} from './serialize.ts';
import { readLog } from './statuses.ts';
import { getTestReportSummary } from './test-reports.ts';

const minuteMs = 60_000;

/**
 * Throws 429 if the caller exceeds the rate limit for the list of a project's jobs. GitLab checks
 * this limit before it looks up the project (upstream.md §1.1, §5.2).
 */
function checkJobsIndexLimit({ caps, limits, caller, clock }: ApiRequest): void {
  if (!caps.jobsIndexLimit || limits.jobsIndex === 0) return;
  const count = limits.count(`jobs_index ${caller.user?.id}`, minuteMs, clock());
  if (count > limits.jobsIndex) throw tooManyRequests();
}

function hasStatus(statuses: ReadonlySet<string> | null): (job: JobRecord) => boolean {
  return (job) => statuses === null || statuses.has(job.status);
}

/**
 * Returns the `ref` filter. It matches all jobs if the value is blank, or if the release does not
 * support the filter (upstream.md §2.1).
 */
function hasRef({ caps, params }: ApiRequest): (job: JobRecord) => boolean {
  const { ref } = params;
  const isFiltered = caps.refFilter && typeof ref === 'string' && ref !== '';
  return (job) => !isFiltered || job.ref === ref;
}

/**
 * GET /projects/:id/jobs: lists builds, newest first. Includes retried builds, but no bridges
 * (upstream.md §2.1).
 */
function listProjectJobs(request: ApiRequest): ApiResponse {
  const { params, caps } = request;
  const { byStatus, paging } = readParams(request, (reader) => ({
    byStatus: hasStatus(readScope(reader, caps, { allowHash: true })),
    paging: readPageParams(reader, caps),
  }));
  checkJobsIndexLimit(request);
  const { jobs } = findReadableProject(request, 'read_jobs');
  const byRef = hasRef(request);
  const matches = (job: JobRecord) => job.kind === 'build' && byStatus(job) && byRef(job);
  const totals = caps.projectJobsTotals;
  const page = wantsKeyset(params)
    ? keysetPage(request, jobs, { perPage: paging.perPage, matches })
    : offsetPage(request, jobs, { ...paging, matches, totals, limited: true });
  const view = createView(request);
  return pageResponse(page, (job) => serializeJob(job, view));
}

/** Lists a pipeline's builds or bridges in offset pages with totals (upstream.md §2.2, §2.3). */
function listPipelineJobs(request: ApiRequest, kind: JobRecord['kind']): ApiResponse {
  const isBuild = kind === 'build';
  const { pipelineId, includeRetried, byStatus, paging } = readParams(request, (reader) => ({
    pipelineId: readPathId(reader, 'pipeline_id'),
    includeRetried: isBuild && readBoolean(reader, 'include_retried'),
    byStatus: hasStatus(readScope(reader, request.caps, { allowHash: false })),
    paging: readPageParams(reader, request.caps),
  }));
  const project = findReadableProject(request, isBuild ? 'read_jobs' : 'read_pipelines');
  const { jobs } = findPipeline(request, project, pipelineId);
  const matches = (job: JobRecord) =>
    job.kind === kind && byStatus(job) && (includeRetried || !job.retried);
  const declared = isBuild ? { include_retried: includeRetried } : {};
  const page = offsetPage(request, jobs, { ...paging, matches, totals: true, declared });
  const view = createView(request);
  const serialize = isBuild ? serializeJob : serializeBridge;
  return pageResponse(page, (job) => serialize(job, view));
}

/** GET /projects/:id/jobs/:job_id: returns a build. Throws 404 for a bridge (upstream.md §2.4). */
function getJob(request: ApiRequest): ApiResponse {
  const id = readParams(request, (reader) => readPathId(reader, 'job_id'));
  const job = findBuild(request, findReadableProject(request), id);
  return { status: 200, json: serializeJob(job, createView(request)) };
}

const maxByteLimit = 512_000;

function readByteRange(reader: ParamReader): { offset: number; limit: number } {
  const offset = readInteger(reader, 'byte_offset') ?? 0;
  const limit = readInteger(reader, 'byte_limit');
  if (offset < 0) reader.problems.push('byte_offset does not have a valid value');
  const isInvalid = limit !== undefined && (limit < 1 || limit > maxByteLimit);
  if (isInvalid) reader.problems.push('byte_limit does not have a valid value');
  return { offset, limit: limit ?? Number.POSITIVE_INFINITY };
}

/**
 * GET …/trace: returns the job's log. The body is empty if the job has no log. Some releases
 * support byte ranges (upstream.md §7).
 */
function getTrace(request: ApiRequest): ApiResponse {
  const all = { offset: 0, limit: Number.POSITIVE_INFINITY };
  const { id, offset, limit } = readParams(request, (reader) => ({
    id: readPathId(reader, 'job_id'),
    ...(request.caps.traceRanges ? readByteRange(reader) : all),
  }));
  const job = findBuild(request, findReadableProject(request), id);
  if (!canReadTrace(request, job)) throw forbidden();
  const bytes = readLog(job).subarray(offset, offset + limit);
  const disposition = `infile; filename="${job.id}.log"`;
  return { status: 200, bytes, headers: { 'Content-Disposition': disposition } };
}

/** Returns the job of the caller's job token. Throws 404 for other tokens (upstream.md §2.6). */
function ownJob({ caller }: ApiRequest): JobRecord {
  if (caller.job === null) throw notFound('Job');
  return caller.job;
}

function getOwnJob(request: ApiRequest): ApiResponse {
  return { status: 200, json: serializeJob(ownJob(request), createView(request)) };
}

/**
 * GET /job/allowed_agents: returns the agents that the job of the job token may use (upstream.md
 * §2.7).
 */
function getAllowedAgents(request: ApiRequest): ApiResponse {
  const json = serializeAllowedAgents(request.world, ownJob(request), request.caps);
  const flags = { 'Gitlab-Feature-Flag': 'kas_user_access=true, agent_org_authorizations=false' };
  return { status: 200, json, headers: request.caps.agentFlags ? flags : {} };
}

function getProject(request: ApiRequest): ApiResponse {
  const { world, caller } = request;
  const project = findProject(request);
  const context = { world, user: caller.user, view: createView(request) };
  return { status: 200, json: serializeProject(project, context) };
}

function getPipeline(request: ApiRequest): ApiResponse {
  const id = readParams(request, (reader) => readPathId(reader, 'pipeline_id'));
  const project = findReadableProject(request, 'read_pipelines');
  const pipeline = findPipeline(request, project, id);
  return { status: 200, json: serializePipeline(pipeline, createView(request)) };
}

function getCurrentUser(request: ApiRequest): ApiResponse {
  const { user } = request.caller;
  if (user === null) throw unauthorized();
  return { status: 200, json: serializeCurrentUser(user, createView(request)) };
}

const revision = '5d1c7bafe3a';

function getVersion({ caps }: ApiRequest): ApiResponse {
  return { status: 200, json: { version: caps.release, revision } };
}

function getMetadata({ caps }: ApiRequest): ApiResponse {
  const kas = { enabled: false, externalUrl: null, version: null };
  return { status: 200, json: { version: caps.release, revision, kas, enterprise: true } };
}

type Access = Omit<Route, 'method' | 'template' | 'handle'>;

const get = (template: string, handle: Route['handle'], access: Access): Route => ({
  method: 'GET',
  template,
  handle,
  ...access,
});

const jobPath = '/projects/:id/jobs/:job_id';
const pipelinePath = '/projects/:id/pipelines/:pipeline_id';
const listBuilds: Route['handle'] = (request) => listPipelineJobs(request, 'build');
const listBridges: Route['handle'] = (request) => listPipelineJobs(request, 'bridge');

const readJob = { auth: 'required', jobToken: null, permission: 'read_job' } as const;
const readArtifacts = { auth: 'optional', jobToken: 'artifacts' } as const;
const readBridges = {
  auth: 'optional',
  jobToken: 'read_pipelines',
  permission: 'read_pipeline_bridge',
} as const;
const readPipelines = { auth: 'optional', jobToken: 'read_pipelines' } as const;
const readUser = { auth: 'required', jobToken: null, scopes: ['read_user'] } as const;

/** All routes that read. Most are in upstream.md §2.1 to §2.7, §10, §12 and §13. */
export const readRoutes: readonly Route[] = [
  get('/projects/:id/jobs', listProjectJobs, { ...readJob, jobToken: 'read_jobs' }),
  get(`${pipelinePath}/jobs`, listBuilds, {
    auth: 'optional',
    jobToken: 'read_jobs',
    permission: 'read_pipeline_job',
  }),
  get(`${pipelinePath}/bridges`, listBridges, readBridges),
  get(`${pipelinePath}/trigger_jobs`, listBridges, { ...readBridges, capability: 'triggerJobs' }),
  get(jobPath, getJob, readJob),
  get(`${jobPath}/trace`, getTrace, readJob),
  get(`${jobPath}/artifacts`, getArtifacts, readArtifacts),
  get(`${jobPath}/artifacts/*artifact_path`, getArtifactFile, readArtifacts),
  get('/job', getOwnJob, { auth: 'required', jobToken: 'own' }),
  get('/job/allowed_agents', getAllowedAgents, { auth: 'required', jobToken: 'own' }),
  get('/projects/:id', getProject, { auth: 'optional', jobToken: null }),
  get('/projects/:id/pipelines', listPipelines, readPipelines),
  get(`${pipelinePath}/test_report_summary`, getTestReportSummary, readPipelines),
  get(pipelinePath, getPipeline, readPipelines),
  get('/user', getCurrentUser, readUser),
  get('/version', getVersion, readUser),
  get('/metadata', getMetadata, { ...readUser, capability: 'metadata' }),
];
