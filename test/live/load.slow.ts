import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { createClient } from 'graphql-ws';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { serveProgram } from '../app/start-program.ts';
import { aJob, sendJson, startUpstream } from '../gitlab/upstream.ts';

/*
 * Puts the program under load with live updates and logs, with the heap limit of the container
 * image. GitLab and the clients run in the process of the test.
 */

const LAG = 'nodejs_eventloop_lag_max_seconds';

type GitLab = (path: string, response: ServerResponse) => void;

/**
 * Starts the program in a process of its own. `load` returns what that process has used. It does
 * not include GitLab and the clients, which run in the process of the test.
 */
async function start(gitlab: GitLab, env: Record<string, string> = {}) {
  const upstream = await startUpstream(({ url = '' }, response) => gitlab(url, response));
  const { child, url } = await serveProgram({
    NODE_OPTIONS: '--max-old-space-size=384',
    GITLAB_URL: upstream.url,
    LOG_LEVEL: 'error',
    ...env,
  });
  const readMetric = async (name: string) => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  // The metric begins to measure when it is read for the first time.
  await readMetric(LAG);
  const load = async () => ({
    /** The longest time that the event loop was blocked. */
    blockedSeconds: await readMetric(LAG),
    peakMegabytes:
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
  });
  return { url, load };
}

/**
 * Returns the handler of a GitLab with a pipeline. All of its jobs have the status that `status`
 * returns.
 */
function pipelineOf(jobs: number, status: () => string): GitLab {
  return (path, response) => {
    const { pathname, searchParams } = new URL(path, 'http://gitlab');
    const pipeline = { id: 9, project_id: 42, status: 'running', ref: 'main', sha: 'a' };
    if (pathname.endsWith('/pipelines/9')) return sendJson(response, pipeline);
    const [page, size] = [Number(searchParams.get('page')), Number(searchParams.get('per_page'))];
    const count = pathname.endsWith('/jobs') ? jobs : 0;
    const rows = Array.from({ length: Math.max(0, Math.min(size, count - (page - 1) * size)) });
    const first = count - (page - 1) * size;
    sendJson(
      response,
      rows.map((_, index) => aJob(first - index, { status: status(), pipeline })),
      {
        headers: {
          'x-total': String(count),
          'x-next-page': page * size < count ? String(page + 1) : '',
        },
      },
    );
  };
}

const PIPELINE = `subscription ($id: ID!) {
  pipelineUpdated(id: $id) { changedJobs { id __typename ... on Job { name status stage webUrl } } }
}`;

it('256 subscribers of 2,000 jobs that all change keep nobody waiting', async () => {
  let status = 'pending';
  const { url, load } = await start(pipelineOf(2_000, () => status));
  const events = { count: 0 };
  const clients = Array.from({ length: 8 }, () =>
    createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { 'private-token': 'glpat-one' },
    }),
  );
  onTestFinished(() => void Promise.all(clients.map((client) => client.dispose())));
  const variables = { id: toGlobalId('Pipeline', 42, 9) };
  for (const client of clients) {
    for (let n = 0; n < 32; n += 1) {
      const next = () => {
        events.count += 1;
      };
      client.subscribe({ query: PIPELINE, variables }, { next, error() {}, complete() {} });
    }
  }
  await expect.poll(() => events.count, { timeout: 60_000 }).toBe(256);
  status = 'running';
  await expect.poll(() => events.count, { timeout: 60_000 }).toBe(512);
  const { blockedSeconds, peakMegabytes } = await load();
  expect(blockedSeconds).toBeLessThan(0.5);
  expect(peakMegabytes).toBeLessThan(300);
});

it('32 slow readers of raw logs with two credentials do not keep others from reading logs', async () => {
  const chunk = Buffer.alloc(65_536, 'a line\n');
  const { url, load } = await start((path, response) => {
    if (!path.includes('/jobs/1/trace')) return response.end('short\n');
    const write = () => {
      while (!response.destroyed && response.write(chunk));
      response.once('drain', write);
    };
    return write();
  });
  const { port } = new URL(url);
  const openSlow = (token: string) => {
    const socket = connectSocket(Number(port), '127.0.0.1').on('error', () => {});
    socket.pause();
    socket.write(`GET /jobs/42/1/trace HTTP/1.1\r\nhost: localhost\r\n${token}\r\n`);
    onTestFinished(() => void socket.destroy());
  };
  for (let n = 0; n < 16; n += 1) openSlow('');
  for (let n = 0; n < 16; n += 1) openSlow('private-token: glpat-one\r\n');
  const query = '{ job(project: "42", id: "2") { trace { text(format: RAW) } } }';
  const body = JSON.stringify({ query });
  const readers: Record<string, string>[] = [{}, { 'private-token': 'glpat-two' }];
  for (const reader of readers) {
    const headers = { 'content-type': 'application/json', ...reader };
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    expect(await response.json()).toEqual({ data: { job: { trace: { text: 'short\n' } } } });
    // A slow reader is disconnected in favor of another download two seconds after it took the last
    // chunk.
    const download = () => fetch(`${url}/jobs/42/2/trace`, { headers: reader });
    await expect.poll(async () => (await download()).status, { timeout: 10_000 }).toBe(200);
  }
  expect((await load()).blockedSeconds).toBeLessThan(0.5);
});

it('an endless log ends with the timeout of the operation, and keeps nobody waiting', async () => {
  const chunk = Buffer.alloc(65_536, 'abc\n');
  const { url, load } = await start(
    (_path, response) => {
      let isEnded = false;
      response.on('close', () => {
        isEnded = true;
      });
      const write = () => {
        // Sends one chunk per iteration of the event loop, so that the test itself, which measures,
        // is not blocked.
        if (isEnded) return;
        if (response.write(chunk)) setImmediate(write);
        else response.once('drain', write);
      };
      write();
    },
    { OPERATION_TIMEOUT_MS: '5000' },
  );
  const query = '{ job(project: "42", id: "1") { trace { lines(last: 1) { nodes { text } } } } }';
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  expect(await response.text()).toContain('UPSTREAM_TIMEOUT');
  const { blockedSeconds, peakMegabytes } = await load();
  expect(blockedSeconds).toBeLessThan(0.5);
  expect(peakMegabytes).toBeLessThan(350);
});
