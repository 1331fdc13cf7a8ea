/*
 * A fast fake GitLab with the endpoints that the workloads need. It keeps each response body as bytes, so
 * that it does not slow the measured program down. It counts the calls.
 *
 * For tokens that begin with "settled", the ETag never changes, so conditional requests get 304. For all other
 * tokens, each response has a new ETag. The environment variable LATENCY_MS delays each response.
 */
import { createServer } from 'node:http';
import { boardsById, liveBoard } from './board-fixtures.js';
import {
  bridgesOf,
  canceled,
  jobs,
  jobsByLogLength,
  jobsByWallProject,
  jobsOf,
  log,
  logOf,
  pipelines,
  project,
  running,
} from './fixtures.js';

const latencyMs = Number(process.env.LATENCY_MS ?? 0);
const jobsById = new Map(jobs.map((job) => [job.id, job]));
const pipelinesById = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]));
const usualLog = Buffer.from(log);
const logs = new Map([...jobsByLogLength].map(([bytes, { id }]) => [id, bytes]));
const root = `/api/v4/projects/${project}`;

const json = (body, headers = {}) => ({
  headers: { 'Content-Type': 'application/json', ...headers },
  body: Buffer.from(body),
});
const list = (rows) => JSON.stringify(rows);

/** Returns a keyset page. Its headers have cursors for the next and the previous page, if there are any. */
function keysetPage(all, query) {
  const cursor = query.get('cursor');
  const below = cursor ? Number(JSON.parse(Buffer.from(cursor, 'base64url')).id) : Infinity;
  const older = all.filter(({ id }) => id < below);
  const rows = older.slice(0, Number(query.get('per_page')));
  const cursorAt = (id, way) =>
    Buffer.from(JSON.stringify({ id: String(id), _kd: way })).toString('base64');
  const next = rows.length < older.length ? cursorAt(rows.at(-1).id, 'n') : '';
  return json(list(rows), {
    ...(next && {
      'X-NEXT-CURSOR': next,
      Link: `<https://gitlab.example.com${root}/jobs?cursor=${encodeURIComponent(next)}>; rel="next"`,
    }),
    ...(cursor && { 'X-PREV-CURSOR': cursorAt(rows[0].id, 'p') }),
  });
}

function offsetPage(all, query) {
  const perPage = Number(query.get('per_page') ?? 20);
  const page = Number(query.get('page') ?? 1);
  const pages = Math.ceil(all.length / perPage);
  return json(list(all.slice((page - 1) * perPage, page * perPage)), {
    'X-Page': page,
    'X-Per-Page': perPage,
    'X-Total': all.length,
    'X-Total-Pages': pages,
    'X-Next-Page': page < pages ? page + 1 : '',
    'X-Prev-Page': page > 1 ? page - 1 : '',
  });
}

const jobBy = (id) => jobsById.get(Number(id));
const pipelineBy = (id) => pipelinesById.get(Number(id)) ?? boardsById.get(Number(id))?.pipeline;
const jobsBy = (id) => boardsById.get(Number(id))?.jobs ?? jobsOf(pipelineBy(id));
const bridgesBy = (id) => boardsById.get(Number(id))?.bridges ?? bridgesOf(pipelineBy(id));

/** Returns the jobs of the live board. The `coverage` of the newest one changes at each read. */
function liveJobs() {
  const [newest, ...others] = liveBoard.jobs;
  return [{ ...newest, coverage: calls % 100 }, ...others];
}

function trace(id) {
  const bytes = logs.get(Number(id));
  const body = bytes === undefined ? usualLog : logOf(bytes);
  return { headers: { 'Content-Type': 'text/plain' }, body };
}

/**
 * Pairs of a path below the project and a function that creates its response. A response with `changes` is
 * created again for each request; other responses are created once per URL.
 */
const routes = [
  [
    new RegExp(`^/jobs/${running.id}$`),
    () => ({ ...json(JSON.stringify({ ...running, coverage: calls % 100 })), changes: true }),
  ],
  [
    /^\/jobs$/,
    (_, query) => (query.has('page') ? offsetPage(jobs, query) : keysetPage(jobs, query)),
  ],
  [/^\/jobs\/(\d+)$/, (id) => json(JSON.stringify(jobBy(id)))],
  [/^\/jobs\/(\d+)\/cancel$/, (id) => json(JSON.stringify(canceled(jobBy(id))))],
  [/^\/jobs\/(\d+)\/trace$/, trace],
  [
    new RegExp(`^/pipelines/${liveBoard.pipeline.id}/jobs$`),
    (_, query) => ({ ...offsetPage(liveJobs(), query), changes: true }),
  ],
  [/^\/pipelines\/(\d+)$/, (id) => json(JSON.stringify(pipelineBy(id)))],
  [/^\/pipelines\/(\d+)\/jobs$/, (id, query) => offsetPage(jobsBy(id), query)],
  [/^\/pipelines\/(\d+)\/bridges$/, (id, query) => offsetPage(bridgesBy(id), query)],
];

/** The headers that GitLab sends with every response. */
const common = {
  Vary: 'Origin',
  'Cache-Control': 'max-age=0, private, must-revalidate',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
  'X-Gitlab-Meta': '{"correlation_id":"01JD0000000000000000000000","version":"1"}',
  'X-Request-Id': '01JD0000000000000000000000',
  'X-Runtime': '0.041872',
  'Strict-Transport-Security': 'max-age=63072000',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'RateLimit-Limit': '2000000000',
  'RateLimit-Remaining': '2000000000',
};

const wallList = /^\/api\/v4\/projects\/(\d+)\/jobs$/;

function complete({ headers, body, changes }) {
  const whole = { ...common, ...headers, 'Content-Length': body.length };
  return { status: 200, headers: whole, body, changes };
}

function createResponse(url) {
  const { pathname, searchParams } = new URL(url, 'http://gitlab');
  const wallJobs = jobsByWallProject.get(wallList.exec(pathname)?.[1]);
  if (wallJobs) return complete(keysetPage(wallJobs, searchParams));
  for (const [path, answer] of routes) {
    const match = pathname.startsWith(root) && path.exec(pathname.slice(root.length));
    if (!match) continue;
    return complete(answer(match[1], searchParams));
  }
  return { status: 404, headers: common, body: Buffer.from('{"message":"404 Not found"}') };
}

const responses = new Map();
let calls = 0;

const server = createServer((request, response) => {
  calls += 1;
  let answer = responses.get(request.url);
  if (!answer) {
    answer = createResponse(request.url);
    if (!answer.changes) responses.set(request.url, answer);
  }
  const settled = request.headers['private-token']?.startsWith('settled');
  const etag = settled ? 'W/"settled"' : `W/"${calls}"`;
  request.resume();
  const send = () => {
    if (request.headers['if-none-match'] === etag) {
      const { 'Content-Length': _, ...headers } = answer.headers;
      response.writeHead(304, { ...headers, ETag: etag }).end();
    } else {
      response.writeHead(answer.status, { ...answer.headers, ETag: etag }).end(answer.body);
    }
  };
  if (latencyMs > 0) setTimeout(send, latencyMs);
  else send();
});

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => process.send({ calls }));
process.on('disconnect', () => process.exit());
