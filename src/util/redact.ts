/*
 * What keeps tokens out of texts that outlive a call: the caller's own secrets by their value, and
 * whatever else looks like a GitLab token or a header that carries one.
 */

/** Replaces secrets in a text. */
export type Redact = (text: string) => string;

const REDACTED = '[redacted]';
/** GitLab's prefixed tokens (glpat-, gldt-, glcbt-, gloas-, glsoat- …), JSON web tokens, and headers or parameters. */
const patterns: readonly RegExp[] = [
  /\bgl[a-z]{2,8}-[\w.-]{8,}/g,
  /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g,
  /\b(?:private[-_]token|job[-_]token|access[-_]token|authorization)["']?\s*[:=]\s*["']?(?:bearer\s+)?[^\s"',&]+/gi,
  /\bbearer\s+[^\s"',]+/gi,
];

/** Redacts by pattern alone: for texts of which nobody knows whose secrets they may hold. */
export function redactPatterns(text: string): string {
  return patterns.reduce((rest, pattern) => rest.replace(pattern, REDACTED), text);
}

/** Redacts the given secrets literally, and everything that looks like one. */
export function createRedact(secrets: readonly string[]): Redact {
  return (text) =>
    redactPatterns(secrets.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text));
}

/**
 * A copy of an error that may be logged: name, code, message and stack without secrets. Everything
 * else is left behind, since transport errors carry sockets, and parse errors pieces of the answer.
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
