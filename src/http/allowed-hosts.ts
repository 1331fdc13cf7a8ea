import { BlockList, isIP } from 'node:net';
import { LRUCache } from 'lru-cache';

/*
 * Checks the Host header to prevent DNS rebinding. In that attack, the attacker's host name
 * resolves to the address of the gateway, so that browsers treat the gateway as part of the
 * attacker's site. The Host header of such a request contains the attacker's name.
 */

/** The entry of ALLOWED_HOSTS that allows all names. */
export const ANY_HOST = '*';

/**
 * Part of two messages: the response to a refused request, and the error at startup if the required
 * setting ALLOWED_HOSTS is missing.
 */
export const ALLOWED_HOSTS_RULE =
  'ALLOWED_HOSTS must list the host names that clients use for this gateway, such as "jobs.example.com"; "*" allows all.';

const REFUSED = `This host name is not allowed. ${ALLOWED_HOSTS_RULE}`;

const HOST = /^(?:\[([^\]]+)\]|([^\s:/?#@\\[\]]+))(?::\d*)?$/;

/**
 * Returns the name or IP address in a Host header. A name is normalized by `normalizeHostName`. An
 * IPv6 address is returned unchanged, without its brackets. Undefined if malformed.
 */
function parseHost(header: string): string | undefined {
  const [, ipv6, name] = HOST.exec(header.trim()) ?? [];
  if (ipv6 !== undefined) return isIP(ipv6) === 6 ? ipv6 : undefined;
  return name === undefined ? undefined : normalizeHostName(name);
}

/**
 * Returns a host name in lower case, in ASCII (punycode), without a trailing dot. Undefined if it
 * is malformed.
 */
export function normalizeHostName(name: string): string | undefined {
  if (!URL.canParse(`http://${name}/`)) return undefined;
  return new URL(`http://${name}/`).hostname.replace(/\.$/, '');
}

/** Whether the name is reserved for the local machine. Browsers resolve such names without DNS. */
const isLoopbackName = (name: string) => name === 'localhost' || name.endsWith('.localhost');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only programs on this machine can connect to this address. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return isLoopbackName(host.toLowerCase());
  return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

const MAX_CACHED_HEADERS = 100;
const MAX_CACHED_LENGTH = 300;

/** Returns why a request with this Host header is refused; undefined if it is allowed. */
export type CheckHost = (header: string | undefined) => string | undefined;

/**
 * Creates the check of Host headers. `names` are the allowed host names, normalized.
 * - ANY_HOST allows all requests. "localhost" also allows its subdomains.
 * - IP addresses are always allowed, because no DNS record can redirect them.
 * - A missing Host header is refused.
 * - X-Forwarded-Host is ignored, because any client can send it.
 */
export function createHostCheck(names: readonly string[]): CheckHost {
  if (names.includes(ANY_HOST)) return () => undefined;
  const allowed = new Set(names);
  const isAllowed = (host: string) =>
    isIP(host) !== 0 || allowed.has(host) || (allowed.has('localhost') && isLoopbackName(host));
  const isHeaderAllowed = (header: string): boolean => {
    const host = parseHost(header);
    return host !== undefined && isAllowed(host);
  };
  // Caches allowed headers: parsing a URL is slow, and almost all requests have one of few headers.
  const accepted = new LRUCache<string, true>({ max: MAX_CACHED_HEADERS });
  return (header = '') => {
    if (accepted.has(header)) return undefined;
    if (!isHeaderAllowed(header)) return REFUSED;
    if (header.length <= MAX_CACHED_LENGTH) accepted.set(header, true);
    return undefined;
  };
}
