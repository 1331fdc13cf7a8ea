import { IncomingMessage } from 'node:http';

/**
 * A request of which only WebSockets are an upgrade. Node, once it serves any upgrade, takes every request that offers
 * one for it; those that offer HTTP/2, as Java's own client does with each, are to be answered as if they had not.
 */
export class UpgradeRequest extends IncomingMessage {
  /** Set by Node's own constructor first, so that it has no initial value here. */
  declare private offersUpgrade: boolean | null;

  get upgrade(): boolean | null {
    const isWebSocket = this.headers.upgrade?.toLowerCase() === 'websocket';
    return this.offersUpgrade && (isWebSocket || this.method === 'CONNECT');
  }

  set upgrade(offered: boolean | null) {
    this.offersUpgrade = offered;
  }
}
