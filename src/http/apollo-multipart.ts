import type { FetchAPI } from 'graphql-yoga';
import { HEARTBEAT_MS } from './event-stream.ts';

const DELIMITER = '\r\n--graphql';

/** A result. `http` has the status and headers for a response that contains only this result. */
interface Result {
  extensions: { http: { status: number; headers: Record<string, string> } };
  stringify(): string;
}

const toPart = (json: string) => `\r\ncontent-type: application/json\r\n\r\n${json}${DELIMITER}`;

/**
 * Encodes results in Apollo's multipart protocol for subscriptions over HTTP (version 1.0): each
 * part is `{"payload": <result>}`, or `{}` as a heartbeat.
 */
export function encodeApolloMultipart(
  result: Result | AsyncIterable<Result>,
  { Response, ReadableStream, TextEncoder }: FetchAPI,
): Response {
  const isStream = Symbol.asyncIterator in result;
  const results = isStream ? result[Symbol.asyncIterator]() : [result].values();
  const { status, headers } = isStream ? { status: 200 } : result.extensions.http;
  const encoder = new TextEncoder();
  let heartbeat: NodeJS.Timeout | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(DELIMITER));
      heartbeat = setInterval(() => {
        const isRead = (controller.desiredSize ?? 0) > 0;
        if (isRead) controller.enqueue(encoder.encode(toPart('{}')));
      }, HEARTBEAT_MS);
    },
    async pull(controller) {
      let isOpen = false;
      try {
        const { done, value } = await results.next();
        if (done) {
          controller.enqueue(encoder.encode('--\r\n'));
          controller.close();
        } else {
          controller.enqueue(encoder.encode(toPart(`{"payload":${value.stringify()}}`)));
          isOpen = true;
        }
      } finally {
        if (!isOpen) clearInterval(heartbeat);
      }
    },
    async cancel() {
      clearInterval(heartbeat);
      await results.return?.();
    },
  });
  const type = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0';
  return new Response(body, { status, headers: { ...headers, 'content-type': type } });
}
