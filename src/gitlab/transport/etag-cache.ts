import { LRUCache } from 'lru-cache';
import type { BuildResult, Call, RawResponse, ResponseHead } from '../request.ts';
import { headerOf } from './headers.ts';

/**
 * A response that GitLab may confirm with 304. The cache keeps the bytes of the body until the
 * first 304, and the parsed body after it. So the cache never holds the parsed rows of a response
 * that changes before the first 304. These rows are short-lived objects, whose garbage collection
 * costs much less.
 */
export interface CachedResponse {
  readonly etag: string;
  readonly head: ResponseHead;
  content: { readonly body: Buffer } | { readonly build: BuildResult<unknown> };
}

/** Responses by credential and URL. Evicts the least recently used ones. */
export interface EtagCache {
  get(call: Call): CachedResponse | undefined;
  /** Stores a response if it has an ETag. */
  put(call: Call, response: RawResponse): void;
  /**
   * Deletes the caller's entries for the project in the call's path, because a write may have
   * changed them. Entries whose path names the project in the other form (path or numeric id)
   * remain.
   */
  invalidateProject(call: { credential: { digest: string }; endpoint: { path: string } }): void;
}

/**
 * Estimates the memory of an entry in bytes from the size of its body. Parsed rows need about twice
 * the size of their JSON, and the headers need memory, too. A page of which only some rows were
 * parsed also keeps its body.
 */
const sizeOf = (bytes: number) => 2 * bytes + 1024;

/**
 * Copies a body that is a small part of a larger buffer, such as a decompressed body. Otherwise the
 * cache would keep the whole buffer in memory.
 */
function withoutSpare(body: Buffer): Buffer {
  if (body.buffer.byteLength <= 2 * body.length + 1024) return body;
  const copy = Buffer.allocUnsafeSlow(body.length);
  body.copy(copy);
  return copy;
}

/**
 * Returns the cache key of a call. It begins with the credential's digest: GitLab's ETag does not
 * depend on the caller's permissions, so a 304 does not show that another caller may see the body.
 */
function keyOf(call: Call): string {
  return `${call.credential.digest} ${call.endpoint.path}${call.query}`;
}

/**
 * Returns the part of a key that identifies the credential and the project. Undefined if the path
 * does not continue after the project.
 */
const projectOf = (key: string): string | undefined => /^[^ ]+ \/projects\/[^/]+\//.exec(key)?.[0];

/** Indexes keys by credential and project, so that a write does not scan the whole cache. */
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

/** Creates a cache of at most `maxBytes` over all callers; 0 disables it. */
export function createEtagCache(maxBytes: number): EtagCache {
  if (maxBytes === 0) return { get: () => undefined, put: () => {}, invalidateProject: () => {} };
  const index = createIndex();
  const cache = new LRUCache<string, CachedResponse>({
    maxSize: maxBytes,
    maxEntrySize: Math.ceil(maxBytes / 4),
    onInsert: (_response, key) => index.add(key),
    // When an entry is replaced, this is called for the old entry before the new one is inserted.
    dispose: (_response, key) => index.remove(key),
  });
  const isCacheable = (call: Call) =>
    call.method === 'GET' && !call.streaming && call.keep !== false;
  return {
    get: (call) => (isCacheable(call) ? cache.get(keyOf(call)) : undefined),
    put(call, { status, headers, body }) {
      const etag = headerOf(headers, 'etag');
      if (!etag || !isCacheable(call)) return;
      const content = { body: withoutSpare(body) };
      const entry = { etag, head: { status, headers }, content };
      cache.set(keyOf(call), entry, { size: sizeOf(body.length) });
    },
    invalidateProject({ credential, endpoint }) {
      const project = projectOf(`${credential.digest} ${endpoint.path}`);
      if (project !== undefined) for (const key of [...index.of(project)]) cache.delete(key);
    },
  };
}
