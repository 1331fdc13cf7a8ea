import { IncomingMessage } from '../util/http.ts';

/**
 * A request that is an upgrade only if it asks for a WebSocket (or is a CONNECT request). A Node
 * server that handles upgrades treats every request with an `Upgrade` header as an upgrade. But
 * clients may send that header to offer HTTP/2, as Java's own HTTP client always does. Such clients
 * expect a normal response.
 */
export class UpgradeRequest extends IncomingMessage {
  /** Set by the constructor of IncomingMessage. An initializer here would overwrite the value. */
  declare private offersUpgrade: boolean | null;

  get upgrade(): boolean | null {
    const isWebSocket = this.headers.upgrade?.toLowerCase() === 'websocket';
    return this.offersUpgrade && (isWebSocket || this.method === 'CONNECT');
  }

  set upgrade(offered: boolean | null) {
    this.offersUpgrade = offered;
  }
}
