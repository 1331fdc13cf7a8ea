import type { Answer, Exchange, Route } from './exchange.ts';
import { tooManyRequests } from './failure.ts';
import { walkDown } from './id-list.ts';
import { keysetPage, wantsKeyset } from './keyset.ts';
import { findPipeline, findReadableProject, viewOf } from './lookup.ts';
import { offsetPage, pageParams, type RowSource } from './pagination.ts';
import type { JobRecord, PipelineRecord } from './records.ts';
import { serializeBridge, serializeJob } from './serialize-job.ts';
import { serializePipelineRow } from './serialize-pipeline.ts';
import { boolean, check, pathInteger, readParams, scope } from './validation.ts';

const minuteMs = 60_000;

/** Rows of a list kept by id, newest first. */
function newestFirst<T extends { readonly id: number }>(
  list: readonly T[],
  matches: (row: T) => boolean,
): RowSource<T> {
  return {
    take: (skip, count) => walkDown(list, Number.POSITIVE_INFINITY, { matches, skip, take: count }),
    count: () => list.reduce((total, row) => total + Number(matches(row)), 0),
  };
}

/** 600 a minute per user, counted before the project is looked for (upstream.md §5.2). */
function checkJobsIndex({ caps, limits, caller, clock }: Exchange): void {
  if (!caps.jobsIndexLimit || limits.jobsIndex === 0) return;
  const count = limits.hit(`jobs_index ${caller.user?.id}`, minuteMs, clock());
  if (count > limits.jobsIndex) throw tooManyRequests();
}

function hasStatus(statuses: ReadonlySet<string> | null): (job: JobRecord) => boolean {
  return (job) => statuses === null || statuses.has(job.status);
}

/** The `ref` filter where the release has one; blank = none (§2.1). */
function hasRef({ caps, params }: Exchange): (job: JobRecord) => boolean {
  const { ref } = params;
  const wanted = caps.refFilter && typeof ref === 'string' && ref !== '' ? ref : null;
  return (job) => wanted === null || job.ref === wanted;
}

/** GET /projects/:id/jobs: builds only, retried ones too, newest first (§2.1). */
function listProjectJobs(exchange: Exchange): Answer {
  const reader = readParams(exchange.params);
  const statuses = scope(reader, exchange.caps, { hash: true });
  const paging = pageParams(reader, exchange.caps);
  check(reader);
  checkJobsIndex(exchange);
  const project = findReadableProject(exchange, 'read_jobs');
  const byStatus = hasStatus(statuses);
  const byRef = hasRef(exchange);
  const matches = (job: JobRecord) => job.kind === 'build' && byStatus(job) && byRef(job);
  const rules = { totals: exchange.caps.projectJobsTotals, limited: true };
  const page = wantsKeyset(exchange.params)
    ? keysetPage(exchange, project.jobs, { perPage: paging.perPage, matches })
    : offsetPage(exchange, newestFirst(project.jobs, matches), { ...paging, rules });
  const view = viewOf(exchange);
  return {
    status: 200,
    json: page.rows.map((job) => serializeJob(job, view)),
    headers: page.headers,
  };
}

/** A pipeline's builds or bridges (§2.2, §2.3): offset pages only, with totals. */
function listOfPipeline(exchange: Exchange, kind: JobRecord['kind']): Answer {
  const reader = readParams(exchange.params);
  const pipelineId = pathInteger(reader, 'pipeline_id');
  const declared: Record<string, boolean> = {};
  if (kind === 'build') declared['include_retried'] = boolean(reader, 'include_retried');
  const byStatus = hasStatus(scope(reader, exchange.caps, { hash: false }));
  const paging = pageParams(reader, exchange.caps);
  check(reader);
  const policy = kind === 'build' ? 'read_jobs' : 'read_pipelines';
  const project = findReadableProject(exchange, policy);
  const pipeline = findPipeline(exchange, project, pipelineId);
  const matches = (job: JobRecord) =>
    job.kind === kind && byStatus(job) && (declared['include_retried'] === true || !job.retried);
  const rules = { totals: true, declared };
  const page = offsetPage(exchange, newestFirst(pipeline.jobs, matches), { ...paging, rules });
  const view = viewOf(exchange);
  const serialize = kind === 'build' ? serializeJob : serializeBridge;
  return {
    status: 200,
    json: page.rows.map((job) => serialize(job, view)),
    headers: page.headers,
  };
}

const pipelineFilters = ['status', 'ref', 'sha', 'source'] as const;

/** GET /projects/:id/pipelines: offset only, newest first; child pipelines by their source (§10). */
function listPipelines(exchange: Exchange): Answer {
  const reader = readParams(exchange.params);
  const paging = pageParams(reader, exchange.caps);
  check(reader);
  const project = findReadableProject(exchange, 'read_pipelines');
  const view = viewOf(exchange);
  const isWanted = (pipeline: PipelineRecord) => {
    const row = serializePipelineRow(pipeline, view);
    const { params } = exchange;
    if (params['source'] === undefined && pipeline.source === 'parent_pipeline') return false;
    return pipelineFilters.every((key) => params[key] === undefined || params[key] === row[key]);
  };
  const rules = { totals: true };
  const page = offsetPage(exchange, newestFirst(project.pipelines, isWanted), { ...paging, rules });
  return {
    status: 200,
    json: page.rows.map((pipeline) => serializePipelineRow(pipeline, view)),
    headers: page.headers,
  };
}

const pipelinePath = '/projects/:id/pipelines/:pipeline_id';

/** Every list, in the order of upstream.md §2.1 to §2.3. */
export const listRoutes: readonly Route[] = [
  {
    method: 'GET',
    template: '/projects/:id/jobs',
    permission: 'read_job',
    auth: 'required',
    jobToken: 'read_jobs',
    handle: listProjectJobs,
  },
  {
    method: 'GET',
    template: `${pipelinePath}/jobs`,
    permission: 'read_pipeline_job',
    auth: 'optional',
    jobToken: 'read_jobs',
    handle: (exchange) => listOfPipeline(exchange, 'build'),
  },
  {
    method: 'GET',
    template: `${pipelinePath}/bridges`,
    permission: 'read_pipeline_bridge',
    auth: 'optional',
    jobToken: 'read_pipelines',
    handle: (exchange) => listOfPipeline(exchange, 'bridge'),
  },
  {
    method: 'GET',
    template: `${pipelinePath}/trigger_jobs`,
    permission: 'read_pipeline_bridge',
    auth: 'optional',
    jobToken: 'read_pipelines',
    capability: 'triggerJobs',
    handle: (exchange) => listOfPipeline(exchange, 'bridge'),
  },
  {
    method: 'GET',
    template: '/projects/:id/pipelines',
    auth: 'optional',
    jobToken: 'read_pipelines',
    handle: listPipelines,
  },
];
