import type { IncomingMessage, ServerResponse } from 'node:http';
import { buildCursor } from '../../src/gitlab/lists/keyset-cursor.ts';
import { aJob, sendJson } from '../gitlab/upstream.ts';
import type { StartOptions } from '../helpers/start-gateway.ts';
import { offsetPage, startBehind } from './own-upstream.ts';

/** A job in the list of a project. */
export interface ListedJob {
  id: number;
  status?: string;
  ref?: string;
  [member: string]: unknown;
}

/** The numeric id of a project, and its jobs. */
export interface ListedProject {
  number: number;
  jobs: ListedJob[];
}

/** Creates a project whose jobs have the given ids, which must be in descending order. */
export const projectOf = (number: number, ...ids: number[]): ListedProject => ({
  number,
  jobs: ids.map((id) => ({ id, status: 'success', ref: 'main' })),
});

export interface ProjectsOptions extends StartOptions {
  /** Whether the server filters by `ref`, as GitLab 19 does. @default true */
  filtersRef?: boolean;
  /** The projects that GitLab shows to a token instead of `projects`, by token. */
  seenBy?: Record<string, Record<string, ListedProject>>;
  /** Called for each request. Returns true if it has sent the response. */
  intercept?(request: IncomingMessage, response: ServerResponse, project: string): boolean;
  /** Whether the server supports keyset pagination, as GitLab 15.9 does. @default true */
  keyset?: boolean;
  /**
   * Whether a keyset page has the header with the next page, which a proxy may remove. @default
   * true
   */
  sendsLink?: boolean;
}

/** Parses a keyset cursor of GitLab. */
function parseCursor(cursor: string | null): { id?: number; direction: 'older' | 'newer' } {
  if (cursor === null) return { direction: 'older' };
  const { id, _kd } = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as {
    id?: string;
    _kd: string;
  };
  return { ...(id && { id: Number(id) }), direction: _kd === 'n' ? 'older' : 'newer' };
}

const toRow = ({ number }: ListedProject, { id, ...more }: ListedJob) =>
  aJob(id, { pipeline: { id: 9, project_id: number }, ...more });

/** Returns a keyset page, newest first, and the header with the URL of the older page. */
function keysetPage(jobs: readonly ListedJob[], params: URLSearchParams) {
  const { id, direction } = parseCursor(params.get('cursor'));
  const perPage = Number(params.get('per_page'));
  const isOlder = direction === 'older';
  const found = jobs.filter((job) => id === undefined || (isOlder ? job.id < id : job.id > id));
  const rows = isOlder ? found.slice(0, perPage) : found.slice(-perPage);
  const last = rows.at(-1);
  const hasOlder = last !== undefined && jobs.some((job) => job.id < last.id);
  const next = hasOlder && buildCursor({ direction: 'older', id: String(last.id) });
  const link = `<http://gitlab/api/v4/projects/1/jobs?cursor=${next}>; rel="next"`;
  const headers: Record<string, string> = next ? { link } : {};
  return { rows, headers };
}

/**
 * Starts a gateway, and a GitLab with the job lists of several projects. `calls()` returns the
 * requests since its last call.
 */
export function startProjects(
  projects: Record<string, ListedProject>,
  options: ProjectsOptions = {},
) {
  const { filtersRef = true, seenBy = {}, intercept, keyset = true, ...others } = options;
  const { sendsLink = true, ...start } = others;
  return startBehind((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://gitlab');
    const [, name = '', jobId] = /\/projects\/([^/]+)\/jobs\/?(\d+)?$/.exec(pathname) ?? [];
    if (intercept?.(request, response, decodeURIComponent(name))) return;
    const seen = seenBy[String(request.headers['private-token'])] ?? projects;
    const asked = decodeURIComponent(name);
    const project =
      seen[asked] ?? Object.values(seen).find(({ number }) => String(number) === asked);
    const single = jobId && project?.jobs.find(({ id }) => String(id) === jobId);
    if (!project || (jobId && !single)) {
      return sendJson(response, { message: '404 Not found' }, { status: 404 });
    }
    if (single) return sendJson(response, toRow(project, single));
    const isKeyset = searchParams.get('pagination') === 'keyset';
    if (isKeyset && !keyset) {
      const error = 'Keyset pagination is not yet available for this type of request';
      return sendJson(response, { error }, { status: 405 });
    }
    const scopes = searchParams.getAll('scope[]');
    const ref = filtersRef ? searchParams.get('ref') : null;
    const jobs = project.jobs.filter(
      (job) =>
        (scopes.length === 0 || scopes.includes(String(job.status))) &&
        (ref === null || job.ref === ref),
    );
    const { rows, headers } = (isKeyset ? keysetPage : offsetPage)(jobs, searchParams);
    sendJson(
      response,
      rows.map((job) => toRow(project, job)),
      { headers: isKeyset && !sendsLink ? {} : headers },
    );
  }, start);
}

/** Returns the project, the page size, and the id in the cursor of a call. */
export function paramsOf(call: string) {
  const { pathname, searchParams } = new URL(call.replace('GET ', ''), 'http://gitlab');
  const { id } = parseCursor(searchParams.get('cursor'));
  const [, project = ''] = /\/projects\/([^/]+)/.exec(pathname) ?? [];
  return {
    project: decodeURIComponent(project),
    perPage: Number(searchParams.get('per_page')),
    id,
  };
}
