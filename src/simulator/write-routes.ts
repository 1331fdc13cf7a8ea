import {
  cancelJob,
  checkInputs,
  eraseJob,
  isErasable,
  isPlayable,
  isRetryable,
  playJob,
  retryJob,
} from './actions.ts';
import type { Answer, Exchange, Route } from './exchange.ts';
import { ApiFailure, badRequest, forbidden, resourceLock } from './failure.ts';
import {
  findBuild,
  findProcessable,
  findProject,
  findReadableProject,
  requireRole,
  viewOf,
} from './lookup.ts';
import { canCancel, canErase, canUpdate, hasRole } from './permissions.ts';
import type { JobRecord, ProjectRecord } from './records.ts';
import { serializeBridge, serializeJob } from './serialize-job.ts';
import { boolean, check, hash, jobVariables, pathInteger, readParams } from './validation.ts';

function checkLock(job: JobRecord): void {
  if (job.locked) throw resourceLock();
}

/** POST …/cancel: 201 whether or not anything was canceled (upstream.md §2.8). */
function cancel(exchange: Exchange): Answer {
  const { world, caps, caller } = exchange;
  const reader = readParams(exchange.params);
  const id = pathInteger(reader, 'job_id');
  const force = caps.forceCancel && boolean(reader, 'force');
  check(reader);
  const project = findProject(exchange);
  requireRole(exchange, project, project.cancelRole);
  const job = findBuild(exchange, project, id);
  if (!canCancel(world, job, { user: caller.user, caps })) throw forbidden();
  if (force) requireRole(exchange, project, 'maintainer');
  checkLock(job);
  cancelJob(world, job, { caps, force });
  return { status: 201, json: serializeJob(job, viewOf(exchange)) };
}

/** Where a release asks for the right to write before it looks for the job (§1.1). */
function writableProject(exchange: Exchange): ProjectRecord {
  const project = findProject(exchange);
  if (exchange.caps.projectWriteCheck) requireRole(exchange, project, 'developer');
  return project;
}

/** POST …/retry: the answer is the new job, in a build's shape even for a bridge (§2.9). */
function retry(exchange: Exchange): Answer {
  const { world, caps, caller } = exchange;
  const reader = readParams(exchange.params);
  const id = pathInteger(reader, 'job_id');
  const inputs = caps.jobInputs ? hash(reader, 'inputs') : {};
  check(reader);
  const project = writableProject(exchange);
  const find = caps.retryBridges ? findProcessable : findBuild;
  const job = find(exchange, project, id);
  if (!canUpdate(world, job, caller.user)) throw forbidden();
  if (!isRetryable(job, caps)) throw forbidden('Job is not retryable');
  checkInputs(job, inputs);
  checkLock(job);
  const again = retryJob(world, job, caller.user);
  return { status: 201, json: serializeJob(again, viewOf(exchange)) };
}

/** POST …/erase: takes log and artifacts, once (§2.10). */
function erase(exchange: Exchange): Answer {
  const { world, caps, caller } = exchange;
  const reader = readParams(exchange.params);
  const id = pathInteger(reader, 'job_id');
  check(reader);
  const project = writableProject(exchange);
  const job = findBuild(exchange, project, id);
  if (!canErase(world, job, { user: caller.user, caps })) throw forbidden();
  if (!isErasable(job)) throw forbidden('Job is not erasable!');
  if (project.statsRefreshing) {
    throw new ApiFailure(409, {
      message:
        'Action temporarily disabled. The project this pipeline belongs to is undergoing stats refresh.',
    });
  }
  checkLock(job);
  eraseJob(world, job);
  return { status: 201, json: serializeJob(job, viewOf(exchange)) };
}

/** Whether the caller may set pipeline variables, where the release asks (§2.11). */
function maySetVariables({ world, caps, caller }: Exchange, project: ProjectRecord): boolean {
  const role = caps.variablesRole ? project.variablesRole : 'developer';
  return hasRole(world, project, { user: caller.user, role });
}

/** POST …/play: 200, and a bridge in its own shape (§2.11). */
function play(exchange: Exchange): Answer {
  const { world, caps, caller } = exchange;
  const reader = readParams(exchange.params);
  const id = pathInteger(reader, 'job_id');
  const variables = jobVariables(reader);
  const inputs = caps.jobInputs ? hash(reader, 'job_inputs') : {};
  check(reader);
  const project = findReadableProject(exchange);
  const job = findProcessable(exchange, project, id);
  if (!canUpdate(world, job, caller.user)) throw forbidden();
  if (!isPlayable(job, caps)) throw badRequest('Unplayable Job');
  if (variables.length > 0 && !maySetVariables(exchange, project)) throw forbidden();
  checkInputs(job, inputs);
  checkLock(job);
  const played = playJob(world, job, caller.user);
  played.variables = variables;
  const serialize = played.kind === 'bridge' ? serializeBridge : serializeJob;
  return { status: 200, json: serialize(played, viewOf(exchange)) };
}

function post(action: string, handle: Route['handle']): Route {
  const template = `/projects/:id/jobs/:job_id/${action}`;
  const permission = `${action}_job`;
  return { method: 'POST', template, auth: 'required', jobToken: null, permission, handle };
}

/** The four writes, in the order of upstream.md §2.8 to §2.11. */
export const writeRoutes: readonly Route[] = [
  post('cancel', cancel),
  post('retry', retry),
  post('erase', erase),
  post('play', play),
];
