import { IncomingMessage } from '../util/http.ts';

/**
 * A request that counts as an upgrade only if it asks for a WebSocket (or is a CONNECT request).
 * Node treats every request with an `Upgrade` header as an upgrade. But some clients, such as
 * Java's own HTTP client, send this header to offer HTTP/2, and expect a normal response.
 */
export class UpgradeRequest extends IncomingMessage {
  /**
   * The value of `upgrade` that Node sets. The constructor of IncomingMessage already calls the
   * setter below. Without `declare`, this field would be set to undefined afterwards.
   */
  declare private offersUpgrade: boolean | null;

  get upgrade(): boolean | null {
    const isWebSocket = this.headers.upgrade?.toLowerCase() === 'websocket';
    return this.offersUpgrade && (isWebSocket || this.method === 'CONNECT');
  }

  set upgrade(offered: boolean | null) {
    this.offersUpgrade = offered;
  }
}
