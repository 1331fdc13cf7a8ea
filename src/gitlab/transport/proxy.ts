import { BlockList, isIP } from 'node:net';
import { Secret } from '../../util/secret.ts';

/**
 * The proxies that environment variables configure, interpreted as curl does. Unlike in curl, an
 * entry of NO_PROXY may contain a port.
 */
export interface Proxies {
  readonly https?: Secret | undefined;
  readonly http?: Secret | undefined;
  /** The value of NO_PROXY: hosts to connect to without a proxy. */
  readonly except?: string | undefined;
}

/** An HTTP proxy. `isSecure`: its URL is https, so the connection to the proxy is encrypted. */
export interface HttpProxy {
  readonly isSecure: boolean;
  /** An IPv6 address is stored without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Value of the Proxy-Authorization header. */
  readonly authorization: Secret | undefined;
}

const withoutBrackets = (hostname: string) => hostname.replace(/^\[(.*)\]$/, '$1');

function basicAuthorization({ username, password }: URL): Secret | undefined {
  if (!username && !password) return undefined;
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return new Secret(`Basic ${Buffer.from(plain).toString('base64')}`);
}

/**
 * Parses the URL of an HTTP proxy; undefined for anything else, such as SOCKS or the URL of a PAC
 * file. The default scheme is http. The default port is 443 for https, and 1080 for http as in
 * curl.
 */
export function parseProxy(text: string): HttpProxy | undefined {
  const full = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  try {
    const url = new URL(full);
    const isSecure = url.protocol === 'https:';
    const isUsable = /^https?:$/.test(url.protocol) && url.pathname === '/';
    if (!isUsable || url.search || url.hash) return undefined;
    // `url.port` is empty for the default port of the scheme, so the port is read from the text.
    const [, given] = /:(\d+)\/?$/.exec(full) ?? [];
    const port = Number(given ?? (isSecure ? 443 : 1080));
    const authorization = basicAuthorization(url);
    return { isSecure, hostname: withoutBrackets(url.hostname), port, authorization };
  } catch {
    return undefined;
  }
}

/** Whether an entry of NO_PROXY is the host's IP address, or a network (CIDR) that contains it. */
function hasAddress(entry: string, host: string): boolean {
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
  const [network = '', bits] = withoutBrackets(entry).split('/');
  if (isIP(network) !== isIP(host)) return false;
  const length = bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits);
  const list = new BlockList();
  try {
    list.addSubnet(network, length, family);
  } catch {
    return false;
  }
  return list.check(host, family);
}

/** Whether an entry of NO_PROXY is the host's name or a domain that contains it. */
function hasName(entry: string, host: string): boolean {
  const domain = entry.replace(/^\*?\./, '').replace(/\.$/, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function isExcepted({ hostname, port, protocol }: URL, except: string): boolean {
  const host = withoutBrackets(hostname.toLowerCase()).replace(/\.$/, '');
  const givenPort = port || (protocol === 'https:' ? '443' : '80');
  return except
    .toLowerCase()
    .split(/[\s,]+/)
    .some((item) => {
      // An entry may contain a port. curl does not support that, but other programs do.
      const [, name, itemPort] = /^([^:]+|\[.*\]):(\d+)$/.exec(item) ?? [];
      if (itemPort !== undefined && itemPort !== givenPort) return false;
      const entry = name ?? item;
      return entry === '*' || (isIP(host) === 0 ? hasName(entry, host) : hasAddress(entry, host));
    });
}

/** Returns the proxy for a URL; undefined if the connection is direct. */
export function proxyFor(url: URL, { https, http, except = '' }: Proxies): HttpProxy | undefined {
  const given = url.protocol === 'https:' ? https : http;
  if (given === undefined || isExcepted(url, except)) return undefined;
  return parseProxy(given.reveal());
}
