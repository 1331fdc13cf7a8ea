import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

type ReadHeader = (name: string) => string | null;

/**
 * Maximum difference between the time of a signature and now. A webhook with an older signature is
 * refused, because it may be a replay. GitLab signs a webhook anew each time it sends the webhook.
 */
const MAX_AGE_SECONDS = 300;
/**
 * Maximum signatures of a webhook to check. GitLab sends two while a signing token is being
 * replaced, otherwise one.
 */
const MAX_SIGNATURES = 4;
const SIGNING_TOKEN = /^whsec_/;

/** Compares in constant time. Hashing hides the lengths as well. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Creates a verifier that checks whether the sender of a webhook knows the secret. Supports both
 * methods of GitLab (upstream.md §9): the secret itself in X-Gitlab-Token or, since 19.0, a
 * signature with a signing token (`whsec_…`). `now` returns ms since 1970.
 */
export function createHookVerifier(secret: string, now: () => number) {
  const key = Buffer.from(secret.replace(SIGNING_TOKEN, ''), 'base64');
  const isSigningToken = SIGNING_TOKEN.test(secret);
  return {
    /**
     * Verifies the headers. Returns undefined if the body is needed, too: then call `bySignature`.
     */
    byHeaders(header: ReadHeader): boolean | undefined {
      const token = header('x-gitlab-token');
      // With a signing token, X-Gitlab-Token is ignored: GitLab signs with the token and never
      // sends it.
      if (token !== null && !isSigningToken) return isEqual(token, secret);
      return isSigningToken && header('webhook-signature') !== null ? undefined : false;
    },
    bySignature(header: ReadHeader, body: Uint8Array): boolean {
      const [id, timestamp] = [header('webhook-id') ?? '', header('webhook-timestamp') ?? ''];
      const isTimely = Math.abs(now() / 1000 - Number(timestamp)) <= MAX_AGE_SECONDS;
      const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body);
      const expected = `v1,${hmac.digest('base64')}`;
      const given = (header('webhook-signature') ?? '').split(' ', MAX_SIGNATURES);
      return (
        isTimely && timestamp !== '' && given.some((signature) => isEqual(signature, expected))
      );
    },
  };
}
