/** Returns null or undefined for an absent header. */
type ReadHeader = (name: string) => string | null | undefined;

/** Whether an origin is the request's own host or one of `allowed`. */
function isAllowed(origin: string, host: string | null | undefined, allowed: readonly string[]) {
  if (allowed.includes(origin)) return true;
  // A proxy may have terminated TLS, so the scheme is not compared.
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/**
 * Whether the page of a site that is not allowed made a browser send this request (CSRF). Browsers
 * report that in headers that pages cannot set; other clients do not send these headers.
 */
export function isFromForeignSite(header: ReadHeader, allowed: readonly string[]): boolean {
  const site = header('sec-fetch-site');
  if (site === 'same-origin' || site === 'none') return false;
  const origin = header('origin');
  if (origin) return !isAllowed(origin, header('host'), allowed);
  return Boolean(site);
}
