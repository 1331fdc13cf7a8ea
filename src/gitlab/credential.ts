import { hash } from 'node:crypto';
import { createRedact, type Redact } from '../util/redact.ts';
import { Secret } from '../util/secret.ts';

/**
 * Kind of the caller's token. If the caller sends several tokens, the kind of the first of these:
 * PRIVATE-TOKEN, Authorization, JOB-TOKEN. A job token that is sent as Bearer is a 'job-token'.
 */
export type CredentialKind = 'private-token' | 'bearer' | 'job-token' | 'anonymous';

export interface Credential {
  readonly kind: CredentialKind;
  /**
   * A digest of the credential: the key for state that outlives a request. 'anonymous' if the
   * caller sent no credential.
   */
  readonly digest: string;
  readonly headers: SecretHeaders;
  /** Whether the caller sent several tokens. GitLab uses only one of them. @default false */
  readonly hasSeveralTokens?: boolean;
  /** Present if the credential can be replaced while operations use it. */
  readonly renewal?: Renewal;
}

/**
 * Replaces a credential while operations use it. For example, the gateway's own token is replaced
 * when the file that contains the token changes.
 */
export interface Renewal {
  latest(): Credential;
  /**
   * Called after GitLab rejected a credential. Looks for its replacement and returns whether there
   * is one.
   */
  renew(rejected: Credential): boolean;
}

/** Returns the replacement of a credential or, if it was not replaced, the credential itself. */
export const latestOf = (credential: Credential): Credential =>
  credential.renewal?.latest() ?? credential;

/** Thrown if a credential header is malformed. The message names the header, never its value. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
  readonly code = 'CREDENTIAL_INVALID';
}

type HeaderEntries = readonly (readonly [name: string, value: string])[];

const withoutScheme = (value: string): string => value.replace(/^(?:bearer|basic) /i, '');

/** Request headers that contain secrets. Only `addHeaders` and the transport reveal them. */
export class SecretHeaders extends Secret<HeaderEntries> {
  /** Removes the secrets from a text. */
  readonly redact: Redact;

  /**
   * `redact` removes from texts everything that looks like a token, and the values of
   * `secretEntries`. By default, `secretEntries` contains all entries.
   */
  constructor(entries: HeaderEntries, secretEntries = entries) {
    super(entries);
    this.redact = createRedact(secretEntries.map(([, value]) => withoutScheme(value)));
  }
}

/** No credential: GitLab shows public data only. */
export const anonymous: Credential = {
  kind: 'anonymous',
  digest: 'anonymous',
  headers: new SecretHeaders([]),
};

/**
 * Minimum length of a proxy header's value that is removed from error texts. A shorter value, such
 * as `https`, may be an ordinary word of a message. GitLab masks variables in logs from the same
 * length on.
 */
const MIN_SECRET_LENGTH = 8;

/**
 * Returns a copy of a credential that also sends `extra`, the headers for a proxy in front of
 * GitLab. The `redact` function of the copy removes the secrets of both from error texts. The
 * digest does not change.
 */
export function addHeaders(credential: Credential, extra: SecretHeaders): Credential {
  const own = credential.headers.reveal();
  const added = extra.reveal();
  const secret = added.filter(([, value]) => value.length >= MIN_SECRET_LENGTH);
  const headers = new SecretHeaders([...added, ...own], [...secret, ...own]);
  return { ...credential, headers };
}

/**
 * Matches the characters of a token: visible ASCII. A header that was sent twice does not match,
 * because its values arrive joined by ", ", which contains a space.
 */
const TOKEN_FORM = /^[\x21-\x7e]+$/;
/**
 * Maximum characters of a token. GitLab's longest tokens, the JSON web tokens of jobs, have about
 * 1,000. Web servers reject much longer headers with errors that look as if GitLab were down.
 */
const MAX_TOKEN_LENGTH = 4_096;
/**
 * Matches the beginning of GitLab's job tokens, `glcbt-`. An instance may put a prefix of its own
 * before it, as in `acme-glcbt-`. A Bearer token that matches counts as a job token.
 */
const jobTokenForm = /^(?:[\w.]+-)?glcbt-/;

/**
 * Returns why a text cannot be a token; undefined if it can be one. The result does not quote the
 * text. It completes a sentence that begins with the name of a header, variable or file.
 */
export function findTokenProblem(token: string): string | undefined {
  if (token.length > MAX_TOKEN_LENGTH) {
    return `is longer than any token: at most ${MAX_TOKEN_LENGTH} characters`;
  }
  return TOKEN_FORM.test(token) ? undefined : 'holds characters that no token has';
}

/**
 * Reads the credential from the headers PRIVATE-TOKEN, Authorization: Bearer and JOB-TOKEN. If
 * several of these headers are present, the credential contains all of them. A blank header counts
 * as absent. Throws CredentialError for a value that cannot be a token.
 */
export function readCredential(header: (name: string) => string | null | undefined): Credential {
  const privateToken = readToken('PRIVATE-TOKEN', header('private-token'));
  const bearer = readBearer(header('authorization'));
  const jobToken = readToken('JOB-TOKEN', header('job-token'));
  const entries: [string, string][] = [];
  if (privateToken) entries.push(['private-token', privateToken]);
  if (bearer) entries.push(['authorization', `Bearer ${bearer}`]);
  if (jobToken) entries.push(['job-token', jobToken]);
  if (entries.length === 0) return anonymous;
  return {
    kind: kindOf(privateToken, bearer),
    digest: hash('sha256', JSON.stringify(entries), 'base64url'),
    headers: new SecretHeaders(entries),
    hasSeveralTokens: entries.length > 1,
  };
}

function readToken(name: string, value: string | null | undefined): string | undefined {
  const token = value?.trim();
  return token ? checkToken(name, token) : undefined;
}

/**
 * Returns the token of `Authorization: Bearer …`. Ignores other schemes, which GitLab's Jobs API
 * does not accept.
 */
function readBearer(value: string | null | undefined): string | undefined {
  const token = /^\s*bearer(?:\s+(.*))?$/is.exec(value ?? '')?.[1]?.trim();
  return token ? checkToken('Authorization', token) : undefined;
}

function checkToken(name: string, token: string): string {
  const problem = findTokenProblem(token);
  if (problem) throw new CredentialError(`The ${name} header ${problem}.`);
  return token;
}

function kindOf(privateToken: string | undefined, bearer: string | undefined): CredentialKind {
  if (privateToken) return 'private-token';
  return bearer && !jobTokenForm.test(bearer) ? 'bearer' : 'job-token';
}
