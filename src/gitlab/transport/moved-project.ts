import { LRUCache } from 'lru-cache';
import type { ProjectNumbers } from '../project-numbers.ts';
import type { Call, Exchange, RawResponse } from '../request.ts';
import { headerOf } from './headers.ts';
import { isUnknownRoute, notFoundMessageOf } from './responder.ts';

/** Called once for each old path of a renamed project. */
export type OnMovedProject = (moved: { path: string; number: string }) => void;

/** Maximum paths that are remembered, so that `onMoved` is called once for each of them. */
const MAX_REPORTED = 1_000;

interface Deps {
  projects: ProjectNumbers;
  onMoved?: OnMovedProject | undefined;
}

/**
 * Repeats a GET with the project's number if its path does not work. There are two cases: GitLab
 * redirects the old path of a renamed project (upstream.md §1.3), or a proxy does not forward the
 * path and the number is already known. Remembers that the path needs the number, so that later
 * calls use it directly. Uses only the numeric project id of the Location header: its host is
 * GitLab's external name, and credentials are sent to the configured server only.
 */
export function createMovedProjectRedirect(
  exchange: Exchange,
  { projects, onMoved = () => {} }: Deps,
): Exchange {
  const reported = new LRUCache<string, true>({ max: MAX_REPORTED });
  const report = (path: string, number: string) => {
    if (!reported.has(path)) onMoved({ path, number });
    reported.set(path, true);
  };
  /** Sends a call by number instead of path. Remembers the number if that succeeds. */
  const sendToNumber = async (call: Call, path: string, number: string) => {
    const response = await exchange(withProject(call, number));
    if (isUsable(response)) {
      projects.learn(call.credential, path, { number, onlyByNumber: true });
    }
    return response;
  };
  /** Sends a call by path, and again by number if only that works. */
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
    // The path may have passed to another project.
    return sendToPath(call, name, { number: known.number, notFound: response });
  };
}

/**
 * The known number of a project that is now requested by path. `notFound` is the response to a call
 * with the number, if GitLab answered 404.
 */
interface Known {
  number: string;
  notFound?: RawResponse;
}

const answeredBy = (number: string, known: Known | undefined) =>
  known?.number === number ? known.notFound : undefined;

const PROJECT = /^\/projects\/([^/]+)/;

/** The path or number of the project in a call's path. */
function projectOf({ endpoint }: Call): string | undefined {
  const segment = PROJECT.exec(endpoint.path)?.[1];
  return segment === undefined ? undefined : decodeURIComponent(segment);
}

/**
 * Returns the number of a renamed project. GitLab sends it in a 301: the Location is the path of the
 * call, with the number in place of the project's path. Undefined for any other response, such as a
 * redirect to https.
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

/** Whether a 404 shows that a path or number may no longer name the project. */
function isMissing(name: string, response: RawResponse): boolean {
  const message = notFoundMessageOf(response);
  if (message === undefined) return false;
  return !/^\d+$/.test(name) || /project not found/i.test(message);
}

const isUsable = ({ status }: RawResponse) => status < 300 || status === 304;
