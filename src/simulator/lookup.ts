import type { Exchange, Route } from './exchange.ts';
import { ApiFailure, forbidden, notFound } from './failure.ts';
import { canReadBuilds, canReadProject, hasRole } from './permissions.ts';
import type { JobRecord, PipelineRecord, ProjectRecord, Role, WorldState } from './records.ts';
import type { View } from './serialize-user.ts';
import { pipelineStatus } from './statuses.ts';

/** What serializers need of an exchange. */
export function viewOf({ caps, externalUrl, world }: Exchange): View {
  const known = new Map<PipelineRecord, string>();
  const statusOf = (pipeline: PipelineRecord) => {
    const status = known.get(pipeline) ?? pipelineStatus(pipeline);
    known.set(pipeline, status);
    return status;
  };
  return { caps, externalUrl, now: world.now, statusOf };
}

interface Found {
  readonly project: ProjectRecord;
  readonly moved: boolean;
}

/** By number, or by a path with a slash in it: no other text can name a project (§1.3). */
function lookUp(world: WorldState, id: string): Found | null {
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

/** A moved project redirects a GET to its number, on GitLab's own address (§1.3). */
function redirect(exchange: Exchange, project: ProjectRecord): ApiFailure {
  if (exchange.method !== 'GET') {
    const text = 'Non GET methods are not allowed for moved projects';
    return new ApiFailure(405, { message: text });
  }
  const path = exchange.path.replace(/\/projects\/[^/]+/, `/projects/${project.id}`);
  const url = `${exchange.externalUrl}${path}${exchange.search}`;
  const body = `This resource has been moved permanently to ${url}`;
  return new ApiFailure(301, body, { Location: url });
}

/** Whether the job token's own project may read here, and with which policies (§8). */
function checkJobToken(exchange: Exchange, project: ProjectRecord, policy: Route['jobToken']) {
  const { job } = exchange.caller;
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

/** The project of the path, if the caller may know of it (upstream.md §1.1 step 6). */
export function findProject(exchange: Exchange, policy: Route['jobToken'] = null): ProjectRecord {
  const found = lookUp(exchange.world, String(exchange.params['id']));
  if (found === null || found.project.pendingDeletion) throw notFound('Project');
  const { project, moved } = found;
  if (!canReadProject(exchange.world, project, exchange.caller.user)) throw notFound('Project');
  checkJobToken(exchange, project, policy);
  if (moved && exchange.caps.movedRedirect) throw redirect(exchange, project);
  return project;
}

/** A project whose jobs the caller may read; 403 where only the project is visible (step 7). */
export function findReadableProject(
  exchange: Exchange,
  policy: Route['jobToken'] = null,
): ProjectRecord {
  const project = findProject(exchange, policy);
  if (!canReadBuilds(exchange.world, project, exchange.caller.user)) throw forbidden();
  return project;
}

/** Refuses a caller below a role in the project. */
export function requireRole(exchange: Exchange, project: ProjectRecord, role: Role): void {
  const { user } = exchange.caller;
  if (!hasRole(exchange.world, project, { user, role })) throw forbidden();
}

/** A build of the project, by id; ids are the instance's, so another project's is not found (§1.5). */
export function findBuild(exchange: Exchange, project: ProjectRecord, id: number): JobRecord {
  const job = findProcessable(exchange, project, id);
  if (job.kind !== 'build') throw notFound();
  return job;
}

/** A build or a trigger job of the project. */
export function findProcessable(
  { world }: Exchange,
  project: ProjectRecord,
  id: number,
): JobRecord {
  const job = world.jobs.get(id);
  if (job === undefined || job.project !== project) throw notFound();
  return job;
}

/** A pipeline of the project. */
export function findPipeline(
  { world }: Exchange,
  project: ProjectRecord,
  id: number,
): PipelineRecord {
  const pipeline = world.pipelines.get(id);
  if (pipeline === undefined || pipeline.project !== project) throw notFound();
  return pipeline;
}
