import { GitlabStatusError } from '../errors.ts';
import type { ServerCapabilities } from '../server-capabilities.ts';

type Route = 'bridges' | 'trigger_jobs';

function isMissingRoute(error: unknown): boolean {
  return error instanceof GitlabStatusError && error.status === 404 && error.noSuchRoute;
}

/**
 * Asks by the name under which this server lists trigger jobs: GitLab 19.2 renamed `bridges` to
 * `trigger_jobs` and will drop the old name (upstream.md §2.3). Which one works is remembered; when
 * neither does, the first answer stands.
 */
export async function overTriggerJobs<T>(
  server: ServerCapabilities,
  routes: Readonly<Record<Route, () => Promise<T>>>,
): Promise<T> {
  const first = server.bridges ?? 'bridges';
  const second = first === 'bridges' ? 'trigger_jobs' : 'bridges';
  try {
    const answer = await routes[first]();
    server.bridges = first;
    return answer;
  } catch (error) {
    if (!isMissingRoute(error)) throw error;
    return await routes[second]().then(
      (answer) => {
        server.bridges = second;
        return answer;
      },
      (other) => {
        throw isMissingRoute(other) ? error : other;
      },
    );
  }
}
