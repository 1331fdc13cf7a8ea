import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

/** Media types of responses; the first is sent to clients that accept anything. */
const TYPES = [
  'application/json',
  'application/graphql-response+json',
  'text/event-stream',
  'multipart/mixed',
] as const;

export type ResponseType = (typeof TYPES)[number];

/** For the error message of a request that accepts none of the types. */
export const offeredTypes = TYPES.join(', ');

/** `Accept: application/json; charset=utf-8` matches only a type with that parameter. */
const OFFERED = TYPES.flatMap((type) => [type, `${type};charset=utf-8`]);

/** The response types that a client accepts, the preferred one first (RFC 9110, 12.5.1). */
export interface Accepted {
  readonly types: readonly ResponseType[];
  /** The preferred JSON type. */
  readonly json: ResponseType | undefined;
  readonly stream: 'text/event-stream' | undefined;
}

function negotiate(accept: string): Accepted {
  const offered = new Negotiator({ headers: { accept } }).mediaTypes(OFFERED);
  const types = [...new Set(offered.map((type) => type.split(';')[0] as ResponseType))];
  return {
    types,
    json: types.find((type) => type.endsWith('json')),
    stream: types.find((type) => type === 'text/event-stream'),
  };
}

/** Clients send few different headers; longer ones are not cached. */
const MAX_CACHED_LENGTH = 300;
const cache = new LRUCache<string, Accepted>({ max: 200 });

/** Reads an `Accept` header. A missing or empty header accepts everything. */
export function parseAccept(accept: string | undefined): Accepted {
  const text = accept || '*/*';
  const cached = cache.get(text);
  if (cached) return cached;
  const accepted = negotiate(text);
  if (text.length <= MAX_CACHED_LENGTH) cache.set(text, accepted);
  return accepted;
}
