import { type Headers, headerOf } from './headers.ts';

function toTime(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** A number of seconds as GitLab writes it; undefined for anything else. */
function toSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

/**
 * How long an answer asks to wait, in seconds; null where it does not say. Retry-After comes as
 * seconds or as a date; RateLimit-Reset, a moment in seconds since 1970, counts where it is missing
 * (gitlab-jobs-api §5.1). Moments are measured against the server's own Date, since clocks differ.
 */
export function readRetryAfter(headers: Headers, now: number): number | null {
  const retryAfter = headerOf(headers, 'retry-after');
  const seconds = toSeconds(retryAfter);
  if (seconds !== undefined) return seconds;
  const reset = toSeconds(headerOf(headers, 'ratelimit-reset'));
  const moment = toTime(retryAfter) ?? (reset === undefined ? undefined : reset * 1000);
  if (moment === undefined) return null;
  const serverNow = toTime(headerOf(headers, 'date')) ?? now;
  return Math.max(0, (moment - serverNow) / 1000);
}
