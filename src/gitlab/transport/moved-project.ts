import type { Call, Exchange, RawResponse } from '../request.ts';
import { headerOf } from './headers.ts';

/**
 * Follows the redirect of a renamed project for GET, once (upstream.md §1.3). Uses only the numeric
 * project id of the Location: its host is GitLab's external name, and credentials are sent to the
 * configured server only.
 */
export function createMovedProjectRedirect(exchange: Exchange): Exchange {
  return async (call) => {
    const response = await exchange(call);
    const project = call.method === 'GET' ? movedTo(response) : undefined;
    return project === undefined ? response : exchange(withProject(call, project));
  };
}

/** The numeric project id in the Location of a 301; undefined for any other response. */
function movedTo(response: RawResponse): string | undefined {
  if (response.status !== 301) return undefined;
  const location = headerOf(response.headers, 'location') ?? '';
  return /\/api\/v4\/projects\/(\d+)(?=[/?#]|$)/.exec(location)?.[1];
}

function withProject(call: Call, project: string): Call {
  const path = call.endpoint.path.replace(/^\/projects\/[^/]+/, `/projects/${project}`);
  return { ...call, endpoint: { ...call.endpoint, path } };
}
