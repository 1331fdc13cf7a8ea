import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Reads a header of a request; null or undefined where it is absent. */
export type ReadHeader = (name: string) => string | null | undefined;

/** Whether an origin is the one the request was sent to, or one of those that are allowed. */
function isWelcome(origin: string, host: string | null | undefined, allowed: readonly string[]) {
  if (allowed.includes(origin)) return true;
  // A proxy in front may have taken TLS off, so the scheme is not compared.
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/**
 * Whether a page of another site, which nobody allowed, had a browser send this request. Browsers say
 * so in headers that pages cannot set; whatever is no browser sends none of them.
 */
export function isFromForeignSite(header: ReadHeader, allowed: readonly string[]): boolean {
  const site = header('sec-fetch-site');
  if (site === 'same-origin' || site === 'none') return false;
  const origin = header('origin');
  if (origin) return !isWelcome(origin, header('host'), allowed);
  return Boolean(site);
}

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
