import { request as requestHttps } from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import errors from 'undici/lib/core/errors.js';
import { request as requestHttp } from '../../util/http.ts';
import type { HttpProxy } from './proxy.ts';

/** Thrown if the proxy refused to connect to the target. `code` contains the proxy's status. */
class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
  readonly code: string;

  constructor(status: number) {
    super(`The proxy answered ${status} to CONNECT.`);
    this.code = `PROXY_ANSWERED_${status}`;
  }
}

interface TunnelOptions {
  readonly timeoutMs: number;
  /** The certificate authorities to trust for an https proxy. @default Node's */
  readonly secureContext: SecureContext | undefined;
}

/** Opens a connection to `target` ("host:port") through a proxy (RFC 9110 §9.3.6). */
function openTunnel(proxy: HttpProxy, target: string, options: TunnelOptions): Promise<Socket> {
  const { isSecure, hostname, port, authorization } = proxy;
  const { secureContext, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const request = (isSecure ? requestHttps : requestHttp)({
      ...{ method: 'CONNECT', path: target, host: hostname, port, agent: false },
      headers: {
        host: target,
        connection: 'keep-alive',
        ...(authorization && { 'proxy-authorization': authorization.reveal() }),
      },
      ...(isSecure && { secureContext, servername: isIP(hostname) ? '' : hostname }),
    });
    const timer = setTimeout(() => {
      request.destroy(new errors.ConnectTimeoutError('The proxy did not connect in time.'));
    }, timeoutMs);
    request.once('error', reject);
    request.once('close', () => clearTimeout(timer));
    request.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      clearTimeout(timer);
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      return reject(new ProxyRefusal(statusCode));
    });
    request.end();
  });
}

/**
 * Creates the connector of a pool whose connections go through a proxy. `secure` encrypts them end
 * to end, so that the proxy sees only the host name and port of the target.
 */
export function createTunnelConnector(
  proxy: HttpProxy,
  secure: buildConnector.connector,
  options: TunnelOptions,
): buildConnector.connector {
  return (target, callback) => {
    const { hostname } = target;
    const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
    const address = `${host}:${target.port || 443}`;
    openTunnel(proxy, address, options).then(
      (httpSocket) => secure({ ...target, httpSocket }, callback),
      (error: Error) => callback(error, null),
    );
  };
}
