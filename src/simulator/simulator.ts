import { once, setMaxListeners } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { dispatch, type Instance, parseBody, routeOf } from './dispatch.ts';
import { createFaultQueue, type Fault, type FaultQueue, faultReply, type Reply } from './faults.ts';
import { createLimits, type RateLimit, rateLimitHeaders } from './limits.ts';
import type { Param } from './params.ts';
import { commonHeaders, finishReply, requestId } from './respond.ts';
import { capabilitiesOf, type Version } from './versions.ts';
import { createWorld, type World } from './world.ts';

export type { Fault } from './faults.ts';

/** How the simulated GitLab is installed. */
export interface SimulatorOptions {
  /** @default '19.3' */
  version?: Version | undefined;
  /** @default 0: any free one */
  port?: number | undefined;
  /** @default '127.0.0.1' */
  host?: string | undefined;
  /** A relative URL install, such as `/gitlab`. @default '' */
  basePath?: string | undefined;
  /** What `web_url`, `Link` and `Location` show. @default its own url */
  externalUrl?: string | undefined;
  /** @default an empty world */
  world?: World | undefined;
  /** Waits before each answer. @default 0 */
  latencyMs?: number | undefined;
  /** The throttle per user and period. @default none */
  rateLimit?: RateLimit | undefined;
  /** Calls a minute and user on a project's jobs; 0 = no limit. @default 600 */
  jobsIndexLimit?: number | undefined;
  /** Refuse offset pages beyond row 50,000, as GitLab.com does. @default as the release */
  enforceOffsetLimit?: boolean | undefined;
  /** The clock of rate limits and the Date header. @default the world's */
  clock?: (() => number) | undefined;
}

/** A request as the simulator saw it. */
export interface LoggedRequest {
  method: string;
  /** Path and query exactly as received. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: unknown;
  /** What was answered; 0 while pending or when cut. */
  status: number;
  /** `GET /projects/:id/jobs/:job_id`; '' where no route fits. */
  route: string;
}

/** A running simulated GitLab. */
export interface Simulator {
  /** What GITLAB_URL would be, base path included. */
  readonly url: string;
  readonly world: World;
  /** In order of arrival; tests empty it with `requests.length = 0`. */
  readonly requests: LoggedRequest[];
  /** The next matching requests get the fault. */
  fail(fault: Fault): void;
  clearFaults(): void;
  setLatency(ms: number): void;
  /** Moves the world along in real time, every second unless stated. */
  start(everyMs?: number): void;
  /** Stops the timer, cuts every connection, resolves when closed. */
  close(): Promise<void>;
}

/** What the requests of one simulator share. */
interface Running {
  instance: Instance;
  readonly requests: LoggedRequest[];
  readonly faults: FaultQueue;
  readonly closing: AbortController;
  latencyMs: number;
  served: number;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function logOf(running: Running, request: IncomingMessage): LoggedRequest {
  const { method = 'GET', url = '/', headers } = request;
  const queryAt = url.includes('?') ? url.indexOf('?') : url.length;
  const entry: LoggedRequest = {
    method,
    path: url,
    query: new URLSearchParams(url.slice(queryAt)),
    headers,
    body: undefined,
    status: 0,
    route: routeOf(running.instance, method, url),
  };
  running.requests.push(entry);
  return entry;
}

/** Sends an answer whole, and notes it. */
function send(response: ServerResponse, entry: LoggedRequest, reply: Reply): void {
  if (response.destroyed) return;
  entry.status = reply.status;
  response.writeHead(reply.status, { ...reply.headers });
  response.end(entry.method === 'HEAD' ? undefined : reply.body);
}

/** Announces an answer whole, sends half of it, and breaks the connection. */
function sendHalf(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { ...reply.headers });
  const half = reply.body.subarray(0, Math.floor(reply.body.length / 2));
  response.write(half, () => response.destroy());
}

function faultedReply({ instance }: Running, fault: Fault): Reply | null {
  const limit = { limit: 2_000, periodMs: 60_000 };
  const now = instance.clock();
  return faultReply(
    fault.kind === 'redirect'
      ? { ...fault, location: fault.location ?? `${instance.externalUrl}/users/sign_in` }
      : fault,
    {
      maintenance503: instance.caps.maintenance503,
      rateLimit: (seconds) =>
        rateLimitHeaders('throttle_authenticated_api', limit, {
          observed: 2_001,
          resetAt: now + seconds * 1_000,
        }),
    },
  );
}

/** The end of a request whose answer goes wrong. */
function sendFault(running: Running, call: Call, fault: Fault): void {
  const { response, entry } = call;
  if (fault.kind === 'slow') {
    send(response, entry, carryOut(running, entry));
  } else if (fault.kind === 'truncated') {
    sendHalf(response, carryOut(running, entry));
  } else {
    if (fault.afterHandling === true) carryOut(running, entry);
    const reply = faultedReply(running, fault);
    if (reply !== null) send(response, entry, finish(running, entry, reply));
    else if (fault.kind === 'reset') response.socket?.resetAndDestroy();
  }
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly entry: LoggedRequest;
}

function finish(running: Running, entry: LoggedRequest, reply: Reply): Reply {
  running.served += 1;
  const now = running.instance.clock();
  const common = commonHeaders(requestId(now, running.served));
  const date = new Date(now).toUTCString();
  return finishReply(reply, entry, { ...common, Date: date });
}

function carryOut(running: Running, entry: LoggedRequest): Reply {
  const { method, path: target, headers } = entry;
  const reply = dispatch(running.instance, { method, target, headers, body: entry.body as Param });
  return finish(running, entry, reply);
}

async function serve(running: Running, call: Call): Promise<void> {
  const { request, response, entry } = call;
  const { signal } = running.closing;
  const fault = running.faults.take(entry.method, entry.path);
  entry.body = parseBody(await readBody(request), request.headers['content-type'] ?? '');
  const waitMs = running.latencyMs + (fault?.delayMs ?? 0);
  if (waitMs > 0) await sleep(waitMs, undefined, { signal });
  if (fault === null) send(response, entry, carryOut(running, entry));
  else sendFault(running, call, fault);
}

/** What ends every wait at once; as many listen as there are requests. */
function closingOfMany(): AbortController {
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  return closing;
}

/** A server for the requests; one that its client gave up on, or that closing cut, ends quietly. */
function serverFor(running: Running): Server {
  const server = createServer((request, response) => {
    const entry = logOf(running, request);
    serve(running, { request, response, entry }).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  return server;
}

function createInstance(options: SimulatorOptions, world: World, ownUrl: string): Instance {
  return {
    world: world.state,
    caps: capabilitiesOf(options.version ?? '19.3'),
    basePath: trimmed(options.basePath ?? ''),
    externalUrl: trimmed(options.externalUrl ?? ownUrl),
    limits: createLimits({
      jobsIndex: options.jobsIndexLimit ?? 600,
      enforceOffset: options.enforceOffsetLimit ?? false,
    }),
    rateLimit: options.rateLimit,
    clock: options.clock ?? (() => world.now),
  };
}

function trimmed(text: string): string {
  return text.replace(/\/+$/, '');
}

/** Starts a GitLab over real HTTP, with everything in memory (upstream.md). */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, world = createWorld() } = options;
  const running: Running = {
    instance: createInstance(options, world, ''),
    requests: [],
    faults: createFaultQueue(),
    closing: closingOfMany(),
    latencyMs: options.latencyMs ?? 0,
    served: 0,
  };
  const server = serverFor(running).listen(port, host);
  await once(server, 'listening');
  const { port: actual } = server.address() as AddressInfo;
  const url = `http://${host}:${actual}${running.instance.basePath}`;
  running.instance = createInstance(options, world, url);
  let timer: NodeJS.Timeout | undefined;
  return {
    url,
    world,
    requests: running.requests,
    fail: (fault) => running.faults.add(fault),
    clearFaults: () => running.faults.clear(),
    setLatency: (ms) => {
      running.latencyMs = ms;
    },
    start: (everyMs = 1_000) => {
      clearInterval(timer);
      timer = setInterval(() => world.advance(everyMs), everyMs).unref();
    },
    close: async () => {
      clearInterval(timer);
      running.closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
