import type { ServerResponse } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import { createPulledStream, type Reader } from './pulled-stream.ts';

/** Answers that Yoga writes in parts. */
const IN_PARTS = /^(text\/event-stream|multipart\/mixed)/;

/** Cuts off who takes nothing of an event stream or a multipart answer for `patienceMs`: what it holds is held that long. */
export function useStalledReaders({ patienceMs }: Pick<Reader, 'patienceMs'>): Plugin {
  return {
    onResponse({ response, setResponse, serverContext }) {
      const { body, headers, status, statusText } = response;
      if (!body || !IN_PARTS.test(headers.get('content-type') ?? '')) return;
      const reader = body.getReader();
      const parts = {
        next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
        async return(): Promise<IteratorResult<Uint8Array>> {
          await reader.cancel();
          return { done: true, value: undefined };
        },
      };
      const { res } = serverContext as { res?: ServerResponse };
      const pulled = createPulledStream(parts, { response: res, patienceMs });
      setResponse(new Response(pulled, { status, statusText, headers: new Headers(headers) }));
    },
  };
}
