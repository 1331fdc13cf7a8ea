import { randomUUID } from 'node:crypto';
import { redactPatterns } from '../util/redact.ts';

/** Request ids as proxies make them; nothing that could break out of a header or a log line. */
const FORM = /^[\w.:+/=@-]{1,128}$/;

/** Returns the id that a request came with, unless it is malformed or looks like a token; else a new one. */
export function readRequestId(given: string | null | undefined): string {
  const isUsable = given && FORM.test(given) && redactPatterns(given) === given;
  return isUsable ? given : randomUUID();
}
