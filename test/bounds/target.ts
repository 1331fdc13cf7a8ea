import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { serveProgram } from '../app/start-program.ts';

/** The program under attack, with a small heap. Its GitLab accepts one token. */
export interface Target {
  readonly port: number;
  /** Resident memory of the program, in MiB. */
  memory(): number;
  isRunning(): boolean;
  /** Opens a TCP connection, which is destroyed when the test ends. */
  connect(): Socket;
  /** Sends a GraphQL request. Returns the status, and the code of the first error or `data`. */
  post(params: unknown, headers?: Record<string, string>): Promise<string>;
  webSocket(): Promise<WebSocket>;
}

export const KNOWN_TOKEN = 'glpat-known';

/** `delayMs` is how long GitLab waits before it rejects an invalid token. */
export interface GitlabOptions {
  delayMs?: number;
}

function answer(headers: IncomingHttpHeaders, path: string): { status: number; body: string } {
  if (headers['private-token'] !== KNOWN_TOKEN) {
    return { status: 401, body: '{"message":"401 Unauthorized"}' };
  }
  if (path.endsWith('/trace'))
    return { status: 200, body: '\u001b[31mline\u001b[0m\n'.repeat(60_000) };
  const job = { id: 1, name: 'test', status: 'running', pipeline: { id: 9, project_id: 42 } };
  return { status: 200, body: JSON.stringify(job) };
}

/**
 * Starts a GitLab and returns its URL. Unlike `startUpstream`, it does not record requests, so that
 * its memory does not grow.
 */
async function startGitlab({ delayMs = 0 }: GitlabOptions): Promise<string> {
  const server: Server = createServer((request, response) => {
    const { status, body } = answer(request.headers, request.url?.split('?')[0] ?? '');
    const headers = { 'content-type': 'application/json', 'x-request-id': 'r' };
    setTimeout(() => response.writeHead(status, headers).end(body), status === 401 ? delayMs : 0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts the program with the heap limit of the container image. */
export async function startTarget(
  env: Record<string, string> = {},
  options: GitlabOptions = {},
): Promise<Target> {
  const { child, url } = await serveProgram({
    NODE_OPTIONS: '--max-old-space-size=384',
    GITLAB_URL: await startGitlab(options),
    LOG_LEVEL: 'error',
    ...env,
  });
  const port = Number(new URL(url).port);
  const open = () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    onTestFinished(() => void socket.destroy());
    return socket;
  };
  return {
    port,
    memory() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
    },
    isRunning: () => child.exitCode === null && child.signalCode === null,
    connect: open,
    async post(params, headers = {}) {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof params === 'string' ? params : JSON.stringify(params),
      });
      const { errors } = (await response.json()) as {
        errors?: { extensions: { code: string } }[];
      };
      return `${response.status} ${errors?.[0]?.extensions.code ?? 'data'}`;
    },
    async webSocket() {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
      socket.on('error', () => {});
      onTestFinished(() => socket.terminate());
      await once(socket, 'open');
      return socket;
    },
  };
}

const WATCH = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { request } = require('node:http');
  let worstMs = 0;
  const ask = () => new Promise((resolve) => {
    const from = performance.now();
    const end = (ok) => { worstMs = Math.max(worstMs, ok ? performance.now() - from : Infinity); resolve(); };
    request({ port: workerData, host: '127.0.0.1', path: '/health' }, (response) =>
      response.resume().on('end', () => end(response.statusCode === 200))).on('error', () => end(false)).end();
  });
  let isOn = true;
  parentPort.once('message', () => { isOn = false; });
  (async () => {
    for (let time = 0; time < 20; time += 1) await ask();
    worstMs = 0;
    parentPort.postMessage('ready');
    while (isOn) { await ask(); await new Promise((resolve) => setTimeout(resolve, 20)); }
    parentPort.postMessage(worstMs);
  })();
`;

/**
 * Requests /health in a thread of its own, each time 20 ms after the previous response. `stop`
 * returns the longest response time in ms; Infinity if a request failed.
 */
export async function watchHealth({ port }: Target) {
  const worker = new Worker(WATCH, { eval: true, workerData: port });
  onTestFinished(async () => void (await worker.terminate()));
  await once(worker, 'message');
  return {
    async stop(): Promise<number> {
      worker.postMessage('stop');
      const [worstMs] = (await once(worker, 'message')) as [number];
      return worstMs;
    },
  };
}
