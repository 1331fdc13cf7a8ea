import type { Dispatcher } from 'undici';
import { type Clock, systemClock } from '../../util/clock.ts';
import { addHeaders, type SecretHeaders } from '../credential.ts';
import {
  createCredentialObserver,
  createKnownCredentials,
  createPerCredential,
  type KnownCredentials,
} from '../known-credentials.ts';
import { createProjectNumbers, type ProjectNumbers } from '../project-numbers.ts';
import type { Exchange, GitlabResponse, Send, UpstreamRequest } from '../request.ts';
import { createServerCapabilities, type ServerCapabilities } from '../server-capabilities.ts';
import { createCircuitBreaker, type OnCircuit } from './circuit-breaker.ts';
import { createConcurrency, onClose } from './concurrency.ts';
import { createConditionalRead } from './conditional-read.ts';
import { type Network, openConnections, openForeignConnection } from './connections.ts';
import { createDeadline } from './deadline.ts';
import { createEtagCache } from './etag-cache.ts';
import { createExchange } from './exchange.ts';
import { createFileRedirect, type ForeignExchange } from './file-redirect.ts';
import { createMovedProjectRedirect, type OnMovedProject } from './moved-project.ts';
import { createCallObserver, type OnCall } from './observing.ts';
import { createProbe, type Probe } from './probe.ts';
import { createProblemObserver, type OnProblem } from './problems.ts';
import { createRateLimiter, createRateLimitState, type RateLimit } from './rate-limit.ts';
import { createRetry, createRetryBudget } from './retry.ts';
import { createSingleFlight } from './single-flight.ts';

const defaultTimeouts = {
  connectMs: 5_000,
  /** Maximum time from the request to the response headers. */
  headersMs: 15_000,
  /** Longest pause between two chunks of a body. */
  bodyMs: 15_000,
  /** Deadline of the whole call, including waits and retries. */
  totalMs: 30_000,
};

export type Timeouts = Readonly<typeof defaultTimeouts>;

const MEBIBYTE = 1024 * 1024;

export interface TransportOptions {
  /** May contain a path, such as https://example.com/gitlab. */
  readonly baseUrl: string;
  readonly version?: string | undefined;
  /** Proxies, certificates and extra headers. @default none */
  readonly network?: Network | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  /**
   * Maximum concurrent calls, each on its own connection. The same number of streams is allowed in
   * addition. @default 32
   */
  readonly connections?: number | undefined;
  /**
   * Maximum concurrent calls of one credential. The same number of streams is allowed in addition.
   * @default 16
   */
  readonly perCredential?: number | undefined;
  /** Size of the ETag cache over all credentials; 0 disables it. @default 64 MiB */
  readonly etagBytes?: number | undefined;
  /** Largest response body, except for streams. @default 32 MiB */
  readonly maxBodyBytes?: number | undefined;
  readonly onCall?: OnCall | undefined;
  /** Receives calls that fail because something is wrong between the gateway and GitLab. */
  readonly onProblem?: OnProblem | undefined;
  /** Wraps every exchange with GitLab, for example in a tracing span. */
  readonly around?: ((exchange: Exchange) => Exchange) | undefined;
  readonly onCircuit?: OnCircuit | undefined;
  readonly onMoved?: OnMovedProject | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
}

/** The connections to one GitLab server, shared by all callers. */
export interface Transport {
  /** Rejects with GitlabError, or with the reason of the request's signal. */
  send<T>(request: UpstreamRequest<T>): Promise<GitlabResponse<T>>;
  readonly server: ServerCapabilities;
  readonly projects: ProjectNumbers;
  readonly known: KnownCredentials;
  /** Checks GitLab with the gateway's own call, on a separate connection. */
  readonly probe: Probe;
  /**
   * Returns the quota that GitLab last reported for a credential, less the calls since then.
   * Undefined if GitLab reported none. Makes no call.
   */
  rateLimitOf(digest: string): RateLimit | undefined;
  /** Aborts running calls and closes all connections. */
  close(): Promise<void>;
}

function openWire(options: TransportOptions, timeouts: Timeouts, connections: number) {
  const gitlab = new URL(options.baseUrl);
  const { network = {} } = options;
  const opened = openConnections(gitlab, network, { connections, connectMs: timeouts.connectMs });
  const { dispatcher, streams, probes } = opened;
  const common = {
    userAgent: `gitlab-jobs-gateway/${options.version ?? 'dev'}`,
    headersTimeoutMs: timeouts.headersMs,
    bodyTimeoutMs: timeouts.bodyMs,
    maxBodyBytes: options.maxBodyBytes ?? 32 * MEBIBYTE,
  };
  const shared = {
    ...common,
    origin: opened.origin,
    addressSetting: opened.addressSetting,
    host: opened.host,
    prefix: `${opened.prefix}${gitlab.pathname.replace(/\/+$/, '')}/api/v4`,
  };
  const foreign = new Set<Dispatcher>();
  const fetchFrom: ForeignExchange = async (target, call) => {
    const { headers, ...route } = openForeignConnection(target, network, timeouts);
    const connection = route.dispatcher;
    foreign.add(connection);
    const close = () => {
      foreign.delete(connection);
      void connection.destroy();
    };
    const exchange = createExchange({ ...common, ...route, streams: connection });
    try {
      const response = await exchange({
        ...call,
        credential: addHeaders(call.credential, headers),
      });
      onClose(response, close);
      return response;
    } catch (error) {
      close();
      throw error;
    }
  };
  return {
    exchange: createExchange({ ...shared, dispatcher, streams }),
    /** Headers for proxies, to add to each call. */
    headers: opened.headers,
    /** Uses its own connection, so it does not wait behind calls of callers. */
    probe: createExchange({ ...shared, dispatcher: probes, streams: probes }),
    /** Sends a request to another server than GitLab. Opens a connection for each request. */
    fetchFrom,
    async close() {
      await Promise.all([dispatcher, streams, probes, ...foreign].map((pool) => pool.destroy()));
    },
  };
}

/**
 * Adds the configured headers for proxies to each call. They are as secret as the caller's
 * credential.
 */
function withHeaders(send: Send, extra: SecretHeaders): Send {
  if (extra.reveal().length === 0) return send;
  return (call) => send({ ...call, credential: addHeaders(call.credential, extra) });
}

/**
 * Creates the transport to a GitLab server. Opens no connection before the first call. The
 * transport is composed of layers, each of which wraps the previous one. State that depends on the
 * caller, such as cached responses and rate limits, is kept per credential.
 */
export function createTransport(options: TransportOptions): Transport {
  const { clock = systemClock, random = Math.random, onCall = () => {} } = options;
  const { around = (exchange) => exchange, onProblem = () => {} } = options;
  const { connections = 32, perCredential = 16, etagBytes = 64 * MEBIBYTE } = options;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const wire = openWire(options, timeouts, connections);
  const known = createKnownCredentials();
  const rateLimitOf = createPerCredential(createRateLimitState, known);
  const etags = createEtagCache(etagBytes);
  const projects = createProjectNumbers(clock);

  const observe = (exchange: Exchange) => createCallObserver(around(exchange), { clock, onCall });
  const probing = createConditionalRead(observe(wire.probe), { clock, etags });
  const probe = createProbe(
    withHeaders(createProblemObserver(probing, onProblem), wire.headers),
    clock,
  );
  const limits = { total: connections, perCredential, isKnown: known.has };
  const limited = createConcurrency(observe(wire.exchange), limits);
  // Wraps the concurrency limit, so that a call that waits for its quota occupies no slot.
  const rateLimited = createRateLimiter(limited, { clock, stateOf: rateLimitOf });
  const redirected = createMovedProjectRedirect(rateLimited, {
    projects,
    onMoved: options.onMoved,
  });
  const { baseUrl } = options;
  const withFiles = createFileRedirect(redirected, { baseUrl, fetchFrom: wire.fetchFrom, limits });
  const cached = createConditionalRead(withFiles, { clock, etags });
  const observed = createCredentialObserver(cached, known);
  const retrying = createRetry(observed, { clock, random, budget: createRetryBudget() });
  const reported = createProblemObserver(retrying, onProblem);
  // Wraps the retries: a call with its retries counts as one failure, and a call that fails because
  // the circuit is open is not retried.
  const { onCircuit } = options;
  const guarded = createCircuitBreaker(reported, { clock, probe, onCircuit });
  const timed = createDeadline(withHeaders(guarded, wire.headers), {
    clock,
    totalMs: timeouts.totalMs,
  });
  const send = createSingleFlight(timed, { onCall, known });

  return {
    // The cast is safe: the reader of this request or of an equal one determines `value`, and the
    // layers do not change it.
    send: <T>(request: UpstreamRequest<T>) => send(request) as Promise<GitlabResponse<T>>,
    server: createServerCapabilities(clock),
    projects,
    known,
    probe,
    rateLimitOf: (digest) => rateLimitOf({ digest }).quota,
    close: wire.close,
  };
}
