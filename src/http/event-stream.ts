import type { ServerResponse } from 'node:http';
import type { ResponseStream, SubscriptionResponse } from '../operation/run.ts';

/**
 * Interval in which streams send a heartbeat, which clients ignore. Without it, proxies and clients
 * would close an idle connection.
 */
export const HEARTBEAT_MS = 12_000;

const PING = ':\n\n';
const COMPLETE = 'event: complete\ndata:\n\n';

/** Headers of streams. Proxies neither buffer nor change a response that has these headers. */
export const STREAM_HEADERS = {
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

/** The bytes of responses. Subscribers that share a response share its bytes, too. */
const encoded = new WeakMap<SubscriptionResponse, Buffer>();

function encode(event: SubscriptionResponse): Buffer {
  const known = encoded.get(event);
  if (known) return known;
  const bytes = Buffer.from(`event: next\ndata: ${event.json}\n\n`);
  encoded.set(event, bytes);
  return bytes;
}

/** Resolves when the response can take more bytes, or is closed. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (response.closed) return resolve();
    const settle = () => {
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.once('drain', settle).once('close', settle);
    return undefined;
  });

/**
 * Sends the responses of a subscription as an event stream: GraphQL over SSE, "distinct connections
 * mode". Ends the subscription if the client disconnects, and breaks the connection if the
 * subscription throws. Does not use Yoga, which would need more than twice the CPU to send one
 * event to many subscribers (decision 018).
 */
export function sendEventStream(events: ResponseStream, response: ServerResponse): void {
  const ping = setInterval(() => {
    if (!response.writableNeedDrain) response.write(PING);
  }, HEARTBEAT_MS);
  response.once('close', () => {
    clearInterval(ping);
    // Ignores an error of `return`, because no client can receive it anymore.
    events.return?.().catch(() => {});
  });
  const send = async () => {
    response.writeHead(200, { ...STREAM_HEADERS, 'content-type': 'text/event-stream' });
    // Some browsers give a response to the page only after its first byte.
    response.write(PING);
    for (let next = await events.next(); !next.done; next = await events.next()) {
      if (!response.write(encode(next.value))) await drained(response);
    }
    response.end(COMPLETE);
  };
  send().catch(() => response.destroy());
}
