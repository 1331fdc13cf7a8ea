/*
 * The addresses of the screens. If GitLab has a page for the same object, `#/` is followed by the
 * path of GitLab's page, so that people can paste GitLab's addresses:
 *
 *   #/?projects=a/b,c/d              dashboard; &ref=main
 *   #/<full path>/-/pipelines        pipelines of a project; ?ref=main&status=FAILED&source=push
 *   #/<full path>/-/pipelines/<id>   board; ?view=timeline&job=<id of the job in the panel>
 *   #/<full path>/-/jobs/<id>        log; ?line=120
 *   #/<full path>/-/stats            statistics
 */

/** The filters of a list of pipelines. An empty string does not filter. */
export interface PipelineFilter {
  ref: string;
  status: string;
  source: string;
}

/** A screen and its parameters. */
export type Address =
  | { screen: 'dashboard'; projects: string[]; ref?: string }
  | { screen: 'pipelines'; project: string; filter?: Partial<PipelineFilter> }
  | {
      screen: 'board';
      project: string;
      id: string;
      view?: 'timeline' | undefined;
      job?: string | undefined;
    }
  | { screen: 'log'; project: string; id: string; line?: number | undefined }
  | { screen: 'statistics'; project: string }
  | { screen: 'unknown' };

const PATH = /^\/(.+?)\/-\/(pipelines|jobs|stats)(?:\/(\d+))?\/?$/;
/**
 * Matches the path of a project's page or of its job list (`/-/jobs`) in GitLab. No part of a
 * project's path is `-`.
 */
const PROJECT = /^\/((?!-\/)[^/?]+(?:\/(?!-\/)[^/?]+)+?)(?:\/-\/jobs)?\/?$/;

function parseBoard(project: string, id: string, query: URLSearchParams): Address {
  const view = query.get('view') === 'timeline' ? 'timeline' : undefined;
  return { screen: 'board', project, id, view, job: query.get('job') ?? undefined };
}

function parseLog(project: string, id: string, query: URLSearchParams): Address {
  const line = Number(query.get('line'));
  return { screen: 'log', project, id, line: line > 0 ? line : undefined };
}

function parsePipelines(project: string, query: URLSearchParams): Address {
  const read = (name: string) => query.get(name) ?? '';
  // In addresses of GitLab's pages, the status is in lower case. The gateway's enum has upper case.
  const filter = { ref: read('ref'), status: read('status').toUpperCase(), source: read('source') };
  return { screen: 'pipelines', project, filter };
}

function parseDashboard(query: URLSearchParams): Address {
  const projects = query.get('projects')?.split(',').filter(Boolean) ?? [];
  return { screen: 'dashboard', projects, ref: query.get('ref') ?? '' };
}

/**
 * Parses an address without the id of a pipeline or job. The address of a project's page in GitLab
 * opens the list of the project's pipelines.
 */
function parseProject(path: string, query: URLSearchParams): Address {
  const [, project, page] = PATH.exec(path) ?? [];
  if (project && page === 'stats') return { screen: 'statistics', project };
  if (project && page === 'pipelines') return parsePipelines(project, query);
  const [, plain] = PROJECT.exec(path) ?? [];
  return plain ? parsePipelines(plain, query) : { screen: 'unknown' };
}

/** Parses the part of a URL that begins with `#`. */
export function parseAddress(hash: string): Address {
  const [path = '', search] = hash.replace(/^#/, '').split('?', 2);
  const query = new URLSearchParams(search);
  if (path === '' || path === '/') return parseDashboard(query);
  const [, project, page, id] = PATH.exec(path) ?? [];
  if (project && id && page === 'pipelines') return parseBoard(project, id, query);
  if (project && id && page === 'jobs') return parseLog(project, id, query);
  return id ? { screen: 'unknown' } : parseProject(path, query);
}

/** Returns the parameters that are not empty as `?a=b&c=d`. Slashes and commas stay readable. */
function printQuery(parameters: Record<string, string | undefined>): string {
  const entries = Object.entries(parameters).filter(([, value]) => value);
  const query = new URLSearchParams(entries as [string, string][]);
  return entries.length > 0 ? `?${String(query).replace(/%2F/g, '/').replace(/%2C/g, ',')}` : '';
}

/** Returns the part of a URL that begins with `#`, for links. */
export function printAddress(address: Address): string {
  switch (address.screen) {
    case 'dashboard':
      return `#/${printQuery({ projects: address.projects.join(','), ref: address.ref })}`;
    case 'pipelines':
      return `#/${address.project}/-/pipelines${printQuery({ ...address.filter })}`;
    case 'board': {
      const { project, id, view, job } = address;
      return `#/${project}/-/pipelines/${id}${printQuery({ view, job })}`;
    }
    case 'log':
      return `#/${address.project}/-/jobs/${address.id}${printQuery({ line: address.line?.toString() })}`;
    case 'statistics':
      return `#/${address.project}/-/stats`;
    case 'unknown':
      return '#/';
  }
}
