import { isFileName } from '../util/file-name.ts';

/**
 * A path below /api/v4. `template` is the path with placeholders for ids; it labels the call in
 * metrics.
 */
export interface Endpoint {
  readonly path: string;
  readonly template: string;
}

/**
 * Thrown for an id or file path that may change the path of the call, such as '..', or that cannot
 * be encoded. GitLab has no such ids. An archive of artifacts may contain files with such names,
 * for example with a backslash. These files cannot be read (upstream.md §12).
 */
export class InvalidSegmentError extends RangeError {
  override readonly name = 'InvalidSegmentError';
  readonly code = 'INVALID_SEGMENT';
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Matches a segment that needs no encoding, such as an id. */
const PLAIN = /^[\w-]+$/;

/**
 * Encodes one segment of a path. A project's full path is one segment, so its slashes are encoded,
 * too. Throws InvalidSegmentError for texts such as `a/../b` or `a//b`: proxies may decode the
 * slashes and then remove these parts. Also throws for an unpaired surrogate, which cannot be
 * encoded.
 */
function encodeSegment(value: string): string {
  if (PLAIN.test(value)) return value;
  const isInvalid = value
    .split(/[/\\]/)
    .some((part) => part === '' || part === '.' || part === '..');
  if (isInvalid || LONE_SURROGATE.test(value)) {
    throw new InvalidSegmentError('The id is empty or cannot be part of a path.');
  }
  return encodeURIComponent(value);
}

/** Adds the path of a file to an endpoint. Each name becomes one segment. */
export function withFile({ path, template }: Endpoint, names: readonly string[]): Endpoint {
  if (!names.every(isFileName)) {
    throw new InvalidSegmentError('The path of the file cannot be part of a path.');
  }
  const segments = names.map((name) => `/${encodeSegment(name)}`);
  return { path: path + segments.join(''), template: `${template}/:path` };
}

/** Builds a path: endpoint`/projects/${project}/jobs/${id}`. Each value becomes one segment. */
export function endpoint(parts: TemplateStringsArray, ...values: readonly string[]): Endpoint {
  let [path = ''] = parts;
  for (const [index, value] of values.entries()) path += encodeSegment(value) + parts[index + 1];
  return { path, template: parts.join(':id') };
}

/**
 * Encodes a text for a query. Replaces unpaired surrogates, which encodeURIComponent rejects. Even
 * GitLab's own texts may contain them.
 */
const encodeText = (text: string): string =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));

type QueryValue = string | number | boolean | readonly string[] | undefined;

/** Query parameters by name. Undefined ones are omitted; a list becomes one parameter per item. */
export type Query = Readonly<Record<string, QueryValue>>;

/** Returns the query with its question mark; an empty string if there are no parameters. */
export function toQuery(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
    return values.map((one) => `${encodeURIComponent(name)}=${encodeText(String(one))}`);
  });
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}
