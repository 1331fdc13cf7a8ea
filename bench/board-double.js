/*
 * GitLab with one large pipeline: 2,000 attempts of jobs on 20 pages, and 100 trigger jobs. Every
 * answer is bytes that were written before. NAMES selects the names of the jobs.
 *
 * To a token that begins with "settled" it answers 304 if nothing changed. To "moving" every answer is
 * new. To "live" only the page with the newest jobs is new at each read.
 */
import { createServer } from 'node:http';
import { bridgesOf, pipelines, project, jobs as samples } from './fixtures.js';

const ATTEMPTS = 2_000;
const BRIDGES = 100;
const STAGES = 10;
const FIRST_ID = 6_000_000_001;
const PER_PAGE = 100;

const nameOf = {
  /** Parallel jobs, matrix jobs and single ones. */
  plain: (index) =>
    [
      `unit ${index % 40} ${index}/${ATTEMPTS}`,
      `e2e ${index % 40}: [linux, ${index}]`,
      `lint ${index}`,
    ][index % 3],
  digits: (index) => '7'.repeat(250) + String(index).padStart(5, '0'),
  alternating: (index) => 'a1'.repeat(125) + String(index).padStart(5, '0'),
}[process.env.NAMES ?? 'plain'];

const [pipeline] = pipelines;
const at = (seconds) => new Date(Date.UTC(2026, 10, 23, 9) + seconds * 1000).toISOString();

/** Every tenth row is a retry of the job before it. */
function attemptOf(index) {
  const job = index % 10 === 9 ? index - 1 : index;
  const sample = samples[index % samples.length];
  const stage = Math.floor((job * STAGES) / ATTEMPTS);
  return {
    ...sample,
    id: FIRST_ID + index,
    name: nameOf(job),
    stage: `stage ${stage}`,
    started_at: at(60 * stage + 5),
    finished_at: at(60 * stage + 55 + (index % 5)),
    duration: 50 + (index % 5),
    queued_duration: 3,
    commit: {
      ...sample.commit,
      message: sample.commit.message.padEnd(2_000, 'It was forgotten. '),
    },
    pipeline,
  };
}

const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));
const attempts = times(ATTEMPTS, attemptOf).reverse();
const [trigger] = bridgesOf(pipeline);
const bridges = times(BRIDGES, (index) => ({
  ...trigger,
  id: FIRST_ID + ATTEMPTS + index,
  name: `trigger ${index}`,
  stage: `stage ${STAGES - 1}`,
})).reverse();

const root = `/api/v4/projects/${project}/pipelines/${pipeline.id}`;
const lists = { [`${root}/jobs`]: attempts, [`${root}/bridges`]: bridges };

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

function write(url) {
  const { pathname, searchParams } = new URL(url, 'http://gitlab');
  const rows = lists[pathname];
  if (rows) return pageOf(rows, searchParams);
  if (pathname === root) return { body: Buffer.from(JSON.stringify(pipeline)), headers: {} };
  return { status: 404, body: Buffer.from('{"message":"404 Not found"}'), headers: {} };
}

const written = new Map();
let calls = 0;

/** The newest page of jobs, in which the duration of one job is another at each read. */
function changed({ body, headers }) {
  const text = body.toString().replace(/"coverage":(null|[\d.]+)/, `"coverage":${calls}`);
  return { body: Buffer.from(text), headers };
}

const server = createServer((request, response) => {
  calls += 1;
  const { url, headers } = request;
  const token = headers['private-token'] ?? '';
  let answer = written.get(url) ?? write(url);
  written.set(url, answer);
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
