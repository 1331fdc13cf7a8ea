import type { Call, Exchange, RawResponse } from '../request.ts';
import { headerOf } from './headers.ts';

/** The project's number in the Location of a 301; undefined for any other redirect. */
function movedTo(answer: RawResponse): string | undefined {
  if (answer.status !== 301) return undefined;
  const location = headerOf(answer.headers, 'location') ?? '';
  return /\/api\/v4\/projects\/(\d+)(?=[/?#]|$)/.exec(location)?.[1];
}

/** The same call with the project's number in the place of its old path. */
function toNumbered(call: Call, project: string): Call {
  const path = call.endpoint.path.replace(/^\/projects\/[^/]+/, `/projects/${project}`);
  return { ...call, endpoint: { ...call.endpoint, path } };
}

/**
 * Leads reads of a renamed project on by its number (upstream.md §1.3). Of the Location nothing
 * but that number is believed: its host is GitLab's external name, and a credential goes to none but
 * the configured server. A second redirect is left as it is.
 */
export function createMovedProjectRedirect(exchange: Exchange): Exchange {
  return async (call) => {
    const answer = await exchange(call);
    const project = call.method === 'GET' ? movedTo(answer) : undefined;
    return project === undefined ? answer : exchange(toNumbered(call, project));
  };
}
