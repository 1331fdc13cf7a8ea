import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

type ReadHeader = (name: string) => string | null;

/** Says whether a hook comes from who knows the secret. */
export interface HookVerifier {
  /** By the headers alone; undefined where it takes the body to tell. */
  byHeaders(header: ReadHeader): boolean | undefined;
  bySignature(header: ReadHeader, body: Uint8Array): boolean;
}

/** GitLab signs when it sends, and sends again within minutes; whoever recorded a hook comes later. */
const MAX_AGE_SECONDS = 300;
const SIGNING_TOKEN = /^whsec_/;

/** In a time that tells nothing of either, not even a length. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Checks hooks against a secret, either way GitLab has of showing it (upstream.md §9): the secret
 * itself in X-Gitlab-Token, or since 19.0, for a signing token (`whsec_…`), a signature. `now` is in ms.
 */
export function createHookVerifier(secret: string, now: () => number): HookVerifier {
  const key = Buffer.from(secret.replace(SIGNING_TOKEN, ''), 'base64');
  const isSigningToken = SIGNING_TOKEN.test(secret);
  return {
    byHeaders(header) {
      const token = header('x-gitlab-token');
      // A signing token is never sent: who shows one has read it somewhere.
      if (token !== null && !isSigningToken) return isEqual(token, secret);
      return isSigningToken && header('webhook-signature') !== null ? undefined : false;
    },
    bySignature(header, body) {
      const [id, timestamp] = [header('webhook-id') ?? '', header('webhook-timestamp') ?? ''];
      const isTimely = Math.abs(now() / 1000 - Number(timestamp)) <= MAX_AGE_SECONDS;
      const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body);
      const expected = `v1,${hmac.digest('base64')}`;
      const given = (header('webhook-signature') ?? '').split(' ');
      return (
        isTimely && timestamp !== '' && given.some((signature) => isEqual(signature, expected))
      );
    },
  };
}
