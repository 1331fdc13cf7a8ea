/** An answer's headers, names in lower case, as undici gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** One header's value; several of one name are joined as HTTP says. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** An HTTP date in ms since 1970. Date.parse alone would take a bare number for a year. */
function toTime(text: string | undefined): number | undefined {
  const time = text?.endsWith('GMT') ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** A number of seconds as GitLab writes it; undefined for anything else. */
function toSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

/** From now to a moment by the server's own Date, since clocks differ; never negative. */
function secondsUntil(moment: number, headers: Headers, now: number): number {
  return Math.max(0, (moment - (toTime(headerOf(headers, 'date')) ?? now)) / 1000);
}

/** How long until the quota is renewed, in seconds, from RateLimit-Reset: a moment in seconds since 1970. */
export function readReset(headers: Headers, now: number): number | null {
  const reset = toSeconds(headerOf(headers, 'ratelimit-reset'));
  return reset === undefined ? null : secondsUntil(reset * 1000, headers, now);
}

/**
 * How long an answer asks to wait, in seconds; null where it does not say. Retry-After comes as seconds
 * or as a date, and RateLimit-Reset counts where it is missing (upstream.md §5.1).
 */
export function readRetryAfter(headers: Headers, now: number): number | null {
  const retryAfter = headerOf(headers, 'retry-after');
  const seconds = toSeconds(retryAfter);
  if (seconds !== undefined) return seconds;
  const moment = toTime(retryAfter);
  return moment === undefined ? readReset(headers, now) : secondsUntil(moment, headers, now);
}
