/** Response headers as undici delivers them, with names in lower case. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Returns a header's value. The values of a repeated header are joined with commas. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Reads a whole number; undefined if the header is missing or contains anything else. */
export function readCount(headers: Headers, name: string): number | undefined {
  const text = headerOf(headers, name);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Parses an HTTP date to ms since 1970. Date.parse alone would read a plain number as a year. */
function toTime(text: string | undefined): number | undefined {
  const time = text?.endsWith('GMT') ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** Maximum result of `toSeconds`. A larger number may be Infinity, which JSON cannot contain. */
const MAX_SECONDS = 1e12;

function toSeconds(text: string | undefined): number | undefined {
  const isNumber = text !== undefined && /^\d+(?:\.\d+)?$/.test(text.trim());
  return isNumber ? Math.min(Number(text), MAX_SECONDS) : undefined;
}

/**
 * Returns when the server sent the response by its own clock, in ms since 1970. Undefined without a
 * valid Date header.
 */
export const readDate = (headers: Headers): number | undefined => toTime(headerOf(headers, 'date'));

/**
 * Returns the seconds until a time; 0 if it has passed. Compares it with the server's Date header,
 * because the clocks of server and gateway differ.
 */
function secondsUntil(time: number, headers: Headers, now: number): number {
  return Math.max(0, (time - (readDate(headers) ?? now)) / 1000);
}

/**
 * Returns the seconds until the quota is renewed, from RateLimit-Reset (seconds since 1970). Null
 * without this header.
 */
export function readReset(headers: Headers, now: number): number | null {
  const reset = toSeconds(headerOf(headers, 'ratelimit-reset'));
  return reset === undefined ? null : secondsUntil(reset * 1000, headers, now);
}

/**
 * Returns the seconds to wait before the next call, from Retry-After (seconds or a date). Null
 * without this header.
 */
export function readRetryAfter(headers: Headers, now: number): number | null {
  const retryAfter = headerOf(headers, 'retry-after');
  const seconds = toSeconds(retryAfter);
  if (seconds !== undefined) return seconds;
  const time = toTime(retryAfter);
  return time === undefined ? null : secondsUntil(time, headers, now);
}

/**
 * Returns the seconds to wait after a 429; null if the response does not say it. Without
 * Retry-After, this is the time until the quota is renewed (upstream.md §5.1). Other responses may
 * have RateLimit headers, too, but do not ask to wait.
 */
export function readWaitOfLimit(headers: Headers, now: number): number | null {
  return readRetryAfter(headers, now) ?? readReset(headers, now);
}
