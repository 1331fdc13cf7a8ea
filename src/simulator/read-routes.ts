import { serializeAllowedAgents } from './agents.ts';
import type { Answer, Exchange, Route } from './exchange.ts';
import { forbidden, notFound, unauthorized } from './failure.ts';
import { findBuild, findPipeline, findProject, findReadableProject, viewOf } from './lookup.ts';
import { canReadTrace } from './permissions.ts';
import type { JobRecord, UserRecord } from './records.ts';
import { serializeJob } from './serialize-job.ts';
import { serializePipeline } from './serialize-pipeline.ts';
import { serializeCurrentUser, serializeProject } from './serialize-project.ts';
import { readLog } from './transitions.ts';
import { check, integer, type ParamReader, pathInteger, readParams } from './validation.ts';

/** GET /projects/:id/jobs/:job_id: builds only (upstream.md §2.4). */
function getJob(exchange: Exchange): Answer {
  const reader = readParams(exchange.params);
  const id = pathInteger(reader, 'job_id');
  check(reader);
  const job = findBuild(exchange, findReadableProject(exchange), id);
  return { status: 200, json: serializeJob(job, viewOf(exchange)) };
}

const maxByteLimit = 512_000;

function byteRange(reader: ParamReader): { offset: number; limit: number } {
  const offset = integer(reader, 'byte_offset') ?? 0;
  const limit = integer(reader, 'byte_limit');
  if (offset < 0) reader.problems.push('byte_offset does not have a valid value');
  const isOff = limit !== undefined && (limit < 1 || limit > maxByteLimit);
  if (isOff) reader.problems.push('byte_limit does not have a valid value');
  return { offset, limit: limit ?? Number.POSITIVE_INFINITY };
}

/** GET …/trace: the bytes a job printed, or none; partly where the release can (§7). */
function getTrace(exchange: Exchange): Answer {
  const reader = readParams(exchange.params);
  const id = pathInteger(reader, 'job_id');
  const whole = { offset: 0, limit: Number.POSITIVE_INFINITY };
  const { offset, limit } = exchange.caps.traceRanges ? byteRange(reader) : whole;
  check(reader);
  const job = findBuild(exchange, findReadableProject(exchange), id);
  if (!canReadTrace(exchange.world, job, exchange.caller)) throw forbidden();
  const bytes = readLog(job).subarray(offset, offset + limit);
  const disposition = `infile; filename="${job.id}.log"`;
  return { status: 200, bytes, headers: { 'Content-Disposition': disposition } };
}

/** The running job whose token asks; a person has none (§2.6). */
function ownJob({ caller }: Exchange): JobRecord {
  if (caller.job === null) throw notFound('Job');
  return caller.job;
}

function getOwnJob(exchange: Exchange): Answer {
  return { status: 200, json: serializeJob(ownJob(exchange), viewOf(exchange)) };
}

/** GET /job/allowed_agents (§2.7). */
function getAllowedAgents(exchange: Exchange): Answer {
  const json = serializeAllowedAgents(exchange.world, ownJob(exchange), exchange.caps);
  const flags = { 'Gitlab-Feature-Flag': 'kas_user_access=true, agent_org_authorizations=false' };
  return { status: 200, json, headers: exchange.caps.agentFlags ? flags : {} };
}

function getProject(exchange: Exchange): Answer {
  const { world, caller } = exchange;
  const project = findProject(exchange);
  const context = { world, user: caller.user, view: viewOf(exchange) };
  return { status: 200, json: serializeProject(project, context) };
}

function getPipeline(exchange: Exchange): Answer {
  const reader = readParams(exchange.params);
  const id = pathInteger(reader, 'pipeline_id');
  check(reader);
  const project = findReadableProject(exchange, 'read_pipelines');
  const pipeline = findPipeline(exchange, project, id);
  return { status: 200, json: serializePipeline(pipeline, viewOf(exchange)) };
}

function currentUser({ caller }: Exchange): UserRecord {
  if (caller.user === null) throw unauthorized();
  return caller.user;
}

const revision = '5d1c7bafe3a';

/** Reads by id and probes, in the order of upstream.md §2.4 to §2.7 and §10. */
export const readRoutes: readonly Route[] = [
  {
    method: 'GET',
    template: '/projects/:id/jobs/:job_id',
    permission: 'read_job',
    auth: 'required',
    jobToken: null,
    handle: getJob,
  },
  {
    method: 'GET',
    template: '/projects/:id/jobs/:job_id/trace',
    permission: 'read_job',
    auth: 'required',
    jobToken: null,
    handle: getTrace,
  },
  { method: 'GET', template: '/job', auth: 'required', jobToken: 'own', handle: getOwnJob },
  {
    method: 'GET',
    template: '/job/allowed_agents',
    auth: 'required',
    jobToken: 'own',
    handle: getAllowedAgents,
  },
  {
    method: 'GET',
    template: '/projects/:id',
    auth: 'optional',
    jobToken: null,
    handle: getProject,
  },
  {
    method: 'GET',
    template: '/projects/:id/pipelines/:pipeline_id',
    auth: 'optional',
    jobToken: 'read_pipelines',
    handle: getPipeline,
  },
  {
    method: 'GET',
    template: '/user',
    auth: 'required',
    jobToken: null,
    scopes: ['read_user'],
    handle: (exchange) => ({
      status: 200,
      json: serializeCurrentUser(currentUser(exchange), viewOf(exchange)),
    }),
  },
  {
    method: 'GET',
    template: '/version',
    auth: 'required',
    jobToken: null,
    scopes: ['read_user'],
    handle: ({ caps }) => ({ status: 200, json: { version: caps.release, revision } }),
  },
  {
    method: 'GET',
    template: '/metadata',
    auth: 'required',
    jobToken: null,
    scopes: ['read_user'],
    capability: 'metadata',
    handle: ({ caps }) => ({
      status: 200,
      json: {
        version: caps.release,
        revision,
        kas: { enabled: false, externalUrl: null, version: null },
        enterprise: true,
      },
    }),
  },
];
