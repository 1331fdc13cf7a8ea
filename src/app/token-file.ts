import { readFileSync, statSync } from 'node:fs';
import {
  type Credential,
  findTokenProblem,
  type Renewal,
  readCredential,
} from '../gitlab/credential.ts';
import type { Logger } from '../observability/logger.ts';
import type { Clock } from '../util/clock.ts';

/**
 * Time between reads of the file, in ms. The file is read repeatedly, because a file watcher does
 * not notice when Kubernetes updates the file by replacing a symbolic link.
 */
const INTERVAL_MS = 10_000;

/**
 * Reads the file. Returns its token without surrounding whitespace. If the file cannot be used,
 * returns its problem and an empty token.
 */
export function readTokenFile(path: string): { token: string; problem?: string } {
  try {
    // Reading a pipe would block until another program writes to it.
    if (!statSync(path).isFile()) return { token: '', problem: 'does not name a regular file' };
    const token = readFileSync(path, 'utf8').trim();
    if (token === '') return { token, problem: 'names an empty file' };
    const problem = findTokenProblem(token);
    return problem ? { token: '', problem: `names a file whose text ${problem}` } : { token };
  } catch (error) {
    return { token: '', problem: `cannot be read: ${(error as Error).message}` };
  }
}

/** Returns the credential for the gateway's own token. */
export function credentialOf(token: string): Credential {
  return readCredential((name) => (name.toLowerCase() === 'private-token' ? token : undefined));
}

/** The gateway's own credential, from a file whose content may change. */
export interface TokenFile {
  latest(): Credential;
  close(): void;
}

/**
 * Opens the token file. Reads the file again every 10 s, and when GitLab has rejected the token. If
 * a later read fails, keeps the last token and logs a warning. Throws if the first read fails.
 */
export function openTokenFile(
  path: string,
  { clock, logger }: { clock: Clock; logger: Logger },
): TokenFile {
  const first = readTokenFile(path);
  if (first.problem) throw new Error(`GITLAB_TOKEN_FILE ${first.problem}`);
  let { token } = first;
  let isBroken = false;
  const check = () => {
    const found = readTokenFile(path);
    const { problem } = found;
    if (problem && !isBroken) {
      logger.warn({ problem }, 'GITLAB_TOKEN_FILE cannot be used: the last token stays');
    }
    isBroken = problem !== undefined;
    if (isBroken || found.token === token) return;
    token = found.token;
    latest = withRenewal(token);
    logger.info('GITLAB_TOKEN_FILE has a new token');
  };
  const renewal: Renewal = {
    latest: () => latest,
    renew(rejected) {
      if (rejected.digest === latest.digest) check();
      return rejected.digest !== latest.digest;
    },
  };
  const withRenewal = (text: string): Credential => ({ ...credentialOf(text), renewal });
  let latest = withRenewal(token);
  const checkLater = () =>
    clock.after(INTERVAL_MS, () => {
      check();
      cancel = checkLater();
    });
  let cancel = checkLater();
  return { latest: renewal.latest, close: () => cancel() };
}
