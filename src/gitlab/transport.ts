import { type Dispatcher, Pool } from 'undici';
import type { Answer, UpstreamRequest } from './call.ts';
import { type Clock, systemClock } from './clock.ts';
import { createDeadline } from './deadline.ts';
import { createExchange } from './exchange.ts';
import { createMovedProject } from './moved-project.ts';
import { createObserving, type OnCall } from './observing.ts';
import { createReading } from './reading.ts';
import { createRetryBudget, createRetrying } from './retrying.ts';
import { createServerFacts, type ServerFacts } from './server-facts.ts';

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

/** One GitLab server and how to treat it. */
export interface TransportOptions {
  /** GITLAB_URL; may have a path. */
  readonly baseUrl: string;
  /** For the User-Agent. */
  readonly version?: string | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** Open at once; as many again for streams. @default 32 */
  readonly connections?: number | undefined;
  /** An answer's largest body. @default 32 MiB */
  readonly maxBodyBytes?: number | undefined;
  /** Told of every exchange. */
  readonly onCall?: OnCall | undefined;
  readonly clock?: Clock | undefined;
  /** 0 to 1. */
  readonly random?: (() => number) | undefined;
}

/** The way to one GitLab server, shared by all callers. */
export interface Transport {
  /** Makes a call. Rejects with GitlabError, or with the reason of the request's signal. */
  send<T>(request: UpstreamRequest<T>): Promise<Answer<T>>;
  /** What is known about the server. */
  readonly server: ServerFacts;
  /** Ends what is under way and closes all connections. */
  close(): Promise<void>;
}

/** Where calls go: the origin, and the path before every endpoint. */
function parseBaseUrl(baseUrl: string): { origin: string; prefix: string } {
  const url = new URL(baseUrl);
  return { origin: url.origin, prefix: `${url.pathname.replace(/\/+$/, '')}/api/v4` };
}

/** Opens the way to a GitLab server. Nothing is sent before the first call. */
export function createTransport(options: TransportOptions): Transport {
  const { clock = systemClock, random = Math.random, onCall = () => {} } = options;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const { origin, prefix } = parseBaseUrl(options.baseUrl);
  const openPool = (): Dispatcher =>
    new Pool(origin, {
      connections: options.connections ?? 32,
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
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 * 1024,
  });
  const observed = createObserving(exchange, { clock, onCall });
  const reading = createReading(createMovedProject(observed), clock);
  const retrying = createRetrying(reading, { clock, random, budget: createRetryBudget() });
  const send = createDeadline(retrying, { clock, totalMs: timeouts.totalMs });
  return {
    // What comes out is what request.read made; the layers only pass it on.
    send: <T>(request: UpstreamRequest<T>) => send(request) as Promise<Answer<T>>,
    server: createServerFacts(),
    async close() {
      await Promise.all([dispatcher.destroy(), streams.destroy()]);
    },
  };
}
