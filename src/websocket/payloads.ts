import type { WebSocket } from 'ws';
import { type OperationResponse, writeResponse } from '../operation/run.ts';

/** Payloads of this many characters or more are encoded once for all subscribers. */
const LONG = 16_384;

/** Encoded payloads of responses. One response may be sent to many subscribers. */
const encoded = new WeakMap<OperationResponse, Buffer>();

function encode(response: OperationResponse): string | Buffer {
  const json = writeResponse(response);
  if (json.length < LONG) return json;
  const known = encoded.get(response) ?? Buffer.from(json);
  encoded.set(response, known);
  return known;
}

/**
 * Matches the end of a `next` message with a placeholder. graphql-ws writes the payload last. Does
 * not match a `pong` message, whose payload comes from the client and may look like a placeholder.
 */
const PLACEHOLDER = /"type":"next","payload":(\{"placeholder":(\d+)\}\})$/;

/**
 * Keeps the payloads of one connection's `next` messages until they are sent. graphql-ws gets a
 * short placeholder instead, so that it does not serialize the payload again for each subscriber.
 */
export function createPayloads() {
  const payloads = new Map<string, string | Buffer>();
  let last = 0;
  return {
    /** Stores the payload of a response until it is sent, and returns its placeholder. */
    hold(response: OperationResponse): { placeholder: number } {
      last += 1;
      payloads.set(String(last), encode(response));
      return { placeholder: last };
    },
    /**
     * Sends a message of graphql-ws. If the message has a placeholder, sends the payload instead of
     * the placeholder.
     */
    send(socket: Pick<WebSocket, 'send'>, message: string, onSent: () => void): void {
      const [, placeholder = '', id = ''] = PLACEHOLDER.exec(message) ?? [];
      const payload = payloads.get(id);
      payloads.delete(id);
      const head = payload === undefined ? message : message.slice(0, -placeholder.length);
      if (typeof payload !== 'object') {
        socket.send(payload === undefined ? message : `${head}${payload}}`, onSent);
        return;
      }
      // Sends three fragments of one message, because the socket does not copy the payload then.
      socket.send(head, { fin: false });
      socket.send(payload, { fin: false, binary: false });
      socket.send('}', { fin: true }, onSent);
    },
  };
}
