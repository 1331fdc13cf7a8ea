import { badUserInput } from './client-errors.ts';
import { isNumericId, isProjectName, type NodeRef } from './global-id.ts';
import type { ProjectRow } from './refs.ts';

/*
 * GitLab's web addresses: <where users see GitLab>/<full path>/-/jobs/<id>. They tell a project's
 * path at no call, and lead from an address to the job behind it.
 */

/** The part of an address behind one of GitLab's own, without query and fragment; undefined on another host. */
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

/** Returns what a project's path or number says about it. */
export function projectNamed(name: string): ProjectRow {
  return isNumericId(name) ? { ref: name, id: name } : { ref: name, path: name };
}

/** A project as far as the address of one of its jobs or pipelines tells of it. */
export function projectBehind(
  webUrl: string | null | undefined,
  projectId: string,
  bases: readonly string[],
): ProjectRow {
  const row = projectNamed(projectId);
  const home = webUrl?.split('/-/')[0];
  if (!home || home === webUrl || !URL.canParse(home)) return row;
  const path = pathBelow(home, bases) ?? new URL(home).pathname.slice(1);
  // An odd address must not cost the job its project: then a call finds the path.
  return isProjectName(path) ? { ...row, path, web_url: home } : row;
}

const RESOURCE = /^(.+)\/-\/(jobs|pipelines)\/(\d+)(?:\/.*)?$/;

/** Which job or pipeline a web address of this GitLab names; BAD_USER_INPUT, about `what`, for any other address. */
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
