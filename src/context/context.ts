import { createGitlab, type Gitlab, type JobRef } from '../gitlab/client.ts';
import { type Credential, readCredential } from '../gitlab/credential.ts';
import type { OpenText } from '../gitlab/readers.ts';
import type { Meter } from '../gitlab/request.ts';
import type { RateLimit } from '../gitlab/transport/rate-limit.ts';
import type { Transport } from '../gitlab/transport/transport.ts';
import type { Live, LiveHub } from '../live/hub.ts';
import type { LogRoom, OperationLogs } from '../trace/log-budget.ts';
import { limitTime } from '../util/abort.ts';
import { createFreshness, type Freshness, watchFreshness } from './freshness.ts';
import { createLoaders, type Loaders } from './loaders.ts';
import type { LongTexts } from './streamed-strings.ts';

/** What every resolver gets: made anew for each operation, bound to its caller's credential. */
export interface Context {
  /** Reads on behalf of the caller, each once in an operation. */
  loaders: Loaders;
  /** The client for writes; undefined where only the gateway's own token speaks, and it may not write. */
  writer: Gitlab | undefined;
  /** What GitLab said last to the caller about its limits; undefined where it said nothing. */
  rateLimit(): RateLimit | undefined;
  /** A job's log as it comes, for as long as the caller stays. */
  openTrace(ref: JobRef): Promise<OpenText>;
  /** Where users see this GitLab: web addresses that lead back to it. */
  webUrls: readonly string[];
  /** Ends when the caller leaves, or the operation's time is over. */
  signal: AbortSignal;
  /** What the caller can follow, for as long as it stays. */
  live: Live;
  /** The logs it reads, and how much of them it may give out. */
  logs: OperationLogs;
  /** For each event of a subscription, which has nothing read yet, and its own time. */
  turn(): Pick<Context, 'loaders' | 'writer' | 'signal' | 'logs'>;
  /** Lets go of what is held, once the operation is over. */
  end(): void;
  /** Where long texts go that its answer is written with in pieces; undefined where it is written whole. */
  longTexts?: LongTexts | undefined;
  /** What the operation has cost so far. */
  meter: Meter;
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
  logRoom: LogRoom;
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
  keepsTime?: boolean;
  /** Where long texts go, if its answer is written in pieces. */
  longTexts?: LongTexts;
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
  const meter: Meter = { calls: 0, coalesced: 0, notModified: 0, requestIds: [] };
  const freshness = createFreshness();
  const traceContext = traceContextOf(caller);
  const { transport } = deps;
  let endLast = () => {};
  const turn = () => {
    endLast();
    const { signal, leave } = caller.keepsTime
      ? { signal: caller.signal, leave() {} }
      : limitTime(caller.signal, deps.operationTimeoutMs);
    const logs = deps.logRoom.enter();
    endLast = () => {
      leave();
      logs.leave();
    };
    const allowance = { max: deps.maxUpstreamCalls, left: deps.maxUpstreamCalls };
    const gitlab = createGitlab({ transport, credential, signal, meter, allowance, traceContext });
    return {
      loaders: watchFreshness(createLoaders(gitlab, logs), freshness),
      writer: fallback && !deps.fallbackWrites ? undefined : gitlab,
      signal,
      logs,
    };
  };
  const first = turn();
  // Named one by one, not spread: members added to a copy cost V8 8 µs for each operation.
  return {
    loaders: first.loaders,
    writer: first.writer,
    signal: first.signal,
    logs: first.logs,
    turn,
    end: () => endLast(),
    longTexts: caller.longTexts,
    openTrace: (ref) =>
      createGitlab({
        transport,
        credential,
        signal: caller.signal,
        meter,
        traceContext,
      }).openJobTrace(ref),
    live: deps.live.of({ credential, signal: caller.signal }),
    rateLimit() {
      freshness.limit(0);
      return deps.transport.rateLimitOf(credential.digest);
    },
    webUrls: deps.webUrls,
    meter,
    freshness,
  };
}
