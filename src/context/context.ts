import { createGitlab, type Gitlab, type JobRef } from '../gitlab/client.ts';
import { type Credential, readCredential } from '../gitlab/credential.ts';
import type { TextStream } from '../gitlab/readers.ts';
import type { CallBudget, RequestCounter } from '../gitlab/request.ts';
import type { RateLimit } from '../gitlab/transport/rate-limit.ts';
import type { Transport } from '../gitlab/transport/transport.ts';
import type { Live, LiveHub } from '../live/hub.ts';
import type { LogBudget, OperationLogs } from '../trace/log-budget.ts';
import { withTimeout } from '../util/abort.ts';
import {
  createFreshness,
  createLoaders,
  type Freshness,
  type Loaders,
  limitMaxAge,
} from './loaders.ts';
import type { StreamedStrings } from './streamed-strings.ts';

/** What resolvers receive. One per operation, bound to the caller's credential. */
export interface Context {
  /** The digest of the credential; 'anonymous' without one. */
  callerDigest: string;
  loaders: Loaders;
  /** Undefined if the gateway's own token would be used, and it must not write. */
  mutationClient: Gitlab | undefined;
  /** The caller's limits as of GitLab's last response; undefined if it contained none. */
  rateLimit(): RateLimit | undefined;
  /** Opens a job's log as a stream without the operation timeout. */
  openTrace(ref: JobRef): Promise<TextStream>;
  /** Base addresses of GitLab's web pages. */
  webUrls: readonly string[];
  /** Aborts when the caller disconnects or the operation times out. */
  signal: AbortSignal;
  live: Live;
  logs: OperationLogs;
  /**
   * Creates new members for the next event of a subscription, and releases those of the last event.
   */
  forEvent(): Pick<Context, 'loaders' | 'mutationClient' | 'signal' | 'logs'>;
  /** Releases all resources. */
  end(): void;
  /** Undefined if the response is not a single JSON document. */
  streamedStrings?: StreamedStrings | undefined;
  requestCounter: RequestCounter;
  freshness: Freshness;
}

/** Process-wide dependencies of contexts. */
export interface ContextDeps {
  transport: Transport;
  /** Returns the credential for requests without one. */
  fallback(): Credential | undefined;
  fallbackWrites: boolean;
  webUrls: readonly string[];
  logBudget: LogBudget;
  operationTimeoutMs: number;
  /** Calls to GitLab per operation, or per event of a subscription. */
  maxUpstreamCalls: number;
  live: LiveHub;
}

/** The part of a request from which a context is created. */
export interface Caller {
  header(name: string): string | null | undefined;
  /** Aborts when the caller disconnects. */
  signal: AbortSignal;
  streamedStrings?: StreamedStrings;
  /** Waits until the connection of a subscriber can take another event. @default it always can */
  ready?(): Promise<void>;
}

const noTraceContext: Readonly<Record<string, string>> = {};
/** The form of version 00, and of later ones that add to it (W3C Trace Context, 3.2). */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}(-[\w-]{1,100})?$/;
/** In characters; the specification demands this much (3.3.1.5). */
const MAX_TRACESTATE = 512;

/** Returns the headers to forward; none if they are malformed or too long. */
function traceContextOf({ header }: Caller): Readonly<Record<string, string>> {
  const traceparent = header('traceparent');
  if (!traceparent || !TRACEPARENT.test(traceparent)) return noTraceContext;
  const tracestate = header('tracestate');
  const isForwarded = tracestate && tracestate.length <= MAX_TRACESTATE;
  return { traceparent, ...(isForwarded && { tracestate }) };
}

/** Throws CredentialError for a header that does not contain a token. */
export function createContext(caller: Caller, deps: ContextDeps): Context {
  const ownCredential = readCredential(caller.header);
  const fallback = ownCredential.kind === 'anonymous' ? deps.fallback() : undefined;
  const credential = fallback ?? ownCredential;
  const counter: RequestCounter = { calls: 0, coalesced: 0, notModified: 0, requestIds: [] };
  const freshness = createFreshness();
  const traceContext = traceContextOf(caller);
  const { transport, maxUpstreamCalls } = deps;
  const connect = (signal: AbortSignal, budget?: CallBudget) =>
    createGitlab({ transport, credential, signal, counter, budget, traceContext });
  let releaseEvent = () => {};
  const forEvent = () => {
    releaseEvent();
    const { signal, release } = withTimeout(caller.signal, deps.operationTimeoutMs);
    const logs = deps.logBudget.openOperation();
    releaseEvent = () => {
      release();
      logs.release();
    };
    const gitlab = connect(signal, { max: maxUpstreamCalls, left: maxUpstreamCalls });
    return {
      loaders: createLoaders(gitlab, logs, freshness),
      mutationClient: fallback && !deps.fallbackWrites ? undefined : gitlab,
      signal,
      logs,
    };
  };
  const first = forEvent();
  // Listed instead of spread: adding members to a copy costs V8 8 µs per operation.
  return {
    callerDigest: credential.digest,
    loaders: first.loaders,
    mutationClient: first.mutationClient,
    signal: first.signal,
    logs: first.logs,
    forEvent,
    end: () => releaseEvent(),
    streamedStrings: caller.streamedStrings,
    openTrace: (ref) => connect(caller.signal).openJobTrace(ref),
    live: deps.live.of({ credential, signal: caller.signal, ready: caller.ready }),
    rateLimit() {
      limitMaxAge(freshness, 0);
      return transport.rateLimitOf(credential.digest);
    },
    webUrls: deps.webUrls,
    requestCounter: counter,
    freshness,
  };
}
