import { LRUCache } from 'lru-cache';
import type { BuildResult, Call, ResponseHead } from '../request.ts';
import { headerOf } from './headers.ts';

/** An answer that GitLab may say is still the same. */
export interface CachedResponse {
  readonly etag: string;
  readonly head: ResponseHead;
  readonly complete: BuildResult<unknown>;
}

/** Answers by caller and address, the ones longest unused dropped first. */
export interface EtagCache {
  get(call: Call): CachedResponse | undefined;
  /** Keeps an answer if it has an ETag; `bytes` is its body's length. */
  put(
    call: Call,
    kept: { head: ResponseHead; complete: BuildResult<unknown>; bytes: number },
  ): void;
  /** Drops what a caller has read, by this name, of the project that the call changes. */
  invalidateProject(call: { credential: { digest: string }; endpoint: { path: string } }): void;
}

/** Parsed rows take about twice the room of their JSON; the rest is headers and bookkeeping. */
function sizeOf(bytes: number): number {
  return 2 * bytes + 1024;
}

/** The credential's digest comes first: GitLab's ETag says nothing about who may see the body. */
function keyOf(call: Call): string {
  return `${call.credential.digest} ${call.endpoint.path}${call.query}`;
}

/** The caller and the project of a key, as its path names that; undefined for what is of no project. */
function projectOf(key: string): string | undefined {
  return /^[^ ]+ \/projects\/[^/]+\//.exec(key)?.[0];
}

/** Keys by caller and project, so that a write need not look at what all others have read. */
function createIndex() {
  const keys = new Map<string, Set<string>>();
  return {
    of: (project: string): Iterable<string> => keys.get(project) ?? [],
    add(key: string) {
      const project = projectOf(key);
      if (project !== undefined) keys.set(project, (keys.get(project) ?? new Set()).add(key));
    },
    remove(key: string) {
      const project = projectOf(key) ?? '';
      const own = keys.get(project);
      own?.delete(key);
      if (own?.size === 0) keys.delete(project);
    },
  };
}

/** Makes a store of at most that many bytes over all callers; 0 keeps nothing. */
export function createEtagCache(maxBytes: number): EtagCache {
  if (maxBytes === 0) return { get: () => undefined, put: () => {}, invalidateProject: () => {} };
  const index = createIndex();
  const cache = new LRUCache<string, CachedResponse>({
    maxSize: maxBytes,
    maxEntrySize: Math.ceil(maxBytes / 4),
    onInsert: (_kept, key) => index.add(key),
    // Also of what is replaced, just before it is inserted anew.
    dispose: (_kept, key) => index.remove(key),
  });
  const isKeepable = (call: Call) =>
    call.method === 'GET' && !call.streaming && call.keep !== false;
  return {
    get: (call) => (isKeepable(call) ? cache.get(keyOf(call)) : undefined),
    put(call, { head, complete, bytes }) {
      const etag = headerOf(head.headers, 'etag');
      if (!etag || !isKeepable(call)) return;
      cache.set(keyOf(call), { etag, head, complete }, { size: sizeOf(bytes) });
    },
    invalidateProject({ credential, endpoint }) {
      const project = projectOf(`${credential.digest} ${endpoint.path}`);
      if (project !== undefined) for (const key of [...index.of(project)]) cache.delete(key);
    },
  };
}
