import { randomUUID } from 'node:crypto';
import { redactPatterns } from '../util/redact.ts';

/** Matches request ids without characters that have a meaning in headers or log lines. */
const FORM = /^[\w.:+/=@-]{1,128}$/;

/** Returns the given request id, or a new one if it is missing, malformed or looks like a token. */
export function readRequestId(given: string | null | undefined): string {
  const isUsable = given && FORM.test(given) && redactPatterns(given) === given;
  return isUsable ? given : randomUUID();
}
