import { Pool } from 'undici';
import { type Clock, systemClock } from '../../util/clock.ts';
import type { Exchange, GitlabResponse, UpstreamRequest } from '../request.ts';
import { createServerCapabilities, type ServerCapabilities } from '../server-capabilities.ts';
import { createCircuitBreaker, type OnCircuit } from './circuit-breaker.ts';
import { createConcurrency } from './concurrency.ts';
import { createConditionalRead } from './conditional-read.ts';
import { createDeadline } from './deadline.ts';
import { createEtagCache } from './etag-cache.ts';
import { createExchange } from './exchange.ts';
import { createMovedProjectRedirect } from './moved-project.ts';
import { createCallObserver, type OnCall } from './observing.ts';
import { createPerCredential } from './per-credential.ts';
import { createRateLimiter, createRateLimitState, type RateLimit } from './rate-limit.ts';
import { createRetry, createRetryBudget } from './retry.ts';
import { createSingleFlight } from './single-flight.ts';

/** How long each part of a call may take, in ms. */
export interface Timeouts {
  /** @default 5 s */
  readonly connectMs: number;
  /** From the request to the answer's headers. @default 15 s */
  readonly headersMs: number;
  /** The longest pause within a body. @default 15 s */
  readonly bodyMs: number;
  /** The whole call with its attempts and waits. @default 30 s */
  readonly totalMs: number;
}

const defaultTimeouts: Timeouts = {
  connectMs: 5_000,
  headersMs: 15_000,
  bodyMs: 15_000,
  totalMs: 30_000,
};

const MEBIBYTE = 1024 * 1024;

/** One GitLab server and how to treat it. */
export interface TransportOptions {
  /** GITLAB_URL; may have a path. */
  readonly baseUrl: string;
  /** For the User-Agent. */
  readonly version?: string | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** Calls at once, each on its connection; streams have as many of their own. @default 32 */
  readonly connections?: number | undefined;
  /** Calls at once of one credential, and streams as many. @default 16 */
  readonly perCredential?: number | undefined;
  /** What may be kept for revalidation, over all credentials; 0 for nothing. @default 64 MiB */
  readonly etagBytes?: number | undefined;
  /** An answer's largest body. @default 32 MiB */
  readonly maxBodyBytes?: number | undefined;
  /** Told of every exchange. */
  readonly onCall?: OnCall | undefined;
  /** Wraps every exchange, as tracing does to give it a span. @default as it is */
  readonly around?: ((exchange: Exchange) => Exchange) | undefined;
  /** Told when the circuit to the server opens and closes. */
  readonly onCircuit?: OnCircuit | undefined;
  readonly clock?: Clock | undefined;
  /** 0 to 1. */
  readonly random?: (() => number) | undefined;
}

/** The way to one GitLab server, shared by all callers. */
export interface Transport {
  /** Makes a call. Rejects with GitlabError, or with the reason of the request's signal. */
  send<T>(request: UpstreamRequest<T>): Promise<GitlabResponse<T>>;
  /** What is known about the server. */
  readonly server: ServerCapabilities;
  /** What GitLab said last to the credential of that digest; undefined where it said nothing. No call of its own. */
  rateLimitOf(digest: string): RateLimit | undefined;
  /** Ends what is under way and closes all connections. */
  close(): Promise<void>;
}

/** Where calls go: the origin, and the path before every endpoint. */
function parseBaseUrl(baseUrl: string): { origin: string; prefix: string } {
  const url = new URL(baseUrl);
  return { origin: url.origin, prefix: `${url.pathname.replace(/\/+$/, '')}/api/v4` };
}

interface Wire {
  readonly exchange: Exchange;
  close(): Promise<void>;
}

function openWire(options: TransportOptions, timeouts: Timeouts, connections: number): Wire {
  const { origin, prefix } = parseBaseUrl(options.baseUrl);
  const openPool = () =>
    new Pool(origin, {
      connections,
      pipelining: 1,
      // Below the idle time of usual proxies, so that a request seldom meets a closing connection.
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 25_000,
      connect: { timeout: timeouts.connectMs },
    });
  const [dispatcher, streams] = [openPool(), openPool()];
  const exchange = createExchange({
    dispatcher,
    streams,
    origin,
    prefix,
    userAgent: `gitlab-jobs-gateway/${options.version ?? 'dev'}`,
    headersTimeoutMs: timeouts.headersMs,
    bodyTimeoutMs: timeouts.bodyMs,
    maxBodyBytes: options.maxBodyBytes ?? 32 * MEBIBYTE,
  });
  return {
    exchange,
    async close() {
      await Promise.all([dispatcher.destroy(), streams.destroy()]);
    },
  };
}

/**
 * Opens the way to a GitLab server; nothing is sent before the first call. The layers, from the wire
 * up: each does one thing to what lies below it, and what outlives a call is kept by credential.
 */
export function createTransport(options: TransportOptions): Transport {
  const { clock = systemClock, random = Math.random, onCall = () => {} } = options;
  const { around = (exchange) => exchange } = options;
  const { connections = 32, perCredential = 16, etagBytes = 64 * MEBIBYTE } = options;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const wire = openWire(options, timeouts, connections);
  const budgetOf = createPerCredential(createRateLimitState);
  const etags = createEtagCache(etagBytes);

  const observed = createCallObserver(around(wire.exchange), { clock, onCall });
  const limited = createConcurrency(observed, { total: connections, perCredential });
  // Outside the limits: a call that waits for its quota takes no one's place.
  const paced = createRateLimiter(limited, { clock, budgetOf });
  const reading = createConditionalRead(createMovedProjectRedirect(paced), { clock, etags });
  const retrying = createRetry(reading, { clock, random, budget: createRetryBudget() });
  // Outside the retries: one caller's call fails once, and an open circuit is not tried again.
  const guarded = createCircuitBreaker(retrying, clock, options.onCircuit);
  const timed = createDeadline(guarded, { clock, totalMs: timeouts.totalMs });
  const send = createSingleFlight(timed, onCall);

  return {
    // What comes out is what request.read made; the layers only pass it on.
    send: <T>(request: UpstreamRequest<T>) => send(request) as Promise<GitlabResponse<T>>,
    server: createServerCapabilities(),
    rateLimitOf: (digest) => budgetOf({ digest }).quota,
    close: wire.close,
  };
}
