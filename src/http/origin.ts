/** Returns a request header; null or undefined if it is absent. */
type ReadHeader = (name: string) => string | null | undefined;

/** Whether an origin is the request's own host or one of `allowed`. */
function isAllowed(origin: string, host: string | null | undefined, allowed: readonly string[]) {
  if (allowed.includes(origin)) return true;
  // Does not compare schemes, because a proxy may have terminated TLS.
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/**
 * Whether a page of a foreign site made a browser send this request (CSRF). The gateway's own
 * origin and the `allowed` origins are not foreign. Browsers report the origin in headers that
 * pages cannot set; other clients do not send these headers.
 */
export function isFromForeignSite(header: ReadHeader, allowed: readonly string[]): boolean {
  const site = header('sec-fetch-site');
  if (site === 'same-origin' || site === 'none') return false;
  const origin = header('origin');
  if (origin) return !isAllowed(origin, header('host'), allowed);
  return Boolean(site);
}
