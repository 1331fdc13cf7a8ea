import { IncomingMessage } from 'node:http';

/**
 * A request that is an upgrade only if it asks for a WebSocket. A Node server that handles upgrades
 * treats every request with an `Upgrade` header as one; requests that offer HTTP/2, as Java's own
 * HTTP client always does, must be answered as usual.
 */
export class UpgradeRequest extends IncomingMessage {
  /** No initial value, because Node's constructor sets it before. */
  declare private offersUpgrade: boolean | null;

  get upgrade(): boolean | null {
    const isWebSocket = this.headers.upgrade?.toLowerCase() === 'websocket';
    return this.offersUpgrade && (isWebSocket || this.method === 'CONNECT');
  }

  set upgrade(offered: boolean | null) {
    this.offersUpgrade = offered;
  }
}
