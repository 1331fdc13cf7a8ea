import type { WebSocket } from 'ws';
import { type OperationResponse, writeResponse } from '../operation/run.ts';

/** In characters. Longer payloads are encoded once for all subscribers, and sent as fragments. */
const LONG = 16_384;

/** Encoded payloads of responses that may have many receivers. */
const encoded = new WeakMap<OperationResponse, Buffer>();

function encode(response: OperationResponse): string | Buffer {
  const json = writeResponse(response);
  if (json.length < LONG) return json;
  const known = encoded.get(response) ?? Buffer.from(json);
  encoded.set(response, known);
  return known;
}

/** The end of a message with a stand-in. graphql-ws writes the payload last. */
const STAND_IN = /\{"standIn":(\d+)\}\}$/;

/**
 * The payloads of one connection's `next` messages. graphql-ws serializes each message. It gets a
 * stand-in for the payload, which is replaced by the JSON when the message is sent.
 */
export function createPayloads() {
  const payloads = new Map<string, string | Buffer>();
  let last = 0;
  return {
    /** Returns the stand-in of a response. */
    hold(response: OperationResponse): { standIn: number } {
      last += 1;
      payloads.set(String(last), encode(response));
      return { standIn: last };
    },
    /** Sends a message of graphql-ws with its payload. */
    send(socket: Pick<WebSocket, 'send'>, message: string, onSent: () => void): void {
      const [standIn = '', id = ''] = STAND_IN.exec(message) ?? [];
      const payload = payloads.get(id);
      payloads.delete(id);
      const head = payload === undefined ? message : message.slice(0, -standIn.length);
      if (typeof payload !== 'object') {
        socket.send(payload === undefined ? message : `${head}${payload}}`, onSent);
        return;
      }
      // Three fragments of one message. The socket does not copy the payload.
      socket.send(head, { fin: false });
      socket.send(payload, { fin: false, binary: false });
      socket.send('}', { fin: true }, onSent);
    },
  };
}
