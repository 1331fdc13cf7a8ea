import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { isFromForeignSite } from './request-origin.ts';

/** The only types of a body: a page of another site cannot send them without asking first (CORS). */
const JSON_TYPE = /^application\/(graphql\+)?json\s*(?:[;,]|$)/i;

function refuse(message: string, code: string, status: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } });
}

/**
 * Keeps pages of other sites from asking through a browser that can reach the gateway: no body of a
 * type that a form could send, and no request, event streams included, of which the browser says
 * that another site is behind it, unless that site is listed. Yoga itself takes no mutation by GET.
 */
export function useCsrfPrevention(options: { origins: readonly string[] }): Plugin {
  return {
    onRequestParse({ request: { method, headers } }) {
      if (isFromForeignSite((name) => headers.get(name), options.origins)) {
        throw refuse('Requests from pages of other sites are not allowed.', 'FORBIDDEN', 403);
      }
      if (method === 'POST' && !JSON_TYPE.test(headers.get('content-type') ?? '')) {
        throw refuse(
          'The body must be JSON: send Content-Type: application/json.',
          'BAD_REQUEST',
          415,
        );
      }
    },
  };
}
