import { LRUCache } from 'lru-cache';
import type { AnswerHead, Call, Complete } from '../call.ts';
import { headerOf } from './headers.ts';

/** An answer that GitLab may say is still the same. */
export interface Kept {
  readonly etag: string;
  readonly head: AnswerHead;
  readonly complete: Complete<unknown>;
}

/** Answers by caller and address, the ones longest unused dropped first. */
export interface EtagStore {
  get(call: Call): Kept | undefined;
  /** Keeps an answer if it has an ETag; `bytes` is its body's length. */
  put(call: Call, kept: { head: AnswerHead; complete: Complete<unknown>; bytes: number }): void;
  /** Drops what a caller has read, by this name, of the project that the call changes. */
  forgetProject(call: { credential: { digest: string }; endpoint: { path: string } }): void;
}

/** Parsed rows take about twice the room of their JSON; the rest is headers and bookkeeping. */
function sizeOf(bytes: number): number {
  return 2 * bytes + 1024;
}

/** The credential's digest comes first: GitLab's ETag says nothing about who may see the body. */
function keyOf(call: Call): string {
  return `${call.credential.digest} ${call.endpoint.path}${call.query}`;
}

/** Makes a store of at most that many bytes over all callers; 0 keeps nothing. */
export function createEtagStore(maxBytes: number): EtagStore {
  if (maxBytes === 0) return { get: () => undefined, put: () => {}, forgetProject: () => {} };
  const cache = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    maxEntrySize: Math.ceil(maxBytes / 4),
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
    forgetProject({ credential, endpoint }) {
      const project = /^\/projects\/[^/]+\//.exec(endpoint.path)?.[0];
      const own = `${credential.digest} ${project}`;
      for (const key of cache.keys()) if (key.startsWith(own)) cache.delete(key);
    },
  };
}
