/*
 * A fake GitLab with one large pipeline: 2,000 attempts of jobs on 20 pages, and 100 trigger jobs. It keeps
 * each response body as bytes, so that it does not slow the gateway down. The environment variable NAMES selects
 * the names of the jobs.
 *
 * The start of the token selects the ETags: with "settled" they never change, so conditional requests get
 * 304; with "moving" each response has a new one; with "live" only the page with the newest jobs has a new one.
 */
import { createServer } from 'node:http';
import { createBoard } from './board-fixtures.js';
import { pipelines, project } from './fixtures.js';

const ATTEMPTS = 2_000;
const BRIDGES = 100;
const PER_PAGE = 100;

/** Job names that are very slow to sort, by value of NAMES. Undefined for other values: jobs have usual names. */
const nameOf = {
  digits: (index) => '7'.repeat(250) + String(index).padStart(5, '0'),
  alternating: (index) => 'a1'.repeat(125) + String(index).padStart(5, '0'),
}[process.env.NAMES];

const [pipeline] = pipelines;
const board = createBoard(pipeline, {
  attempts: ATTEMPTS,
  bridges: BRIDGES,
  stages: 10,
  nameOf,
  messageLength: 2_000,
});

const root = `/api/v4/projects/${project}/pipelines/${pipeline.id}`;
const lists = { [`${root}/jobs`]: board.jobs, [`${root}/bridges`]: board.bridges };

function pageOf(rows, query) {
  const page = Number(query.get('page') ?? 1);
  const perPage = Number(query.get('per_page') ?? PER_PAGE);
  const pages = Math.ceil(rows.length / perPage);
  return {
    body: Buffer.from(JSON.stringify(rows.slice((page - 1) * perPage, page * perPage))),
    headers: {
      'X-Page': page,
      'X-Per-Page': perPage,
      'X-Total': rows.length,
      'X-Total-Pages': pages,
      'X-Next-Page': page < pages ? page + 1 : '',
    },
  };
}

function createResponse(url) {
  const { pathname, searchParams } = new URL(url, 'http://gitlab');
  const rows = lists[pathname];
  if (rows) return pageOf(rows, searchParams);
  if (pathname === root) return { body: Buffer.from(JSON.stringify(pipeline)), headers: {} };
  return { status: 404, body: Buffer.from('{"message":"404 Not found"}'), headers: {} };
}

const responses = new Map();
let calls = 0;

/**
 * Returns a copy of the page of the newest jobs in which the first `coverage` has a new value at
 * each call.
 */
function changed({ body, headers }) {
  const text = body.toString().replace(/"coverage":(null|[\d.]+)/, `"coverage":${calls}`);
  return { body: Buffer.from(text), headers };
}

const server = createServer((request, response) => {
  calls += 1;
  const { url, headers } = request;
  const token = headers['private-token'] ?? '';
  let answer = responses.get(url) ?? createResponse(url);
  responses.set(url, answer);
  const isNewest = url.startsWith(`${root}/jobs`) && answer.headers['X-Page'] === 1;
  if (token.startsWith('live') && isNewest) answer = changed(answer);
  const isNew = token.startsWith('moving') || (token.startsWith('live') && isNewest);
  const etag = isNew ? `W/"${calls}"` : 'W/"settled"';
  request.resume();
  const common = {
    ...answer.headers,
    ETag: etag,
    'Content-Type': 'application/json',
    'X-Request-Id': 'r',
  };
  if (headers['if-none-match'] === etag) response.writeHead(304, common).end();
  else response.writeHead(answer.status ?? 200, common).end(answer.body);
});

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => process.send({ calls }));
process.on('disconnect', () => process.exit());
