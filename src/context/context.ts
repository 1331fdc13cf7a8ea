import { createGitlab, type Gitlab, type JobRef } from '../gitlab/client.ts';
import { type Credential, readCredential } from '../gitlab/credential.ts';
import type { TextStream } from '../gitlab/readers.ts';
import type { RequestCounter } from '../gitlab/request.ts';
import type { RateLimit } from '../gitlab/transport/rate-limit.ts';
import type { Transport } from '../gitlab/transport/transport.ts';
import type { Live, LiveHub } from '../live/hub.ts';
import type { LogBudget, OperationLogs } from '../trace/log-budget.ts';
import { followSignal } from '../util/abort.ts';
import {
  createFreshness,
  createLoaders,
  type Freshness,
  type Loaders,
  limitMaxAge,
} from './loaders.ts';
import type { StreamedStrings } from './streamed-strings.ts';

/** What every resolver gets: made anew for each operation, bound to its caller's credential. */
export interface Context {
  /** Reads on behalf of the caller, each once in an operation. */
  loaders: Loaders;
  /** The client for writes; undefined where only the gateway's own token speaks, and it may not write. */
  mutationClient: Gitlab | undefined;
  /** What GitLab said last to the caller about its limits; undefined where it said nothing. */
  rateLimit(): RateLimit | undefined;
  /** A job's log as it comes, for as long as the caller stays. */
  openTrace(ref: JobRef): Promise<TextStream>;
  /** Where users see this GitLab: web addresses that lead back to it. */
  webUrls: readonly string[];
  /** Ends when the caller leaves, or the operation's time is over. */
  signal: AbortSignal;
  /** What the caller can follow, for as long as it stays. */
  live: Live;
  /** The logs it reads, and how much of them it may give out. */
  logs: OperationLogs;
  /** For each event of a subscription, which has nothing read yet, and its own time. */
  forEvent(): Pick<Context, 'loaders' | 'mutationClient' | 'signal' | 'logs'>;
  /** Lets go of what is held, once the operation is over. */
  end(): void;
  /** Where long texts go that its answer is written with in pieces; undefined where it is written whole. */
  streamedStrings?: StreamedStrings | undefined;
  /** What the operation has cost so far. */
  requestCounter: RequestCounter;
  /** How long what was read so far stays true. */
  freshness: Freshness;
}

/** What contexts are made from: the same for all of them. */
export interface ContextDeps {
  transport: Transport;
  /** Speaks for requests without a credential. */
  fallback: Credential | undefined;
  fallbackWrites: boolean;
  webUrls: readonly string[];
  logBudget: LogBudget;
  operationTimeoutMs: number;
  /** Calls to GitLab that one operation, or one event of a subscription, may begin. */
  maxUpstreamCalls: number;
  live: LiveHub;
}

/** The part of a request that a context is made from. */
export interface Caller {
  header(name: string): string | null | undefined;
  /** Ends when the caller leaves. */
  signal: AbortSignal;
  /** Whether it ends when the operation's time is over, too: then nobody else need watch that. */
  signalHasTimeout?: boolean;
  /** Where long texts go, if its answer is written in pieces. */
  streamedStrings?: StreamedStrings;
}

const TRACE_HEADERS = ['traceparent', 'tracestate'] as const;

const noTraceContext: Readonly<Record<string, string>> = {};

function traceContextOf({ header }: Caller): Readonly<Record<string, string>> {
  if (!header('traceparent')) return noTraceContext;
  const given = TRACE_HEADERS.map((name) => [name, header(name)] as const);
  return Object.fromEntries(
    given.filter((entry): entry is [(typeof entry)[0], string] => Boolean(entry[1])),
  );
}

/** Binds one operation to its caller. Throws CredentialError for a header that holds no token. */
export function createContext(caller: Caller, deps: ContextDeps): Context {
  const own = readCredential(caller.header);
  const fallback = own.kind === 'anonymous' ? deps.fallback : undefined;
  const credential = fallback ?? own;
  const meter: RequestCounter = { calls: 0, coalesced: 0, notModified: 0, requestIds: [] };
  const freshness = createFreshness();
  const traceContext = traceContextOf(caller);
  const { transport } = deps;
  let endLast = () => {};
  const turn = () => {
    endLast();
    const { signal, release } = caller.signalHasTimeout
      ? { signal: caller.signal, release() {} }
      : followSignal(caller.signal, deps.operationTimeoutMs);
    const logs = deps.logBudget.openOperation();
    endLast = () => {
      release();
      logs.release();
    };
    const budget = { max: deps.maxUpstreamCalls, left: deps.maxUpstreamCalls };
    const gitlab = createGitlab({
      transport,
      credential,
      signal,
      counter: meter,
      budget,
      traceContext,
    });
    return {
      loaders: createLoaders(gitlab, logs, freshness),
      mutationClient: fallback && !deps.fallbackWrites ? undefined : gitlab,
      signal,
      logs,
    };
  };
  const first = turn();
  // Named one by one, not spread: members added to a copy cost V8 8 µs for each operation.
  return {
    loaders: first.loaders,
    mutationClient: first.mutationClient,
    signal: first.signal,
    logs: first.logs,
    forEvent: turn,
    end: () => endLast(),
    streamedStrings: caller.streamedStrings,
    openTrace: (ref) =>
      createGitlab({
        transport,
        credential,
        signal: caller.signal,
        counter: meter,
        traceContext,
      }).openJobTrace(ref),
    live: deps.live.of({ credential, signal: caller.signal }),
    rateLimit() {
      limitMaxAge(freshness, 0);
      return deps.transport.rateLimitOf(credential.digest);
    },
    webUrls: deps.webUrls,
    requestCounter: meter,
    freshness,
  };
}
