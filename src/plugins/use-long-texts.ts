import type { Plugin } from 'graphql-yoga';
import type { Context } from '../context.ts';
import { createLongTexts, type LongTexts } from '../long-texts.ts';
import { acceptedTypes } from './accepted-types.ts';
import { createPulledStream } from './pulled-stream.ts';

/** What can only mean one JSON: event streams and multiparts are written whole, event by event. */
const ONE_JSON = /^(application\/(json|graphql-response\+json|\*)|\*\/\*)$/;

function asksForOneJson(accept: string | null): boolean {
  return acceptedTypes(accept).every((type) => ONE_JSON.test(type));
}

/** Writes the long texts of an answer, such as a job's whole log, piece by piece as its reader takes them. */
export function useLongTexts(): Plugin<Context> {
  /** Requests of HTTP that are answered by one JSON, and the texts of their answers. */
  const texts = new WeakMap<Request, LongTexts>();
  return {
    onRequestParse({ request }) {
      if (asksForOneJson(request.headers.get('accept'))) texts.set(request, createLongTexts());
    },
    onContextBuilding({ context, extendContext }) {
      const longTexts = texts.get((context as { request?: Request }).request as Request);
      if (longTexts) extendContext({ longTexts } as Partial<Context>);
    },
    async onResponse({ request, response, setResponse }) {
      const longTexts = texts.get(request);
      if (!longTexts?.count()) return;
      const { status, statusText } = response;
      const headers = new Headers(response.headers);
      headers.delete('content-length');
      const pieces = longTexts.fill(await response.text())[Symbol.iterator]();
      setResponse(new Response(createPulledStream(pieces), { status, statusText, headers }));
    },
  };
}
