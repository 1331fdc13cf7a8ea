import { sendJson } from '../gitlab/upstream.ts';
import type { StartOptions } from '../helpers/start-gateway.ts';
import { offsetPage, startBehind } from './own-upstream.ts';

/** A row of a job or trigger job, as GitLab sends it. */
export type Row = Record<string, unknown> & { id: number; name: string; stage: string };

/** A pipeline of the fake GitLab. Tests change its members between requests. */
export interface UpstreamPipeline {
  project: number;
  status: string;
  /** All attempts, in any order. */
  jobs: Row[];
  bridges: Row[];
}

/** A response that replaces the usual one. */
interface Fault {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

interface UpstreamOptions extends StartOptions {
  /** Whether responses with a list have the header X-Total. @default true */
  counts?: boolean;
  /** The pipelines that GitLab shows to a token instead of `pipelines`, by token. */
  seenBy?: Record<string, Record<number, UpstreamPipeline>>;
  /** The ETag of all responses. With it, GitLab answers 304 to a request that sends this ETag. */
  etag?: string;
}

const CREATED = '2026-11-29T10:00:00.000Z';

/** Returns the row of a pipeline in the form that is part of a job's row. */
export function pipelineRow(id: number, { project, status }: UpstreamPipeline) {
  return {
    id,
    iid: id,
    project_id: project,
    status,
    ref: 'main',
    sha: 'c0ffee'.padEnd(40, '0'),
    source: 'push',
    created_at: CREATED,
    updated_at: CREATED,
    web_url: `https://gitlab.example.com/group/app/-/pipelines/${id}`,
  };
}

/** Returns the current attempts: the newest row of each name. */
function currentOf(rows: readonly Row[]): Row[] {
  return rows.filter((row) => !rows.some(({ id, name }) => name === row.name && id > row.id));
}

/**
 * Starts a gateway, and a GitLab that lists the jobs of `pipelines` (by id) as a real one does.
 * `faults` replaces responses by path below /api/v4, with or without the query string. `calls()`
 * returns the requests since its last call.
 */
export async function startPipelines(
  pipelines: Record<number, UpstreamPipeline>,
  { counts = true, seenBy = {}, etag, ...options }: UpstreamOptions = {},
) {
  const faults: Record<string, Fault> = {};
  const started = await startBehind((request, response) => {
    const url = new URL(request.url ?? '', 'http://gitlab');
    const path = url.pathname.replace('/api/v4', '');
    const fault = faults[`${path}${url.search}`] ?? faults[path];
    if (fault)
      return sendJson(response, fault.body ?? { message: `${fault.status} Refused` }, fault);
    const [, id = '', list] = /\/pipelines\/(\d+)(?:\/(\w+))?$/.exec(path) ?? [];
    const pipeline = (seenBy[String(request.headers['private-token'])] ?? pipelines)[Number(id)];
    if (!pipeline) return sendJson(response, { message: '404 Not found' }, { status: 404 });
    const row = pipelineRow(Number(id), pipeline);
    if (etag && request.headers['if-none-match'] === etag) {
      response.writeHead(304, { etag }).end();
      return;
    }
    if (!list) return sendJson(response, row, { headers: { ...(etag && { etag }) } });
    const retried = url.searchParams.get('include_retried') === 'true';
    const jobs = retried ? pipeline.jobs : currentOf(pipeline.jobs);
    const all = list === 'jobs' ? jobs : pipeline.bridges;
    const sorted = [...all].sort((a, b) => b.id - a.id).map((job) => ({ ...job, pipeline: row }));
    const { rows, headers } = offsetPage(sorted, url.searchParams);
    const total = counts && { 'x-total': String(sorted.length) };
    sendJson(response, rows, { headers: { ...headers, ...total, ...(etag && { etag }) } });
  }, options);
  return { ...started, faults };
}

/** Returns the row of a finished job that ran for a second. */
export function build(id: number, name: string, more: Partial<Row> = {}): Row {
  return {
    id,
    name,
    stage: 'test',
    status: 'success',
    allow_failure: false,
    created_at: CREATED,
    started_at: CREATED,
    finished_at: CREATED,
    duration: 1,
    queued_duration: 0,
    web_url: `https://gitlab.example.com/group/app/-/jobs/${id}`,
    ...more,
  };
}

const at = (time: string) => `2026-11-29T${time}.000Z`;

const seconds = (from: string, to: string) => (Date.parse(at(to)) - Date.parse(at(from))) / 1000;

type Line = [
  id: number,
  name: string,
  stage: string,
  status: string,
  queued: number,
  started: string,
  finished: string,
  more?: Partial<Row>,
];

const toRow = ([id, name, stage, status, queued, started, finished, more]: Line): Row =>
  build(id, name, {
    stage,
    status,
    queued_duration: queued,
    started_at: at(started),
    finished_at: at(finished),
    duration: seconds(started, finished),
    ...more,
  });

/**
 * Returns a finished pipeline of four stages with a retry, parallel jobs, a matrix job, a manual
 * job and a trigger job.
 */
export function retriedPipeline(): UpstreamPipeline {
  const lines: Line[] = [
    [201, 'compile', 'build', 'success', 4, '10:00:04', '10:01:04'],
    [202, 'lint', 'lint', 'failed', 2, '10:01:06', '10:01:16'],
    [203, 'unit 1/2', 'test', 'success', 3, '10:03:18', '10:04:18'],
    [204, 'unit 2/2', 'test', 'success', 10, '10:03:25', '10:05:25'],
    [205, 'e2e: [chrome]', 'test', 'failed', 3, '10:03:18', '10:03:48', { allow_failure: true }],
    [209, 'lint', 'lint', 'success', 5, '10:03:05', '10:03:15', { created_at: at('10:03:00') }],
  ];
  const never = { started_at: null, finished_at: null, duration: null, queued_duration: null };
  const publish = { stage: 'release', status: 'manual', allow_failure: true, ...never };
  const downstream = pipelineRow(950, { project: 2, status: 'running', jobs: [], bridges: [] });
  const contract = { downstream_pipeline: downstream };
  const bridge: Line = [207, 'contract', 'release', 'success', 2, '10:05:27', '10:05:29', contract];
  return {
    project: 1,
    status: 'success',
    jobs: [...lines.map(toRow), build(206, 'publish', publish)],
    bridges: [toRow(bridge)],
  };
}
