import { createLru } from '../util/lru.ts';
import type { Call, Send } from './request.ts';

/*
 * The credentials that GitLab has accepted. All other credentials together may use only a part of
 * the process's limits. Limits per credential are not enough: a client could invent a new token for
 * each request.
 */

/**
 * Maximum number of known credentials. A process has fewer users. When the number is exceeded, the
 * least recently used digest is removed.
 */
const MAX_KNOWN = 10_000;

/** The credentials that GitLab has accepted, by digest. */
export interface KnownCredentials {
  has(digest: string): boolean;
  add(digest: string): void;
}

export function createKnownCredentials(): KnownCredentials {
  const digests = createLru<true>(MAX_KNOWN);
  return {
    has: (digest) => digests.has(digest),
    add: (digest) => void digests.set(digest, true),
  };
}

/**
 * GET routes that answer with success only if the job token is valid. All of them read job tokens
 * in every version of GitLab, and so reject an invalid one. One exception: some versions ignore job
 * tokens for the list of a project's jobs. But that list never succeeds without a credential.
 */
const JOB_TOKEN_ROUTES = new Set([
  '/job',
  '/job/allowed_agents',
  '/projects/:id/jobs',
  '/projects/:id/jobs/:id/artifacts',
  '/projects/:id/jobs/:id/artifacts/:path',
]);

/**
 * Whether GitLab answers the call with success only if it accepts the credential. GitLab rejects an
 * invalid PRIVATE-TOKEN or Bearer token on all routes. But it ignores a JOB-TOKEN header on routes
 * that do not accept job tokens, and some of them need no credential (upstream.md §8). Of several
 * tokens, GitLab uses only one, so a caller with one valid token could make up the others.
 */
function requiresValidCredential({ credential, endpoint }: Call): boolean {
  const { kind, hasSeveralTokens } = credential;
  if (hasSeveralTokens) return false;
  if (kind === 'job-token') return JOB_TOKEN_ROUTES.has(endpoint.template);
  return kind !== 'anonymous';
}

/**
 * Adds a credential to `known` when a successful response shows that GitLab accepts the credential.
 * An error shows nothing: for example, GitLab may check the parameters before the credential.
 */
export function createCredentialObserver(send: Send, known: KnownCredentials): Send {
  return async (call) => {
    const response = await send(call);
    if (requiresValidCredential(call)) known.add(call.credential.digest);
    return response;
  };
}

interface CallerLimits {
  readonly max: number;
  readonly maxPerCaller: number;
  readonly known: KnownCredentials;
}

/**
 * Counts the resources that callers hold, such as open connections, in total and per credential.
 */
export type CallerCounts = ReturnType<typeof createCallerCounts>;

/**
 * Creates counters with limits. All unknown credentials together may hold half of `max`, or
 * `maxPerCaller` if that is more.
 */
export function createCallerCounts({ max, maxPerCaller, known }: CallerLimits) {
  const byDigest = new Map<string, number>();
  const maxUnknown = Math.max(Math.ceil(max / 2), maxPerCaller);
  let total = 0;
  const countOf = (digest: string) => byDigest.get(digest) ?? 0;
  /** Counts anew at each call, because a credential may become known at any time. */
  const countUnknown = () => {
    let sum = 0;
    for (const [digest, count] of byDigest) if (!known.has(digest)) sum += count;
    return sum;
  };
  return {
    total: () => total,
    isFull(digest: string) {
      if (total >= max || countOf(digest) >= maxPerCaller) return true;
      return total >= maxUnknown && !known.has(digest) && countUnknown() >= maxUnknown;
    },
    change(digest: string, by: number) {
      total += by;
      const count = countOf(digest) + by;
      if (count > 0) byDigest.set(digest, count);
      else byDigest.delete(digest);
    },
  };
}

/**
 * Maximum number of unknown credentials whose state is kept. A credential is unknown only until
 * GitLab accepts its first call, so the state is needed only for a short time.
 */
const MAX_UNKNOWN = 1_000;

/**
 * Returns a function that returns the state of a credential, and creates the state at the first
 * use. If there are too many states, the least recently used one is removed, and created again if
 * needed. States of unknown credentials are stored separately, so they cannot replace those of
 * known ones.
 */
export function createPerCredential<S extends object>(
  create: () => S,
  known: KnownCredentials,
): (credential: { digest: string }) => S {
  const ofKnown = createLru<S>(MAX_KNOWN);
  const ofUnknown = createLru<S>(MAX_UNKNOWN);
  return ({ digest }) => {
    const kept = ofKnown.get(digest);
    if (kept) return kept;
    const state = ofUnknown.get(digest) ?? create();
    if (known.has(digest)) {
      ofUnknown.delete(digest);
      ofKnown.set(digest, state);
    } else {
      ofUnknown.set(digest, state);
    }
    return state;
  };
}
