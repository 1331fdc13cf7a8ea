import { type ArtifactsRef, createGitlab, type Gitlab, type JobRef } from '../gitlab/client.ts';
import { type Credential, type CredentialKind, readCredential } from '../gitlab/credential.ts';
import type { FileStream, TextStream } from '../gitlab/readers.ts';
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

/**
 * The GraphQL context of one operation. Its calls to GitLab use the caller's credential. If the
 * caller sent none, the calls use the gateway's own token, or no credential if the gateway has no
 * token.
 */
export interface Context {
  /** Digest of the credential that calls use; 'anonymous' if there is none. */
  callerDigest: string;
  credentialKind: CredentialKind;
  loaders: Loaders;
  /**
   * Client for mutations. Undefined if mutations would use the gateway's own token and the gateway
   * does not allow that.
   */
  mutationClient: Gitlab | undefined;
  /**
   * Returns the caller's rate limit as GitLab last reported it; undefined if GitLab has reported
   * none. Also forbids caches to keep the response.
   */
  rateLimit(): RateLimit | undefined;
  /** Opens a job's log as a stream, to which the operation timeout does not apply. */
  openTrace(ref: JobRef): Promise<TextStream>;
  /** Opens a job's artifacts as a stream, to which the operation timeout does not apply. */
  openArtifacts(ref: ArtifactsRef): Promise<FileStream>;
  /**
   * Configured base addresses of GitLab's web pages. The URL of a job, pipeline or project usually
   * begins with one of them, and the path of the project follows it (upstream.md §3).
   */
  webUrls: readonly string[];
  /** Aborted when the caller disconnects or the operation times out. */
  signal: AbortSignal;
  live: Live;
  logs: OperationLogs;
  /**
   * Creates the members of the context for one event of a subscription. Releases those of the
   * previous event.
   */
  forEvent(): Pick<Context, 'loaders' | 'mutationClient' | 'signal' | 'logs'>;
  /** Releases everything that the operation holds. */
  end(): void;
  /**
   * Long strings of the response. Undefined if the response is not one JSON document (for example,
   * a stream of events).
   */
  streamedStrings?: StreamedStrings | undefined;
  requestCounter: RequestCounter;
  freshness: Freshness;
}

/** Process-wide dependencies of contexts. */
export interface ContextDeps {
  transport: Transport;
  /** Returns the credential to use for requests that have none. */
  fallback(): Credential | undefined;
  fallbackWrites: boolean;
  webUrls: readonly string[];
  logBudget: LogBudget;
  operationTimeoutMs: number;
  /** Maximum number of calls to GitLab per operation or per event of a subscription. */
  maxUpstreamCalls: number;
  live: LiveHub;
}

/** The part of a request from which a context is created. */
export interface Caller {
  header(name: string): string | null | undefined;
  /** Aborted when the caller disconnects. */
  signal: AbortSignal;
  streamedStrings?: StreamedStrings;
  /** Resolves when a subscriber's connection can accept another event. @default immediately */
  ready?(): Promise<void>;
}

const noTraceContext: Readonly<Record<string, string>> = {};
/**
 * Matches a valid traceparent header (W3C Trace Context, 3.2). Only versions after 00 may append
 * members. The version ff and ids of zeros alone are invalid.
 */
const TRACEPARENT =
  /^(?!ff|00.{54})[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(-[\w-]{1,100})?$/;
/**
 * Maximum characters of a tracestate header. A longer one is not forwarded. W3C Trace Context
 * recommends to forward at least this length (3.3.1.5).
 */
const MAX_TRACESTATE = 512;

/**
 * Returns the trace context headers to forward: none if traceparent is malformed, and no tracestate
 * if it is too long.
 */
function traceContextOf({ header }: Caller): Readonly<Record<string, string>> {
  const traceparent = header('traceparent');
  if (!traceparent || !TRACEPARENT.test(traceparent)) return noTraceContext;
  const tracestate = header('tracestate');
  const isForwarded = tracestate && tracestate.length <= MAX_TRACESTATE;
  return { traceparent, ...(isForwarded && { tracestate }) };
}

/**
 * Creates the context of an operation. Throws CredentialError if the value of a credential header
 * cannot be a token.
 */
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
  // Lists the members instead of spreading them: adding members to a spread copy takes V8 8 µs per
  // operation.
  return {
    callerDigest: credential.digest,
    credentialKind: credential.kind,
    loaders: first.loaders,
    mutationClient: first.mutationClient,
    signal: first.signal,
    logs: first.logs,
    forEvent,
    end: () => releaseEvent(),
    streamedStrings: caller.streamedStrings,
    openTrace: (ref) => connect(caller.signal).openJobTrace(ref),
    openArtifacts: (ref) => connect(caller.signal).openArtifacts(ref),
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
