/** Reads a header of a request; null or undefined where it is absent. */
export type ReadHeader = (name: string) => string | null | undefined;

/** Whether an origin is the one the request was sent to, or one of those that are allowed. */
function isWelcome(origin: string, host: string | null | undefined, allowed: readonly string[]) {
  if (allowed.includes(origin)) return true;
  // A proxy in front may have taken TLS off, so the scheme is not compared.
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/**
 * Whether a page of another site, which nobody allowed, had a browser send this request. Browsers say
 * so in headers that pages cannot set; whatever is no browser sends none of them.
 */
export function isFromForeignSite(header: ReadHeader, allowed: readonly string[]): boolean {
  const site = header('sec-fetch-site');
  if (site === 'same-origin' || site === 'none') return false;
  const origin = header('origin');
  if (origin) return !isWelcome(origin, header('host'), allowed);
  return Boolean(site);
}
