import { LRUCache } from 'lru-cache';
import type { BuildResult, Call, RawResponse, ResponseHead } from '../request.ts';
import { createBodyStore, type StoredBody, storedSize } from './body-store.ts';
import { headerOf } from './headers.ts';

/**
 * A response that GitLab may confirm with 304. It holds the bytes of the body until the first 304.
 * After that, it holds the parsed body instead. So the cache never holds the parsed rows of a
 * response that is replaced before its first 304. V8 frees such rows at a much lower cost than rows
 * that a cache has held.
 *
 * The response counts its users: the cache, and the calls that may still receive the 304. The bytes
 * are freed when the last user releases the response, or when the parsed body replaces them.
 */
export class CachedResponse {
  readonly etag: string;
  readonly head: ResponseHead;
  readonly #body: StoredBody;
  #users = 1;
  #build: BuildResult<unknown> | undefined;

  constructor(etag: string, head: ResponseHead, body: StoredBody) {
    this.etag = etag;
    this.head = head;
    this.#body = body;
  }

  acquire(): this {
    this.#users += 1;
    return this;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#body.free();
  }

  /** Size of the body in bytes. */
  get length(): number {
    return this.#body.length;
  }

  /** Returns a copy of the bytes. Throws after `setBuild`, and after the last `release`. */
  readBody(): Buffer {
    return this.#body.read();
  }

  /** The parsed body; undefined before the first 304. */
  get build(): BuildResult<unknown> | undefined {
    return this.#build;
  }

  /** Replaces the bytes by the parsed body. */
  setBuild(build: BuildResult<unknown>): void {
    this.#build = build;
    this.#body.free();
  }
}

/** Responses by credential and URL. Evicts the least recently used ones. */
export interface EtagCache {
  /** The caller must release the response when its call has ended. */
  get(call: Call): CachedResponse | undefined;
  /** Stores a response if it has an ETag, is not too large, and the call may be cached. */
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
 * parsed also keeps its body. A very small body takes a whole block of memory.
 */
const sizeOf = (bytes: number) => Math.max(2 * bytes, storedSize(bytes)) + 1024;

/**
 * Returns the cache key of a call. It begins with the credential's digest, so that no caller gets a
 * response to another caller.
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
  const maxEntrySize = Math.ceil(maxBytes / 4);
  const index = createIndex();
  const bodies = createBodyStore();
  const cache = new LRUCache<string, CachedResponse>({
    maxSize: maxBytes,
    onInsert(_response, key, reason) {
      if (reason === 'add') index.add(key);
    },
    dispose(response, key, reason) {
      // If the reason is `set`, another entry replaces this one.
      if (reason !== 'set') index.remove(key);
      response.release();
    },
  });
  const isCacheable = (call: Call) =>
    call.method === 'GET' && !call.streaming && call.keep !== false;
  return {
    get: (call) => (isCacheable(call) ? cache.get(keyOf(call))?.acquire() : undefined),
    put(call, { status, headers, body }) {
      const etag = headerOf(headers, 'etag');
      if (!etag || !isCacheable(call)) return;
      const size = sizeOf(body.length);
      if (size > maxEntrySize) return void cache.delete(keyOf(call));
      const entry = new CachedResponse(etag, { status, headers }, bodies.put(body));
      cache.set(keyOf(call), entry, { size });
    },
    invalidateProject({ credential, endpoint }) {
      const project = projectOf(`${credential.digest} ${endpoint.path}`);
      if (project !== undefined) for (const key of [...index.of(project)]) cache.delete(key);
    },
  };
}
