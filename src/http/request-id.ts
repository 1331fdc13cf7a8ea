import { randomUUID } from 'node:crypto';
import type { Plugin } from 'graphql-yoga';
import { redactPatterns } from '../util/redact.ts';

/** What ids of proxies look like; nothing that would break out of a header or a log line. */
const idForm = /^[\w.:+/=@-]{1,128}$/;

/** The id a request came with, if it is sane and no token somebody put there; else a new one. */
export function readRequestId(given: string | null | undefined): string {
  const isSane = given && idForm.test(given) && redactPatterns(given) === given;
  return isSane ? given : randomUUID();
}

/** Where requests' ids are kept. */
export interface RequestIds {
  of(request: Request): string;
}

/** Ids of requests, read or made when first asked for. */
export function createRequestIds(): RequestIds {
  const ids = new WeakMap<Request, string>();
  return {
    of(request) {
      const known = ids.get(request);
      if (known !== undefined) return known;
      const id = readRequestId(request.headers.get('x-request-id'));
      ids.set(request, id);
      return id;
    },
  };
}

/** Says in each answer of /graphql under which id it stands in the log. */
export function useRequestId(ids: RequestIds): Plugin {
  return {
    onResponse({ request, response }) {
      response.headers.set('X-Request-Id', ids.of(request));
    },
  };
}
