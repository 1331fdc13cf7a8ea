import {
  type JobRecord,
  type PipelineRecord,
  type ProjectRecord,
  pathsAbove,
  type Role,
  roles,
  type UserRecord,
  type WorldState,
} from './records.ts';
import type { Capabilities } from './versions.ts';

const noRole = -1;

function levelOf(role: Role | undefined): number {
  return role === undefined ? noRole : roles.indexOf(role);
}

/**
 * Returns a user's highest role in a project or the groups above it, as an index in `roles`; -1 if
 * the user has none. Admins count as owners, and so do users in their own namespace.
 */
function accessLevel(world: WorldState, project: ProjectRecord, user: UserRecord | null): number {
  if (user === null) return noRole;
  if (user.admin || project.path.startsWith(`${user.username}/`)) return levelOf('owner');
  const groups = pathsAbove(project.path).map((path) => world.groups.get(path.toLowerCase()));
  const levels = groups.map((group) => levelOf(group?.members.get(user.username)));
  return Math.max(levelOf(project.members.get(user.username)), ...levels);
}

/**
 * Returns a user's highest role in a project; null for a user without a role. An admin has the role
 * `owner` in every project.
 */
export function roleIn(
  world: WorldState,
  project: ProjectRecord,
  user: UserRecord | null,
): Role | null {
  return roles[accessLevel(world, project, user)] ?? null;
}

/** The parts of a request on which permissions depend. */
interface Access {
  readonly world: WorldState;
  readonly caps: Capabilities;
  readonly caller: { readonly user: UserRecord | null };
}

export function hasRole({ world, caller }: Access, project: ProjectRecord, role: Role): boolean {
  return accessLevel(world, project, caller.user) >= levelOf(role);
}

export function canReadProject({ world, caller }: Access, project: ProjectRecord): boolean {
  if (project.visibility === 'public') return true;
  if (project.visibility === 'internal' && caller.user !== null) return true;
  return accessLevel(world, project, caller.user) > noRole;
}

/**
 * Whether the caller may read the jobs and pipelines of a project (read_build and read_pipeline in
 * GitLab). This requires the role Reporter or a higher one. If the project's pipelines are public,
 * everyone who sees the project may read them.
 */
export function canReadBuilds(request: Access, project: ProjectRecord): boolean {
  if (!canReadProject(request, project)) return false;
  return project.publicPipelines || hasRole(request, project, 'reporter');
}

/**
 * Whether the caller may read the log of a job (read_build_trace in GitLab). In debug mode, a log
 * contains secrets, so that reading it requires the Developer role (upstream.md §7).
 */
export function canReadTrace(request: Access, { project, debug }: JobRecord): boolean {
  return canReadBuilds(request, project) && (!debug || hasRole(request, project, 'developer'));
}

function canPush(request: Access, { project, ref }: Pick<JobRecord, 'project' | 'ref'>): boolean {
  const role = project.protectedRefs.get(ref);
  return role === undefined || hasRole(request, project, role);
}

/**
 * Whether the caller may retry or play a job. Requires the Developer role and push access to the
 * job's ref. An archived job cannot be retried or played.
 */
export function canUpdate(request: Access, job: JobRecord): boolean {
  return !job.archived && hasRole(request, job.project, 'developer') && canPush(request, job);
}

/**
 * Whether the caller may cancel a job. Requires the project's cancel role or a higher one, and push
 * access to the job's ref. In some releases, an archived job cannot be canceled.
 */
export function canCancel(request: Access, job: JobRecord): boolean {
  if (job.archived && request.caps.archivedFrozen) return false;
  return hasRole(request, job.project, job.project.cancelRole) && canPush(request, job);
}

/**
 * Whether the caller may retry a pipeline. Requires the Developer role and push access to its ref.
 */
export function canRetryPipeline(request: Access, pipeline: PipelineRecord): boolean {
  return hasRole(request, pipeline.project, 'developer') && canPush(request, pipeline);
}

/**
 * Whether the caller may cancel a pipeline. Requires the project's cancel role or a higher one, and
 * push access to the ref.
 */
export function canCancelPipeline(request: Access, pipeline: PipelineRecord): boolean {
  const { project } = pipeline;
  return hasRole(request, project, project.cancelRole) && canPush(request, pipeline);
}

/**
 * Whether the caller may erase a job (upstream.md §2.10). Maintainers may, if they may push to the
 * job's ref. Developers may erase only jobs that they started, on refs that are not protected. In
 * some releases, an archived job cannot be erased.
 */
export function canErase(request: Access, job: JobRecord): boolean {
  const { project, user } = job;
  if (job.archived && request.caps.archivedFrozen) return false;
  if (!canPush(request, job)) return false;
  if (hasRole(request, project, 'maintainer')) return true;
  const isOwner =
    user !== null && user === request.caller.user && !project.protectedRefs.has(job.ref);
  return isOwner && hasRole(request, project, 'developer');
}
