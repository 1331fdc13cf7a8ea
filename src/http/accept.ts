import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

/**
 * The media type of Apollo's multipart protocol for subscriptions. It is sent only to clients whose
 * Accept header names it.
 */
export const APOLLO_MULTIPART = 'multipart/mixed;subscriptionSpec=1.0';

/** Media types of responses; the first is sent to clients that accept anything. */
const TYPES = [
  'application/json',
  'application/graphql-response+json',
  'text/event-stream',
  'multipart/mixed',
  APOLLO_MULTIPART,
] as const;

export type ResponseType = (typeof TYPES)[number];

/** All types, for the error message if a request accepts none of them. */
export const offeredTypes = TYPES.join(', ');

/**
 * The types that are offered to Negotiator: each type with and without charset. Negotiator matches
 * `application/json;charset=utf-8` only with an offered type that has this parameter, too.
 */
const OFFERED = new Map<string, ResponseType>(
  TYPES.flatMap((type) => [
    [type, type],
    [`${type};charset=utf-8`, type],
  ]),
);
const OFFERED_WITHOUT_APOLLO = [...OFFERED.keys()].filter(
  (type) => !type.startsWith(APOLLO_MULTIPART),
);

/** Parameters that clients add to multipart types. They do not select a type of response. */
const IGNORED_PARAMETERS =
  /;\s*(?:boundary|deferSpec|incrementalSpec)\s*=\s*(?:"[^"]*"|[^\s;,]*)/gi;

/** The response types that a client accepts, the preferred one first (RFC 9110, 12.5.1). */
export interface Accepted {
  readonly types: readonly ResponseType[];
  /** The preferred JSON type. */
  readonly json: ResponseType | undefined;
  /** The preferred type for subscriptions. */
  readonly stream: ResponseType | undefined;
}

function negotiate(header: string): Accepted {
  const accept = header.replace(IGNORED_PARAMETERS, '');
  const offered = /subscriptionSpec/i.test(accept) ? [...OFFERED.keys()] : OFFERED_WITHOUT_APOLLO;
  const matching = new Negotiator({ headers: { accept } }).mediaTypes(offered);
  const types = [...new Set(matching.flatMap((type) => OFFERED.get(type) ?? []))];
  return {
    types,
    json: types.find((type) => type.endsWith('json')),
    stream: types.find((type) => type === 'text/event-stream' || type === APOLLO_MULTIPART),
  };
}

/** Accept headers longer than this are not cached, so that the cache stays small. */
const MAX_CACHED_LENGTH = 300;
const cache = new LRUCache<string, Accepted>({ max: 200 });

/**
 * Reads an `Accept` header. A missing or empty header accepts everything except APOLLO_MULTIPART.
 */
export function parseAccept(accept: string | undefined): Accepted {
  const text = accept || '*/*';
  const cached = cache.get(text);
  if (cached) return cached;
  const accepted = negotiate(text);
  if (text.length <= MAX_CACHED_LENGTH) cache.set(text, accepted);
  return accepted;
}
