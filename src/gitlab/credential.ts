import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { createRedact } from '../util/redact.ts';

/** Which kind of token speaks for the caller; where several came, the one GitLab looks at first. */
export type CredentialKind = 'private-token' | 'bearer' | 'job-token' | 'anonymous';

/** On whose behalf a call is made. */
export interface Credential {
  readonly kind: CredentialKind;
  /** The key of everything that outlives a request; 'anonymous' without a credential. */
  readonly digest: string;
  readonly headers: SecretHeaders;
}

/** A credential header holds what no token has. The message names the header, never its value. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
  readonly code = 'CREDENTIAL_INVALID';
}

const HIDDEN = '[redacted]';

/** Upstream headers with their tokens. They show only on `reveal()`: inspect, JSON and String hide them. */
export class SecretHeaders {
  readonly #entries: readonly (readonly [name: string, value: string])[];
  readonly #redact: (text: string) => string;

  constructor(entries: readonly (readonly [name: string, value: string])[]) {
    this.#entries = entries;
    this.#redact = createRedact(entries.map(([, value]) => value.replace(/^bearer /i, '')));
  }

  /** The headers as they go upstream. For the transport alone. */
  reveal(): readonly (readonly [name: string, value: string])[] {
    return this.#entries;
  }

  /** The text without these tokens, should it quote one. */
  redact(text: string): string {
    return this.#redact(text);
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}

/** No credential at all: GitLab shows what is public. */
export const anonymous: Credential = {
  kind: 'anonymous',
  digest: 'anonymous',
  headers: new SecretHeaders([]),
};

/** Visible ASCII: what tokens are made of. Two headers of one name arrive joined by ", " and fail here too. */
const tokenForm = /^[\x21-\x7e]+$/;
/** GitLab's prefix of job tokens, after the prefix an instance may put before all of its tokens. */
const jobTokenForm = /^(?:[\w.]+-)?glcbt-/;

function checkToken(name: string, token: string): string {
  if (tokenForm.test(token)) return token;
  throw new CredentialError(`The ${name} header holds characters that no token has.`);
}

function readToken(name: string, value: string | null | undefined): string | undefined {
  const token = value?.trim();
  return token ? checkToken(name, token) : undefined;
}

/** The token of `Authorization: Bearer …`; any other scheme is not GitLab's and counts as absent. */
function readBearer(value: string | null | undefined): string | undefined {
  const token = /^\s*bearer(?:\s+(.*))?$/is.exec(value ?? '')?.[1]?.trim();
  return token ? checkToken('Authorization', token) : undefined;
}

function digestOf(entries: readonly (readonly [string, string])[]): string {
  return createHash('sha256').update(JSON.stringify(entries)).digest('base64url');
}

/**
 * Reads the caller's credential from a request's headers: PRIVATE-TOKEN, Authorization:
 * Bearer and JOB-TOKEN, all that are there, to go upstream as they came. A header of spaces is
 * absent. Throws CredentialError for a value that cannot be a token.
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
  const kind = kindOf(privateToken, bearer);
  return { kind, digest: digestOf(entries), headers: new SecretHeaders(entries) };
}

function kindOf(privateToken: string | undefined, bearer: string | undefined): CredentialKind {
  if (privateToken) return 'private-token';
  return bearer && !jobTokenForm.test(bearer) ? 'bearer' : 'job-token';
}
