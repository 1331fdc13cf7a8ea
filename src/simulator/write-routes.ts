import {
  cancelJob,
  cancelPipeline,
  eraseJob,
  isErasable,
  isPlayable,
  isRetryable,
  playJob,
  retryJob,
  retryPipeline,
} from './life-cycle.ts';
import {
  type Params,
  readBoolean,
  readHash,
  readJobVariables,
  readParams,
  readPathId,
} from './params.ts';
import {
  canCancel,
  canCancelPipeline,
  canErase,
  canRetryPipeline,
  canUpdate,
  hasRole,
} from './permissions.ts';
import type { JobRecord, PipelineRecord, ProjectRecord } from './records.ts';
import {
  type ApiRequest,
  findBuild,
  findPipeline,
  findProcessable,
  findProject,
  findReadableProject,
  type Route,
  requireRole,
} from './request.ts';
import {
  ApiError,
  type ApiResponse,
  badRequest,
  forbidden,
  resourceLock,
  tooManyRequests,
} from './responses.ts';
import { createView, serializeBridge, serializeJob, serializePipeline } from './serialize.ts';

const MINUTE_MS = 60_000;

/**
 * Counts a write of the caller to one object. Throws 429 after `limit` writes per minute; 0 means
 * no limit (upstream.md §5.3). `name` contains the id of the object.
 */
function limitRate({ limits, caller, clock }: ApiRequest, name: string, limit: number): void {
  const now = clock();
  const count = limits.count(`${name} ${caller.user?.username}`, MINUTE_MS, now);
  if (limit === 0 || count <= limit) return;
  const seconds = Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1_000);
  throw tooManyRequests({ 'Retry-After': String(seconds) });
}

function checkLock(job: JobRecord): void {
  if (job.locked) throw resourceLock();
}

/**
 * Throws 400 for an input that the job does not declare, and for a value that is not among the
 * input's options (upstream.md §2.9).
 */
function checkInputs(job: JobRecord, inputs: Params): void {
  for (const [name, value] of Object.entries(inputs)) {
    const input = Object.hasOwn(job.inputs, name) ? job.inputs[name] : undefined;
    if (input === undefined) throw badRequest(`Unknown input: ${name}`);
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    if (input.options?.includes(text) ?? true) continue;
    throw badRequest(
      `\`${name}\` input: \`${text}\` cannot be used because it is not in the list of allowed options`,
    );
  }
}

/**
 * POST …/cancel: responds with 201 even if the job is already finished or being canceled
 * (upstream.md §2.8).
 */
function cancel(request: ApiRequest): ApiResponse {
  const { world, caps } = request;
  const { id, force } = readParams(request, (reader) => ({
    id: readPathId(reader, 'job_id'),
    force: caps.forceCancel && readBoolean(reader, 'force'),
  }));
  const project = findProject(request);
  requireRole(request, project, project.cancelRole);
  const job = findBuild(request, project, id);
  if (!canCancel(request, job)) throw forbidden();
  if (force) requireRole(request, project, 'maintainer');
  checkLock(job);
  cancelJob(world, job, { caps, force });
  return { status: 201, json: serializeJob(job, createView(request)) };
}

/**
 * Returns the project in the path of a write request. Some releases require the Developer role
 * before they look up the job (upstream.md §1.1).
 */
function writableProject(request: ApiRequest): ProjectRecord {
  const project = findProject(request);
  if (request.caps.projectWriteCheck) requireRole(request, project, 'developer');
  return project;
}

/**
 * POST …/retry: returns the new job. Even a retried bridge is returned in the shape of a build
 * (upstream.md §2.9).
 */
function retry(request: ApiRequest): ApiResponse {
  const { world, caps, caller } = request;
  const { id, inputs } = readParams(request, (reader) => ({
    id: readPathId(reader, 'job_id'),
    inputs: caps.jobInputs ? readHash(reader, 'inputs') : {},
  }));
  const project = writableProject(request);
  const job = (caps.retryBridges ? findProcessable : findBuild)(request, project, id);
  if (!canUpdate(request, job)) throw forbidden();
  limitRate(request, `retry job ${job.id}`, request.limits.jobRetry);
  if (!isRetryable(job, caps)) throw forbidden('Job is not retryable');
  checkInputs(job, inputs);
  checkLock(job);
  const newJob = retryJob(world, job, caller.user);
  return { status: 201, json: serializeJob(newJob, createView(request)) };
}

/**
 * POST …/erase: deletes the log and artifacts. Responds with 403 if there are none (upstream.md
 * §2.10).
 */
function erase(request: ApiRequest): ApiResponse {
  const { world } = request;
  const id = readParams(request, (reader) => readPathId(reader, 'job_id'));
  const project = writableProject(request);
  const job = findBuild(request, project, id);
  if (!canErase(request, job)) throw forbidden();
  if (!isErasable(job)) throw forbidden('Job is not erasable!');
  if (project.statsRefreshing) {
    throw new ApiError(409, {
      message:
        'Action temporarily disabled. The project this pipeline belongs to is undergoing stats refresh.',
    });
  }
  checkLock(job);
  eraseJob(world, job);
  return { status: 201, json: serializeJob(job, createView(request)) };
}

/** Whether the caller may set variables of a pipeline when playing a job (upstream.md §2.11). */
function canSetVariables(request: ApiRequest, project: ProjectRecord): boolean {
  const role = request.caps.variablesRole ? project.variablesRole : 'developer';
  return hasRole(request, project, role);
}

/**
 * POST …/play: responds with 200 and the job. A bridge is returned in the shape of a bridge
 * (upstream.md §2.11).
 */
function play(request: ApiRequest): ApiResponse {
  const { world, caps, caller } = request;
  const { id, variables, inputs } = readParams(request, (reader) => ({
    id: readPathId(reader, 'job_id'),
    variables: readJobVariables(reader),
    inputs: caps.jobInputs ? readHash(reader, 'job_inputs') : {},
  }));
  const project = findReadableProject(request);
  const job = findProcessable(request, project, id);
  if (!canUpdate(request, job)) throw forbidden();
  if (!isPlayable(job, caps)) throw badRequest('Unplayable Job');
  if (variables.length > 0 && !canSetVariables(request, project)) throw forbidden();
  checkInputs(job, inputs);
  checkLock(job);
  const played = playJob(world, job, caller.user);
  played.variables = variables;
  const serialize = played.kind === 'bridge' ? serializeBridge : serializeJob;
  return { status: 200, json: serialize(played, createView(request)) };
}

/** Returns the pipeline in the request's path. Throws 403 if `isAllowed` returns false. */
function findWritable(
  request: ApiRequest,
  isAllowed: (request: ApiRequest, pipeline: PipelineRecord) => boolean,
): PipelineRecord {
  const id = readParams(request, (reader) => readPathId(reader, 'pipeline_id'));
  const pipeline = findPipeline(request, findProject(request), id);
  if (!isAllowed(request, pipeline)) throw forbidden();
  return pipeline;
}

const PIPELINE_RETRIES = 5;

/** POST …/pipelines/:pipeline_id/retry: responds with the pipeline (upstream.md §10). */
function retryAll(request: ApiRequest): ApiResponse {
  const { world, caps, caller } = request;
  const pipeline = findWritable(request, canRetryPipeline);
  const limit = caps.pipelineRetryLimit ? PIPELINE_RETRIES : 0;
  limitRate(request, `retry pipeline ${pipeline.id}`, limit);
  pipeline.jobs.forEach(checkLock);
  retryPipeline(world, pipeline, { caps, user: caller.user });
  return { status: 201, json: serializePipeline(pipeline, createView(request)) };
}

/**
 * POST …/pipelines/:pipeline_id/cancel: responds with 200 even if nothing can be canceled
 * (upstream.md §10).
 */
function cancelAll(request: ApiRequest): ApiResponse {
  const { world, caps } = request;
  const pipeline = findWritable(request, canCancelPipeline);
  pipeline.jobs.forEach(checkLock);
  cancelPipeline(world, pipeline, caps);
  return { status: 200, json: serializePipeline(pipeline, createView(request)) };
}

function post(resource: 'job' | 'pipeline', action: string, handle: Route['handle']): Route {
  const template = `/projects/:id/${resource}s/:${resource}_id/${action}`;
  const permission = `${action}_${resource}`;
  return { method: 'POST', template, auth: 'required', jobToken: null, permission, handle };
}

/** All routes that write, in the order of upstream.md §2.8 to §2.11 and §10. */
export const writeRoutes: readonly Route[] = [
  post('job', 'cancel', cancel),
  post('job', 'retry', retry),
  post('job', 'erase', erase),
  post('job', 'play', play),
  post('pipeline', 'retry', retryAll),
  post('pipeline', 'cancel', cancelAll),
];
