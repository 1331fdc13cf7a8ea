import { createSecureContext, type SecureContext } from 'node:tls';
import type { buildConnector, Pool } from 'undici';
import createConnector from 'undici/lib/core/connect.js';
import ConnectionPool from 'undici/lib/dispatcher/pool.js';
import type { Secret } from '../../util/secret.ts';
import { SecretHeaders } from '../credential.ts';
import { type HttpProxy, type Proxies, proxyFor } from './proxy.ts';
import { createTunnelConnector } from './tunnel.ts';

/** How to connect to GitLab. */
export interface Network {
  readonly proxies?: Proxies | undefined;
  /** Certificates (PEM) to trust in addition to Node's. */
  readonly ca?: string | undefined;
  /** Client certificate and key (PEM), for a GitLab server or access proxy that requires them. */
  readonly clientCert?: string | undefined;
  readonly clientKey?: Secret | undefined;
  /** Headers to add to each call to GitLab, for an access proxy. */
  readonly headers?: SecretHeaders | undefined;
}

/** Creates the TLS settings of connections. Returns undefined if Node's defaults apply. */
function createTlsContext(
  ca: string | undefined,
  client: { cert: string; key: string } | undefined,
): SecureContext | undefined {
  if (!ca && !client) return undefined;
  const secureContext = createSecureContext(client);
  // Adds `ca` to Node's certificates. The option `ca` of `createSecureContext` would replace them,
  // and no function lists all of them on every version of Node: tls.getCACertificates exists only
  // since Node 22.15.
  if (ca) secureContext.context.addCACert(ca);
  return secureContext;
}

/**
 * Maximum idle time of connections, for servers that name a longer time in a Keep-Alive header.
 * Without this header, the idle time is 4 s. The maximum is shorter than the idle time of common
 * proxies, so that no call uses a connection while a proxy closes it.
 */
const MAX_IDLE_MS = 25_000;
/**
 * Maximum idle timeout of the connections for streams. It is short, because undici opens a new,
 * unused connection when a stream is aborted.
 */
const MAX_IDLE_AFTER_STREAM_MS = 4_000;

interface PoolOptions {
  connections: number;
  connect: buildConnector.connector;
  maxIdleMs?: number;
}

function openPool(
  origin: string,
  { connections, connect, maxIdleMs = MAX_IDLE_MS }: PoolOptions,
): Pool {
  return new ConnectionPool(origin, {
    connections,
    connect,
    pipelining: 1,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: maxIdleMs,
  });
}

/**
 * Returns the route through a proxy to a server without TLS. Calls are sent to the proxy, with the
 * whole URL in the request line (RFC 9112 §3.2.2).
 */
function throughForwardProxy(gitlab: URL, { isSecure, hostname, port, authorization }: HttpProxy) {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return {
    origin: `${isSecure ? 'https' : 'http'}://${host}:${port}`,
    prefix: gitlab.origin,
    host: gitlab.host,
    headers: authorization ? [['proxy-authorization', authorization.reveal()] as const] : [],
  };
}

/** The setting that contains the address to which connections are opened, for error messages. */
export type AddressSetting = 'GITLAB_URL' | 'HTTPS_PROXY' | 'HTTP_PROXY';

function toAddressSetting(gitlab: URL, proxy: HttpProxy | undefined): AddressSetting {
  if (!proxy) return 'GITLAB_URL';
  return gitlab.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
}

/**
 * Returns how to reach a server: directly, or through the proxy for its URL. `prefix` precedes each
 * path; `host` and `headers` are added to each call.
 */
function routeTo(server: URL, network: Network, connectMs: number) {
  const { proxies = {}, ca, clientCert: cert, clientKey } = network;
  const proxy = proxyFor(server, proxies);
  const isTunnel = proxy && server.protocol === 'https:';
  // The client certificate is for the server, not for the proxy.
  const proxyContext = createTlsContext(ca, undefined);
  const client = cert && clientKey ? { cert, key: clientKey.reveal() } : undefined;
  const secureContext = createTlsContext(ca, proxy && !isTunnel ? undefined : client);
  const direct = createConnector({ timeout: connectMs, ...(secureContext && { secureContext }) });
  const tunnelOptions = { timeoutMs: connectMs, secureContext: proxyContext };
  const connect = isTunnel ? createTunnelConnector(proxy, direct, tunnelOptions) : direct;
  const forwarded = proxy && !isTunnel ? throughForwardProxy(server, proxy) : undefined;
  const { origin, prefix, host, headers } = forwarded ?? {
    origin: server.origin,
    prefix: '',
    host: undefined,
    headers: [],
  };
  return {
    connect,
    origin,
    addressSetting: toAddressSetting(server, proxy),
    prefix,
    host,
    headers: new SecretHeaders([...(network.headers?.reveal() ?? []), ...headers]),
  };
}

/**
 * Opens three pools of connections to GitLab: for calls, for streams, and one connection for the
 * gateway's own checks.
 */
export function openConnections(
  gitlab: URL,
  network: Network,
  { connections, connectMs }: { connections: number; connectMs: number },
) {
  const { connect, ...route } = routeTo(gitlab, network, connectMs);
  const { origin } = route;
  return {
    ...route,
    dispatcher: openPool(origin, { connections, connect }),
    streams: openPool(origin, { connections, connect, maxIdleMs: MAX_IDLE_AFTER_STREAM_MS }),
    probes: openPool(origin, { connections: 1, connect }),
  };
}

/**
 * Opens one connection to a server other than GitLab, for one download. Does not use the client
 * certificate and the extra headers of `network`, which are only for GitLab.
 */
export function openForeignConnection(
  server: URL,
  { proxies, ca }: Network,
  { connectMs }: { connectMs: number },
) {
  const { connect, ...route } = routeTo(server, { proxies, ca }, connectMs);
  return { ...route, dispatcher: openPool(route.origin, { connections: 1, connect }) };
}
