import { badUserInput } from './client-errors.ts';
import { isNumericId, isProjectName, type NodeRef } from './global-id.ts';
import type { ProjectRow } from './refs.ts';

/*
 * GitLab's web URLs: <base URL>/<full path>/-/jobs/<id>. They contain the path of a project, and
 * identify a job or pipeline.
 */

/** Returns the path of a URL below one of GitLab's base URLs; undefined on another host. */
function pathBelow(url: string, bases: readonly string[]): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  for (const base of bases) {
    const home = new URL(base);
    const prefix = home.pathname.replace(/\/*$/, '/');
    if (home.origin === origin && pathname.startsWith(prefix)) return pathname.slice(prefix.length);
  }
  return undefined;
}

/** Returns a project of which only its path or numeric id is known. */
export function projectNamed(name: string): ProjectRow {
  return isNumericId(name) ? { ref: name, id: name } : { ref: name, path: name };
}

/** Returns what the web URL of a job or pipeline says about its project. */
export function projectBehind(
  webUrl: string | null | undefined,
  projectId: string,
  bases: readonly string[],
): ProjectRow {
  const row = projectNamed(projectId);
  const home = webUrl?.split('/-/')[0];
  if (!home || home === webUrl || !URL.canParse(home)) return row;
  const path = pathBelow(home, bases) ?? new URL(home).pathname.slice(1);
  // Without a usable URL, the path is read by a call.
  return isProjectName(path) ? { ...row, path, web_url: home } : row;
}

const RESOURCE = /^(.+)\/-\/(jobs|pipelines)\/(\d+)(?:\/.*)?$/;

/** Parses the web URL of a job or pipeline. Throws BAD_USER_INPUT, about `what`, for other URLs. */
export function parseResourceUrl(url: string, bases: readonly string[], what = '`url`'): NodeRef {
  const path = url.length <= 2048 ? pathBelow(url, bases) : undefined;
  if (path === undefined) {
    throw badUserInput(`${what} must be a web address of ${bases.at(-1)}.`);
  }
  const [, project = '', kind, id = ''] = RESOURCE.exec(path) ?? [];
  if (!isNumericId(id) || !isProjectName(project)) {
    throw badUserInput(
      `${what} must be the address of a job or pipeline, such as "https://…/group/app/-/jobs/123".`,
    );
  }
  return { type: kind === 'jobs' ? 'Job' : 'Pipeline', project, id };
}
