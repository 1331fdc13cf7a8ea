export type Redact = (text: string) => string;

const REDACTED = '[redacted]';
/**
 * Patterns of tokens: with GitLab's prefixes (glpat-, gldt-, glcbt-, gloas-, glsoat- …), JSON web
 * tokens, and values of headers or parameters such as `private-token: …`.
 */
const patterns: readonly RegExp[] = [
  // Unlike the next pattern, also matches inside a word, as in `my_glpat-…`.
  /gl(?:pat|rtr?|cbt|dt|oas|soat|ptt|ft|imt|agent|wt|ffct)-[\w.-]{8,}/g,
  /\bgl[a-z]{2,8}-[\w.-]{8,}/g,
  /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g,
  /\b(?:private[-_]token|job[-_]token|access[-_]token|authorization)["']?\s*[:=]\s*["']?(?:bearer\s+)?[^\s"',&]+/gi,
  /\bbearer\s+[^\s"',]+/gi,
];

/** Replaces everything that looks like a token, in texts that may contain secrets of any caller. */
export function redactPatterns(text: string): string {
  return patterns.reduce((rest, pattern) => rest.replace(pattern, REDACTED), text);
}

/** Returns a function that replaces the given secrets and everything that looks like a token. */
export function createRedact(secrets: readonly string[]): Redact {
  return (text) =>
    redactPatterns(secrets.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text));
}

/**
 * Copies an error for logging: name, code, message, stack and cause, without secrets. Other members
 * are not copied, because transport errors contain sockets, and parse errors contain parts of the
 * response. A cause that is not an error becomes redacted text.
 */
export function toSafeCause(cause: unknown, redact: Redact): unknown {
  if (cause === undefined) return undefined;
  if (!(cause instanceof Error)) return redact(String(cause));
  const safe = new Error(redact(cause.message));
  safe.name = cause.name;
  safe.stack = redact(cause.stack ?? '');
  if ('code' in cause) Object.assign(safe, { code: cause.code });
  if (cause.cause !== undefined) safe.cause = toSafeCause(cause.cause, redact);
  return safe;
}
