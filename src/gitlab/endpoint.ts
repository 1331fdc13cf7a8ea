/** A path below /api/v4, and the template it was made from: the name under which calls are counted. */
export interface Endpoint {
  readonly path: string;
  readonly template: string;
}

/** An id that cannot be put into a path without leaving it. No such thing exists in GitLab. */
export class InvalidSegmentError extends RangeError {
  override readonly name = 'InvalidSegmentError';
  readonly code = 'INVALID_SEGMENT';
}

/** Half a character, which has no encoding. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Encodes one hole of a path. The slashes of a project's path are encoded too, but proxies that
 * decode them would resolve dots, so none of the parts may be empty, "." or "..".
 */
function encodeSegment(value: string): string {
  const stray = value.split(/[/\\]/).some((part) => part === '' || part === '.' || part === '..');
  if (stray || LONE_SURROGATE.test(value)) {
    throw new InvalidSegmentError('An id is empty or not one that can be part of a path.');
  }
  return encodeURIComponent(value);
}

/** Builds a path: endpoint`/projects/${project}/jobs/${id}`. Each hole stays one segment, whatever it holds. */
export function endpoint(parts: TemplateStringsArray, ...values: readonly string[]): Endpoint {
  return { path: String.raw(parts, ...values.map(encodeSegment)), template: parts.join(':id') };
}

type QueryValue = string | number | boolean | readonly string[] | undefined;

/** Parameters by name; undefined ones are left out, a list repeats its name. */
export type Query = Readonly<Record<string, QueryValue>>;

/** Writes a query with its question mark, in the order given; empty where nothing is asked. */
export function toQuery(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
    return values.map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`);
  });
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}
