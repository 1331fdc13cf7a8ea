import { type Handler, startUpstream } from '../gitlab/upstream.ts';
import { type StartOptions, startGateway } from '../helpers/start-gateway.ts';

const AT = '2026-05-04T03:02:01.000Z';
const SHA = 'c0ffee'.padEnd(40, '0');

/**
 * Returns the row of a job with a value in every member. `base` is the base URL of GitLab's pages.
 */
export function fullRow(id: number | string, base = 'https://gitlab.example.com') {
  const home = `${base}/group/app`;
  return {
    id,
    status: 'success',
    stage: 'test',
    name: `job ${id}`,
    ref: 'main',
    tag: false,
    coverage: 81.5,
    allow_failure: false,
    created_at: AT,
    started_at: AT,
    finished_at: AT,
    erased_at: AT,
    duration: 1.5,
    queued_duration: 0.5,
    user: { id: 7, username: 'alice', name: 'Alice', state: 'active', web_url: `${base}/alice` },
    commit: { id: SHA, title: 'Title', created_at: AT, parent_ids: [SHA], web_url: home },
    pipeline: {
      id: 900,
      iid: 9,
      project_id: 42,
      sha: SHA,
      ref: 'main',
      status: 'running',
      source: 'push',
      created_at: AT,
      updated_at: AT,
      web_url: `${home}/-/pipelines/900`,
    },
    failure_reason: 'script_failure',
    web_url: `${home}/-/jobs/${id}`,
    project: { ci_job_token_scope_enabled: true },
    artifacts_file: { filename: 'artifacts.zip', size: 12 },
    artifacts: [
      { file_type: 'archive', size: 12, filename: 'artifacts.zip', file_format: 'zip' },
      { file_type: 'trace', size: 34, filename: 'job.log', file_format: 'raw' },
    ],
    runner: { id: 3, description: 'runner', active: true, runner_type: 'group_type' },
    runner_manager: { id: 4, system_id: 's_1', contacted_at: AT },
    artifacts_expire_at: AT,
    archived: false,
    tag_list: ['docker', 'linux'],
  };
}

export type FullRow = ReturnType<typeof fullRow>;

/**
 * Response bodies by path below /api/v4, without the query string. A string is sent as it is;
 * another value is sent as JSON.
 */
export type Responses = Record<string, unknown>;

/** Options of the gateway, and the path of GitLab's base URL, such as `/gitlab`. */
export type UpstreamOptions = StartOptions & { path?: string };

/**
 * Starts a gateway, and a GitLab with one handler for all requests. `calls()` returns the requests
 * since its last call, without /api/v4.
 */
export async function startBehind(
  handler: Handler,
  { path = '', ...options }: UpstreamOptions = {},
) {
  const upstream = await startUpstream(handler);
  const env = { GITLAB_URL: `${upstream.url}${path}`, ...options.env };
  const gateway = await startGateway({ token: 'glpat-alice', ...options, env });
  const calls = () => upstream.log.splice(0).map((line) => line.replace(`${path}/api/v4`, ''));
  return { ...gateway, upstream, calls };
}

/**
 * Starts a gateway, and a GitLab that answers with `responses`, and with 404 for other paths.
 * `calls()` returns the requests since its last call.
 */
export function startWith(
  responses: Responses | ((path: string) => unknown),
  options: UpstreamOptions = {},
) {
  const find = typeof responses === 'function' ? responses : (at: string) => responses[at];
  return startBehind((request, response) => {
    const at = request.url?.replace(/\?.*/, '').replace(`${options.path ?? ''}/api/v4`, '') ?? '';
    const body = find(at);
    const missing = { message: '404 Not found' };
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body ?? missing));
  }, options);
}

/**
 * Returns the offset page that a request asks for, and the header with the number of the next page.
 */
export function offsetPage<T>(all: readonly T[], params: URLSearchParams) {
  const [page, size] = [Number(params.get('page') ?? 1), Number(params.get('per_page') ?? 20)];
  const next = page * size < all.length ? String(page + 1) : '';
  return { rows: all.slice((page - 1) * size, page * size), headers: { 'x-next-page': next } };
}
