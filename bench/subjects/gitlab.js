/*
 * The GitLab client of both compared GraphQL servers (mercurius.js and yoga.js). It is a simple
 * client, written by hand: undici's pool, a check of the status, and deduplication of equal reads
 * within an operation.
 */
import { Pool } from 'undici';
import { validateJob, validateList } from './rows.js';

const { GITLAB_URL } = process.env;
const pool = new Pool(GITLAB_URL, { connections: 32 });

/** Converts a cursor of the gateway to GitLab's parameter `&cursor=…`. Returns '' without a cursor. */
function keysetCursor(after) {
  if (!after) return '';
  const [, , id] = Buffer.from(after, 'base64url').toString().split(':');
  return `&cursor=${Buffer.from(JSON.stringify({ id, _kd: 'n' })).toString('base64url')}`;
}

/** Creates the client for one operation of one caller. */
export function createGitlab(token) {
  const send = async (method, path) => {
    const headers = { 'private-token': token, accept: 'application/json' };
    const answer = await pool.request({ method, path: `/api/v4/projects${path}`, headers });
    if (answer.statusCode >= 300) throw new Error(`GitLab answered ${answer.statusCode}`);
    return answer;
  };
  const known = new Map();
  const once = (path, read) => {
    if (!known.has(path)) known.set(path, send('GET', path).then(read));
    return known.get(path);
  };
  const row = (path) => once(path, async ({ body }) => validateJob(await body.json()));
  const list = (path) =>
    once(path, async ({ headers, body }) => ({
      nodes: validateList(await body.json()),
      totalCount: headers['x-total'] && Number(headers['x-total']),
      pageInfo: { hasNextPage: Boolean(headers['x-next-cursor'] || headers['x-next-page']) },
    }));
  /** Reads all rows of a list, in pages of 100. `path` ends with `page=`; the page number is appended. */
  const allRows = async (path) => {
    const first = await list(`${path}1`);
    const count = Math.ceil(first.totalCount / 100);
    const others = Array.from({ length: count - 1 }, (_, index) => list(`${path}${index + 2}`));
    return [first, ...(await Promise.all(others))].flatMap(({ nodes }) => nodes);
  };
  return {
    job: (project, id) => row(`/${project}/jobs/${id}`),
    projectJobs: (project, first, after) =>
      list(
        `/${project}/jobs?pagination=keyset&order_by=id&sort=desc&per_page=${first}${keysetCursor(after)}`,
      ),
    pipelineJobs: (project, id, first) =>
      list(`/${project}/pipelines/${id}/jobs?page=1&per_page=${first}`),
    pipelineBridges: (project, id, first) =>
      list(`/${project}/pipelines/${id}/bridges?page=1&per_page=${first}`),
    allPipelineJobs: (project, id) =>
      allRows(`/${project}/pipelines/${id}/jobs?include_retried=true&per_page=100&page=`),
    allPipelineBridges: (project, id) =>
      allRows(`/${project}/pipelines/${id}/bridges?per_page=100&page=`),
    trace: (project, id) => once(`/${project}/jobs/${id}/trace`, ({ body }) => body.text()),
    cancel: async (project, id) =>
      validateJob(await (await send('POST', `/${project}/jobs/${id}/cancel`)).body.json()),
  };
}

/** Parses the gateway's global id of a job. Returns the project's id and the job's id in GitLab. */
export function parseJobId(id) {
  const [, project, job] = Buffer.from(id, 'base64url').toString().split(':');
  return [project, job];
}
