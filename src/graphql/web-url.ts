import { badUserInput } from './client-errors.ts';
import { isNumericId, isProjectPath, type NodeRef } from './global-id.ts';
import type { ProjectRow, RowOfProject } from './refs.ts';

/*
 * GitLab's web URLs of jobs and pipelines: <base URL>/<full path of the project>/-/jobs/<id>.
 */

/**
 * Returns what follows a base URL in `url`, for example `group/app/-/jobs/1`. Uses the first base
 * URL with which `url` begins; undefined if there is none.
 */
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

/** Returns a project of which only one value is known: `name`, its path or numeric id. */
export function projectNamed(name: string): ProjectRow {
  return isNumericId(name) ? { ref: name, id: name } : { ref: name, path: name };
}

/**
 * Returns the web URL of the project of a job or pipeline. Undefined if the row has no valid URL.
 */
export function projectUrlOf({ web_url }: Pick<RowOfProject, 'web_url'>): string | undefined {
  const [home, ...rest] = web_url?.split('/-/') ?? [];
  return home && rest.length > 0 && URL.canParse(home) ? home : undefined;
}

/**
 * Returns GitLab's base URL, taken from the web URL of a user: `<base URL>/<username>`. It may
 * differ from the base URL in the gateway's configuration.
 */
function baseUrlOf({ user }: Pick<RowOfProject, 'user'>): string | undefined {
  const { username, web_url } = user ?? {};
  if (!username || !web_url?.endsWith(`/${username}`)) return undefined;
  const base = web_url.slice(0, -username.length);
  return URL.canParse(base) ? base : undefined;
}

/**
 * Returns what a row shows about its project, such as the numeric id. Omits the path if the URL of
 * the row does not begin with a known base URL. It is then unknown where the path starts.
 */
export function projectBehind(row: RowOfProject, webUrls: readonly string[]): ProjectRow {
  const settings = row.project && {
    ci_job_token_scope_enabled: row.project.ci_job_token_scope_enabled,
  };
  const project = { ...projectNamed(row.project_id), ...settings };
  const home = projectUrlOf(row);
  if (!home) return project;
  const base = baseUrlOf(row);
  const path = pathBelow(home, base ? [base, ...webUrls] : webUrls);
  return path && isProjectPath(path)
    ? { ...project, path, web_url: home }
    : { ...project, web_url: home };
}

const RESOURCE = /^(.+)\/-\/(jobs|pipelines)\/(\d+)(?:\/.*)?$/;

/**
 * Parses the web URL of a job or pipeline. Throws BAD_USER_INPUT for other URLs. `what` is the name
 * of the URL in the error message.
 */
export function parseResourceUrl(url: string, bases: readonly string[], what = '`url`'): NodeRef {
  const path = url.length <= 2048 ? pathBelow(url, bases) : undefined;
  if (path === undefined) {
    throw badUserInput(`${what} must be a web address of ${bases[0]}.`);
  }
  const [, project = '', kind, id = ''] = RESOURCE.exec(path) ?? [];
  if (!isNumericId(id) || !isProjectPath(project)) {
    throw badUserInput(
      `${what} must be the address of a job or pipeline, such as "https://…/group/app/-/jobs/123".`,
    );
  }
  return { type: kind === 'jobs' ? 'Job' : 'Pipeline', project, id };
}
