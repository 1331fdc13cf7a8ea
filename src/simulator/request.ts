import type { IncomingHttpHeaders } from 'node:http';
import type { Limits, RateLimit } from './limits.ts';
import type { ObjectStorage } from './object-storage.ts';
import type { Params } from './params.ts';
import { canReadBuilds, canReadProject, hasRole } from './permissions.ts';
import type {
  JobRecord,
  ProjectRecord,
  Role,
  TokenRecord,
  UserRecord,
  WorldState,
} from './records.ts';
import { ApiError, type ApiResponse, forbidden, notFound } from './responses.ts';
import type { Capabilities, Capability } from './versions.ts';

/** A caller. All members are null without a credential. A job token acts as the user of its job. */
export interface Caller {
  readonly user: UserRecord | null;
  readonly token: TokenRecord | null;
  readonly job: JobRecord | null;
}

export interface Instance {
  readonly world: WorldState;
  readonly caps: Capabilities;
  readonly basePath: string;
  /** The base URL of the links that GitLab sends, without a trailing slash. */
  readonly externalUrl: string;
  readonly limits: Limits;
  readonly rateLimit: RateLimit | undefined;
  /** The object storage that sends archives. Undefined if GitLab sends them itself. */
  readonly storage: ObjectStorage | undefined;
  /** The clock of rate limits and of the Date header, in ms since 1970. */
  readonly clock: () => number;
}

/** A request before authentication. */
export interface UnauthenticatedRequest extends Instance {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Path, query and body parameters, merged as in Grape, the framework of GitLab's API. */
  readonly params: Params;
}

export interface ApiRequest extends UnauthenticatedRequest {
  /** Path as received, but without the base path of the installation and without the query. */
  readonly path: string;
  /** Query as received, including the question mark; empty without one. */
  readonly search: string;
  readonly caller: Caller;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Path in GitLab's notation, such as `/projects/:id/jobs/:job_id`. */
  readonly template: string;
  /** With `required`, a request without a credential gets 401 (upstream.md §1.1). */
  readonly auth: 'required' | 'optional';
  /**
   * The permission that a job token of another project needs. Null if the route does not accept job
   * tokens. Two values are not permissions:
   * - `own`: the route is about the job of the token, so no permission is needed
   * - `artifacts`: the token needs `read_jobs`, and every release accepts job tokens on this route
   */
  readonly jobToken: 'own' | 'artifacts' | 'read_jobs' | 'read_pipelines' | null;
  /** The permission that a fine-grained token needs, if any. */
  readonly permission?: string;
  /** Token scopes that allow this read, in addition to `api` and `read_api`. */
  readonly scopes?: readonly string[];
  /** If set, the route exists only in releases with this capability. */
  readonly capability?: Capability;
  readonly handle: (request: ApiRequest) => ApiResponse;
}

interface FoundProject {
  readonly project: ProjectRecord;
  /** Whether the request contains a former path of the project. */
  readonly moved: boolean;
}

/** Finds a project by number or path. A path always contains a slash (upstream.md §1.3). */
function lookUpProject(world: WorldState, id: string): FoundProject | null {
  if (/^-?\d+$/.test(id)) {
    const project = world.projects.get(Number(id));
    return project === undefined ? null : { project, moved: false };
  }
  if (!id.includes('/')) return null;
  const current = world.projectPaths.get(id.toLowerCase());
  if (current !== undefined) return { project: current, moved: false };
  const project = world.movedPaths.get(id.toLowerCase());
  return project === undefined ? null : { project, moved: true };
}

/**
 * Returns the response for a moved project: a redirect to its numeric id for GET, 405 for other
 * methods (upstream.md §1.3).
 */
function movedProject(request: ApiRequest, project: ProjectRecord): ApiError {
  if (request.method !== 'GET') {
    const message = 'Non GET methods are not allowed for moved projects';
    return new ApiError(405, { message });
  }
  const path = request.path.replace(/\/projects\/[^/]+/, `/projects/${project.id}`);
  const url = `${request.externalUrl}${path}${request.search}`;
  const body = `This resource has been moved permanently to ${url}`;
  return new ApiError(301, body, { Location: url });
}

/**
 * Throws 403 if the caller has a job token of another project, and the requested project's
 * allowlist does not grant `policy` to the token's project (upstream.md §1.1). A project can
 * disable its allowlist.
 */
function checkJobToken(request: ApiRequest, project: ProjectRecord, policy: Route['jobToken']) {
  const { job } = request.caller;
  if (job === null || job.project === project || !project.jobTokenScopeEnabled) return;
  const granted = project.jobTokenAllowlist.get(job.project.path);
  if (granted === undefined) {
    throw forbidden(
      `Authentication by CI/CD job token not allowed from ${job.project.path} to project #${project.id}.`,
    );
  }
  if (granted === 'all' || (policy !== null && granted.includes(policy))) return;
  throw forbidden(
    `Insufficient permissions to access this resource in project #${project.id}. The following token permission is required: ${policy}.`,
  );
}

/**
 * Returns the project in the path. Throws 404 if the caller cannot see the project, and 403 if the
 * caller's job token has no access to it (upstream.md §1.1). In some releases, throws 301 or 405
 * for a former path of the project.
 */
export function findProject(request: ApiRequest, policy: Route['jobToken'] = null): ProjectRecord {
  const found = lookUpProject(request.world, String(request.params['id']));
  if (found === null || found.project.pendingDeletion) throw notFound('Project');
  const { project, moved } = found;
  if (!canReadProject(request, project)) throw notFound('Project');
  checkJobToken(request, project, policy);
  if (moved && request.caps.movedRedirect) throw movedProject(request, project);
  return project;
}

/**
 * Returns the project in the path. Throws 403 if the caller may not read its jobs (upstream.md §1.1
 * step 7).
 */
export function findReadableProject(
  request: ApiRequest,
  policy: Route['jobToken'] = null,
): ProjectRecord {
  const project = findProject(request, policy);
  if (!canReadBuilds(request, project)) throw forbidden();
  return project;
}

export function requireRole(request: ApiRequest, project: ProjectRecord, role: Role): void {
  if (!hasRole(request, project, role)) throw forbidden();
}

/** Returns a build of the project. Throws 404 for a trigger job. */
export function findBuild(request: ApiRequest, project: ProjectRecord, id: number): JobRecord {
  const job = findProcessable(request, project, id);
  if (job.kind !== 'build') throw notFound();
  return job;
}

/**
 * Returns `record`. Throws 404 if it is undefined or belongs to another project than the one in the
 * path. The latter is possible, because ids are unique in the whole instance (upstream.md §1.5).
 */
function inProject<T extends { project: ProjectRecord }>(
  record: T | undefined,
  project: ProjectRecord,
) {
  if (record?.project !== project) throw notFound();
  return record;
}

/** Returns a build or a trigger job of the project. */
export const findProcessable = ({ world }: ApiRequest, project: ProjectRecord, id: number) =>
  inProject(world.jobs.get(id), project);

export const findPipeline = ({ world }: ApiRequest, project: ProjectRecord, id: number) =>
  inProject(world.pipelines.get(id), project);
