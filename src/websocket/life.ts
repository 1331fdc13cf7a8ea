import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** How long clients are waited for, in ms. */
export interface Patience {
  /** How often they are asked for a sign of life; without one until the next time they are gone. */
  pingMs: number;
  /** For how long they may take nothing of what is sent to them. */
  stalledMs: number;
}

/** In bytes: a client that leaves more untaken is not heard before it has taken it. */
const MOST_UNTAKEN = 64 * 1024;

/**
 * Ends a connection whose client has gone without a word. What is on its way to it, such as a long log, comes before
 * the next question, so for that time it need only go on taking.
 */
export function watchLife(
  socket: WebSocket,
  carrier: Socket,
  { pingMs, stalledMs }: Patience,
): void {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (socket.bufferedAmount > 0) {
      isAlive = true;
      return;
    }
    if (!isAlive) return socket.terminate();
    isAlive = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, pingMs);
  // Not by a callback of this: that would hear of the first silence alone.
  carrier.setTimeout(stalledMs);
  carrier.on('timeout', () => {
    if (socket.bufferedAmount > 0) socket.terminate();
  });
  socket.once('close', () => clearInterval(timer));
}

/** Takes no more messages while a client leaves too much untaken: the answers to them would pile up here. */
export function holdBack(socket: WebSocket): void {
  if (socket.bufferedAmount > MOST_UNTAKEN) socket.pause();
}

/** Takes messages again once it has taken what it was sent. */
export function letGoOn(socket: WebSocket): void {
  if (socket.isPaused && socket.bufferedAmount <= MOST_UNTAKEN) socket.resume();
}
