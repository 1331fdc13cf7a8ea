/** Reads a header of a request; null or undefined where it is absent. */
export type ReadHeader = (name: string) => string | null | undefined;

/** Whether an origin is the host the request was sent to, or one of the allowed origins. */
function isAllowed(origin: string, host: string | null | undefined, allowed: readonly string[]) {
  if (allowed.includes(origin)) return true;
  // A proxy may have terminated TLS, so the scheme is not compared.
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/**
 * Whether a page of another site that is not allowed made a browser send this request (CSRF). Browsers say so in
 * headers that pages cannot set; other clients send none of these headers.
 */
export function isFromForeignSite(header: ReadHeader, allowed: readonly string[]): boolean {
  const site = header('sec-fetch-site');
  if (site === 'same-origin' || site === 'none') return false;
  const origin = header('origin');
  if (origin) return !isAllowed(origin, header('host'), allowed);
  return Boolean(site);
}
