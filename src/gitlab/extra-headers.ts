/*
 * Headers that are added to every call to GitLab, for an access proxy in front of GitLab. They must
 * not change the user, the target or the encoding of a call.
 */

/**
 * Headers by which GitLab recognizes a user. Names are compared with "_" replaced by "-", because
 * some servers treat both as equal.
 */
const CREDENTIALS = [
  ...['authorization', 'private-token', 'job-token', 'deploy-token', 'cookie', 'sudo'],
];
/** Hop-by-hop headers (RFC 9110 §7.6.1), and others that the HTTP client itself must set. */
const CONNECTION = [
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'proxy-authorization', 'proxy-authenticate', 'host', 'content-length', 'expect'],
];
/** Headers that the gateway itself sets on its calls. */
const OWN = [
  ...['accept', 'accept-encoding', 'content-type', 'if-none-match', 'user-agent'],
  ...['traceparent', 'tracestate'],
];

const reasons = new Map([
  ...CREDENTIALS.map((name) => [name, 'is a credential, which callers send themselves'] as const),
  ...CONNECTION.map((name) => [name, 'belongs to the connection, not to the request'] as const),
  ...OWN.map((name) => [name, 'is set by the gateway'] as const),
]);

const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/**
 * Visible ASCII characters, with spaces and tabs between them. CR and LF are excluded, because they
 * would end the header.
 */
const VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

interface ExtraHeaders {
  entries: [name: string, value: string][];
  /** Messages with line numbers. They never contain the value of a header, because it is secret. */
  problems: string[];
}

/** Returns what is wrong with a header; undefined if it is valid. */
function problemOf(name: string, value: string, known: ReadonlySet<string>): string | undefined {
  if (!NAME.test(name)) return 'must be `Name: value`';
  const reason = reasons.get(name.replaceAll('_', '-'));
  if (reason) return `cannot set \`${name}\`: it ${reason}`;
  if (known.has(name)) return `repeats \`${name}\``;
  if (value === '') return `has no value for \`${name}\``;
  return VALUE.test(value)
    ? undefined
    : `has characters in the value of \`${name}\` that no header can`;
}

/** Parses `Name: value` lines. Ignores empty lines and lines that start with "#". */
export function parseExtraHeaders(text: string): ExtraHeaders {
  const entries: ExtraHeaders['entries'] = [];
  const problems: string[] = [];
  const known = new Set<string>();
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '');
    const problem = problemOf(name, value, known);
    if (problem) problems.push(`line ${index + 1} ${problem}`);
    else entries.push([name, value]);
    known.add(name);
  }
  return { entries, problems };
}
