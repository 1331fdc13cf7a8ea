import { createLru } from '../../util/lru.ts';
import type { ProjectNumbers } from '../project-numbers.ts';
import type { Call, Exchange, RawResponse } from '../request.ts';
import { headerOf } from './headers.ts';
import { isUnknownRoute, notFoundMessageOf } from './responder.ts';

/** Called once for each old path of a renamed project. `number` is the project's numeric id. */
export type OnMovedProject = (moved: { path: string; number: string }) => void;

/** Maximum number of reported paths to remember, so that none of them is reported again. */
const MAX_REPORTED = 1_000;

interface Deps {
  projects: ProjectNumbers;
  onMoved?: OnMovedProject | undefined;
}

/**
 * Repeats a GET with the project's numeric id if the project's path does not work, and remembers
 * the id for later calls. A path does not work in two cases:
 * - GitLab redirects the old path of a renamed project (upstream.md §1.3).
 * - GitLab's router does not know the path, for example because a proxy decoded its `%2F`. The call
 *   is repeated if the numeric id is already known.
 *
 * Only the id in the redirect's Location is used, not the host: the host is GitLab's external name,
 * and credentials are sent to the configured server only.
 */
export function createMovedProjectRedirect(
  exchange: Exchange,
  { projects, onMoved = () => {} }: Deps,
): Exchange {
  const reported = createLru<true>(MAX_REPORTED);
  const report = (path: string, number: string) => {
    if (!reported.has(path)) onMoved({ path, number });
    reported.set(path, true);
  };
  /** Sends a call with the numeric id instead of the path. Remembers the id if that succeeds. */
  const sendToNumber = async (call: Call, path: string, number: string) => {
    const response = await exchange(withProject(call, number));
    if (isUsable(response)) {
      projects.learn(call.credential, path, { number, onlyByNumber: true });
    }
    return response;
  };
  /** Sends a call with the path. If the path does not work, sends the call with the numeric id. */
  const sendToPath = async (call: Call, path: string, known: Known | undefined) => {
    const response = await exchange(call);
    const movedNumber = movedTo(call, response);
    if (movedNumber) report(path.toLowerCase(), movedNumber);
    const number = movedNumber ?? (isUnknownRoute(response) ? known?.number : undefined);
    if (number !== undefined) return answeredBy(number, known) ?? sendToNumber(call, path, number);
    if (known?.notFound || isMissing(path, response)) projects.forget(call.credential, path);
    return response;
  };
  return async (call) => {
    const name = projectOf(call);
    if (name === undefined || call.method !== 'GET') return exchange(call);
    const known = projects.find(call.credential, name);
    if (!known?.onlyByNumber) return sendToPath(call, name, known);
    const response = await exchange(withProject(call, known.number));
    if (response.status !== 404) return response;
    // The 404 may concern the project, not only the job. Another project may have the path now.
    return sendToPath(call, name, { number: known.number, notFound: response });
  };
}

/**
 * A project whose numeric id is known, but which is now requested by path. `notFound` is the
 * response to a call with the numeric id, if GitLab answered 404.
 */
interface Known {
  number: string;
  notFound?: RawResponse;
}

const answeredBy = (number: string, known: Known | undefined) =>
  known?.number === number ? known.notFound : undefined;

const PROJECT = /^\/projects\/([^/]+)/;

/** Returns the path or numeric id of the project in a call's path. */
function projectOf({ endpoint }: Call): string | undefined {
  const segment = PROJECT.exec(endpoint.path)?.[1];
  return segment === undefined ? undefined : decodeURIComponent(segment);
}

/**
 * Returns the numeric id of a renamed project; undefined for any response that is not GitLab's
 * redirect of such a project. The redirect is a 301 whose Location is the path of the call, with
 * the numeric id in place of the project's path.
 */
function movedTo(call: Call, response: RawResponse): string | undefined {
  if (response.status !== 301) return undefined;
  const location = headerOf(response.headers, 'location') ?? '';
  const [, project, rest] = /\/api\/v4\/projects\/(\d+)([^?#]*)/.exec(location) ?? [];
  const [, name, ownRest] = /^\/projects\/([^/]+)(.*)$/.exec(call.endpoint.path) ?? [];
  const isByPath = name !== undefined && !/^\d+$/.test(name);
  return isByPath && rest === ownRest ? project : undefined;
}

function withProject(call: Call, project: string): Call {
  const path = call.endpoint.path.replace(PROJECT, `/projects/${project}`);
  return { ...call, endpoint: { ...call.endpoint, path } };
}

/**
 * Whether a response is GitLab's 404 and may concern the project, not only the job. `name` is the
 * path or numeric id of the project. For a numeric id, the message must say that the project was
 * not found.
 */
function isMissing(name: string, response: RawResponse): boolean {
  const message = notFoundMessageOf(response);
  if (message === undefined) return false;
  return !/^\d+$/.test(name) || /project not found/i.test(message);
}

const isUsable = ({ status }: RawResponse) => status < 300 || status === 304;
