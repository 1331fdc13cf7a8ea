import { isMissingRoute } from '../errors.ts';
import type { ServerCapabilities } from '../server-capabilities.ts';

type Route = 'bridges' | 'trigger_jobs';

/**
 * Calls the endpoint that lists trigger jobs. Its name is `bridges`. GitLab 19.2 added the name
 * `trigger_jobs`, which will replace `bridges` (upstream.md §2.3). Remembers the name that worked.
 * If the server does not know that name, tries the other one. If it knows neither, throws the error
 * of the first call.
 */
export async function overTriggerJobs<T>(
  server: ServerCapabilities,
  routes: Readonly<Record<Route, () => Promise<T>>>,
): Promise<T> {
  const first = server.bridges ?? 'bridges';
  const second = first === 'bridges' ? 'trigger_jobs' : 'bridges';
  const call = async (route: Route): Promise<T> => {
    const response = await routes[route]();
    server.bridges = route;
    return response;
  };
  try {
    return await call(first);
  } catch (error) {
    if (!isMissingRoute(error)) throw error;
    return await call(second).catch((other) => {
      throw isMissingRoute(other) ? error : other;
    });
  }
}
