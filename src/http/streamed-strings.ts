import { setImmediate as turn } from 'node:timers/promises';
import type { Plugin } from 'graphql-yoga';
import type { Context } from '../context/context.ts';
import { createStreamedStrings, type StreamedStrings } from '../context/streamed-strings.ts';
import { acceptedTypes } from './accept.ts';

/** Where the pieces of a body come from; `return` ends it early. */
export type Pieces = Iterator<Uint8Array> | AsyncIterator<Uint8Array>;

/**
 * A body for a Response that takes a piece only when it is asked for one, and lets others have a turn in
 * between. Not `Readable.toWeb`, which takes as many as there are: it counts pieces where it means bytes.
 */
export function createPulledStream(pieces: Pieces): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        await turn();
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** What can only mean one JSON: event streams and multiparts are written whole, event by event. */
const ONE_JSON = /^(application\/(json|graphql-response\+json|\*)|\*\/\*)$/;

function asksForOneJson(accept: string | null): boolean {
  return acceptedTypes(accept).every((type) => ONE_JSON.test(type));
}

/** Writes the long texts of an answer, such as a job's whole log, piece by piece as its reader takes them. */
export function useLongTexts(): Plugin<Context> {
  /** Requests of HTTP that are answered by one JSON, and the texts of their answers. */
  const texts = new WeakMap<Request, StreamedStrings>();
  return {
    onRequestParse({ request }) {
      if (asksForOneJson(request.headers.get('accept')))
        texts.set(request, createStreamedStrings());
    },
    onContextBuilding({ context, extendContext }) {
      const longTexts = texts.get((context as { request?: Request }).request as Request);
      if (longTexts) extendContext({ streamedStrings: longTexts } as Partial<Context>);
    },
    async onResponse({ request, response, setResponse }) {
      const longTexts = texts.get(request);
      if (!longTexts?.count()) return;
      const { status, statusText } = response;
      const headers = new Headers(response.headers);
      headers.delete('content-length');
      const pieces = longTexts.render(await response.text())[Symbol.iterator]();
      setResponse(new Response(createPulledStream(pieces), { status, statusText, headers }));
    },
  };
}
