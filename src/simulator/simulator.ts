import { once, setMaxListeners } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { dispatch, parseBody, routeOf } from './dispatch.ts';
import { createFaultQueue, type Fault, type FaultQueue, faultResponse } from './faults.ts';
import { createLimits, type RateLimit, rateLimitHeaders } from './limits.ts';
import { createObjectStorage, generateBytes, type ObjectStorage } from './object-storage.ts';
import type { Param } from './params.ts';
import type { Instance } from './request.ts';
import { commonHeaders, finalizeResponse, type HttpResponse, requestId } from './responses.ts';
import { archiveOf } from './serialize.ts';
import { capabilitiesOf, type Version } from './versions.ts';
import { createWorld, type World } from './world.ts';

export type { Fault } from './faults.ts';

export interface SimulatorOptions {
  /** @default '19.3' */
  version?: Version | undefined;
  /** 0 means any free port. @default 0 */
  port?: number | undefined;
  host?: string | undefined;
  /** Path of an installation with a relative URL, such as `/gitlab`. @default '' */
  basePath?: string | undefined;
  /** Base of `web_url`, `Link` and `Location`. @default `url` of the simulator */
  externalUrl?: string | undefined;
  world?: World | undefined;
  latencyMs?: number | undefined;
  /** Whether GitLab redirects downloads of archives to an object storage. @default false */
  objectStorage?: boolean | undefined;
  rateLimit?: RateLimit | undefined;
  /**
   * Requests per minute and user for the list of a project's jobs; 0 means no limit.
   * @default 600
   */
  jobsIndexLimit?: number | undefined;
  /**
   * Retries per minute, user and job; 0 means no limit. In GitLab, a feature flag sets it to 3.
   * @default 0
   */
  jobRetryLimit?: number | undefined;
  /**
   * Whether to reject offset pages beyond row 50,000, as GitLab.com does. @default what the
   * simulated release does
   */
  enforceOffsetLimit?: boolean | undefined;
  /** The clock of rate limits and of the Date header. @default the clock of the world */
  clock?: (() => number) | undefined;
}

interface LoggedRequest {
  method: string;
  /** Path and query, exactly as received. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: unknown;
  /** 0 while the request is pending, or if the connection was closed. */
  status: number;
  /** The route, such as `GET /projects/:id/jobs/:job_id`; '' if no route matches. */
  route: string;
}

export interface Simulator {
  /** The value to use for GITLAB_URL. Contains the base path. */
  readonly url: string;
  readonly world: World;
  /** Present with the option `objectStorage`. */
  readonly storage: ObjectStorage | undefined;
  /** Requests in order of arrival. Tests clear them with `requests.length = 0`. */
  readonly requests: LoggedRequest[];
  /** Applies a fault to the next matching requests. */
  fail(fault: Fault): void;
  clearFaults(): void;
  setLatency(ms: number): void;
  /** Advances the clock of the world in real time. @default every second */
  start(everyMs?: number): void;
  /** Stops the timer and closes every connection. */
  close(): Promise<void>;
}

interface ServerState {
  readonly instance: Instance;
  readonly requests: LoggedRequest[];
  readonly faults: FaultQueue;
  readonly closing: AbortSignal;
  latencyMs: number;
  responseCount: number;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly entry: LoggedRequest;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function logRequest(state: ServerState, request: IncomingMessage): LoggedRequest {
  const { method = 'GET', url = '/', headers } = request;
  const queryAt = url.includes('?') ? url.indexOf('?') : url.length;
  const entry: LoggedRequest = {
    method,
    path: url,
    query: new URLSearchParams(url.slice(queryAt)),
    headers,
    body: undefined,
    status: 0,
    route: routeOf(state.instance, method, url),
  };
  state.requests.push(entry);
  return entry;
}

function send({ response, entry }: Exchange, answer: HttpResponse): void {
  const { status, headers, body, generatedBytes } = answer;
  if (response.destroyed) return;
  entry.status = status;
  response.writeHead(status, { ...headers });
  if (entry.method === 'HEAD') response.end();
  else if (generatedBytes === undefined) response.end(body);
  else pipeline(generateBytes(generatedBytes), response, () => {});
}

/** Sends the headers of the complete response and half of its body, then closes the connection. */
async function sendTruncated(
  { response }: Exchange,
  { status, headers, body, generatedBytes }: HttpResponse,
): Promise<void> {
  response.writeHead(status, { ...headers });
  const half = Math.floor((generatedBytes ?? body.length) / 2);
  const chunks = generatedBytes === undefined ? [body.subarray(0, half)] : generateBytes(half);
  for await (const chunk of chunks) {
    await new Promise<void>((resolve) => response.write(chunk, () => resolve()));
  }
  response.destroy();
}

function finalize(state: ServerState, entry: LoggedRequest, response: HttpResponse): HttpResponse {
  state.responseCount += 1;
  const now = state.instance.clock();
  const common = commonHeaders(requestId(now, state.responseCount));
  const date = new Date(now).toUTCString();
  return finalizeResponse(response, entry, { ...common, Date: date });
}

function handle(state: ServerState, entry: LoggedRequest): HttpResponse {
  const { method, path: target, headers } = entry;
  const response = dispatch(state.instance, { method, target, headers, body: entry.body as Param });
  return finalize(state, entry, response);
}

function responseOfFault({ instance }: ServerState, fault: Fault): HttpResponse | null {
  const limit = { limit: 2_000, periodMs: 60_000 };
  const signIn = `${instance.externalUrl}/users/sign_in`;
  const location = fault.location ?? (fault.kind === 'redirect' ? signIn : undefined);
  const rateLimit = (seconds: number) => {
    const resetAt = instance.clock() + seconds * 1_000;
    return rateLimitHeaders('throttle_authenticated_api', limit, { observed: 2_001, resetAt });
  };
  const { maintenance503 } = instance.caps;
  return faultResponse({ ...fault, location }, { maintenance503, rateLimit });
}

async function sendFault(state: ServerState, exchange: Exchange, fault: Fault): Promise<void> {
  const { response, entry } = exchange;
  if (fault.kind === 'slow') {
    send(exchange, handle(state, entry));
  } else if (fault.kind === 'truncated') {
    await sendTruncated(exchange, handle(state, entry));
  } else {
    if (fault.afterHandling === true) handle(state, entry);
    const faulted = responseOfFault(state, fault);
    if (faulted !== null) send(exchange, finalize(state, entry, faulted));
    else if (fault.kind === 'reset') response.socket?.resetAndDestroy();
  }
}

async function serve(state: ServerState, exchange: Exchange): Promise<void> {
  const { request, entry } = exchange;
  const fault = state.faults.take(entry.method, entry.path);
  entry.body = parseBody(await readBody(request), request.headers['content-type'] ?? '');
  const delayMs = state.latencyMs + (fault?.delayMs ?? 0);
  if (delayMs > 0) await sleep(delayMs, undefined, { signal: state.closing });
  if (fault === null) send(exchange, handle(state, entry));
  else await sendFault(state, exchange, fault);
}

/**
 * Returns the size in bytes of the archive at a path of the object storage. Undefined if the job no
 * longer has an archive.
 */
function sizeOfArchive(world: World, path: string): number | undefined {
  const job = world.job(Number(/^\/artifacts\/(\d+)\//.exec(path)?.[1]));
  return job && archiveOf(job, world.now)?.size;
}

const withoutTrailingSlash = (text: string): string => text.replace(/\/+$/, '');

/**
 * Starts a simulated GitLab on a real HTTP port. It behaves as upstream.md describes. All data is
 * in memory.
 */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, world = createWorld() } = options;
  const basePath = withoutTrailingSlash(options.basePath ?? '');
  const server = createServer().listen(port, host);
  server.keepAliveTimeout = 60_000;
  /** Aborted when the simulator closes. This ends the delays of all requests. */
  const closing = new AbortController();
  // Each delayed request adds a listener. Node.js would warn of a leak above ten listeners.
  setMaxListeners(0, closing.signal);
  await once(server, 'listening');
  const url = `http://${host}:${(server.address() as AddressInfo).port}${basePath}`;
  const storage = options.objectStorage
    ? await createObjectStorage(host, (path) => sizeOfArchive(world, path))
    : undefined;
  const state: ServerState = {
    instance: {
      world: world.state,
      caps: capabilitiesOf(options.version ?? '19.3'),
      basePath,
      externalUrl: withoutTrailingSlash(options.externalUrl ?? url),
      limits: createLimits({
        jobsIndex: options.jobsIndexLimit ?? 600,
        jobRetry: options.jobRetryLimit ?? 0,
        enforceOffset: options.enforceOffsetLimit ?? false,
      }),
      rateLimit: options.rateLimit,
      storage,
      clock: options.clock ?? (() => world.now),
    },
    requests: [],
    faults: createFaultQueue(),
    closing: closing.signal,
    latencyMs: options.latencyMs ?? 0,
    responseCount: 0,
  };
  server.on('request', (request, response) => {
    const entry = logRequest(state, request);
    // Rejects if the client or `close` ended the request.
    serve(state, { request, response, entry }).catch(() => response.destroy());
  });
  let timer: NodeJS.Timeout | undefined;
  return {
    url,
    world,
    storage,
    requests: state.requests,
    fail: (fault) => state.faults.add(fault),
    clearFaults: () => state.faults.clear(),
    setLatency(ms) {
      state.latencyMs = ms;
    },
    start(everyMs = 1_000) {
      clearInterval(timer);
      timer = setInterval(() => world.advance(everyMs), everyMs).unref();
    },
    async close() {
      clearInterval(timer);
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, storage?.close()]);
    },
  };
}
