import {
  type JobRecord,
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

/** Index in `roles` of a user's highest role in a project, its groups included; -1 = no member. */
function accessLevel(world: WorldState, project: ProjectRecord, user: UserRecord | null): number {
  if (user === null) return noRole;
  if (user.admin || project.path.startsWith(`${user.username}/`)) return levelOf('owner');
  const groups = pathsAbove(project.path).map((path) => world.groups.get(path.toLowerCase()));
  const levels = groups.map((group) => levelOf(group?.members.get(user.username)));
  return Math.max(levelOf(project.members.get(user.username)), ...levels);
}

/** Returns a user's highest role in a project; null for a user who is not a member. */
export function roleIn(
  world: WorldState,
  project: ProjectRecord,
  user: UserRecord | null,
): Role | null {
  return roles[accessLevel(world, project, user)] ?? null;
}

/** Whether a user has a role or a higher one. */
export function hasRole(
  world: WorldState,
  project: ProjectRecord,
  { user, role }: { user: UserRecord | null; role: Role },
): boolean {
  return accessLevel(world, project, user) >= levelOf(role);
}

/** Whether the project is visible to the user. */
export function canReadProject(
  world: WorldState,
  project: ProjectRecord,
  user: UserRecord | null,
): boolean {
  if (project.visibility === 'public') return true;
  if (project.visibility === 'internal' && user !== null) return true;
  return accessLevel(world, project, user) > noRole;
}

/** read_build and read_pipeline: Reporter, or everyone if pipelines are public (upstream.md §2). */
export function canReadBuilds(
  world: WorldState,
  project: ProjectRecord,
  user: UserRecord | null,
): boolean {
  if (!canReadProject(world, project, user)) return false;
  return project.publicPipelines || hasRole(world, project, { user, role: 'reporter' });
}

/** read_build_trace: a log in debug mode contains secrets and needs the Developer role (§7). */
export function canReadTrace(
  world: WorldState,
  { project, debug }: JobRecord,
  user: UserRecord | null,
): boolean {
  if (!canReadBuilds(world, project, user)) return false;
  return !debug || hasRole(world, project, { user, role: 'developer' });
}

function canPush(world: WorldState, job: JobRecord, user: UserRecord | null): boolean {
  const role = job.project.protectedRefs.get(job.ref);
  return role === undefined || hasRole(world, job.project, { user, role });
}

/** Retry and play: Developer with push access to the ref; never on archived jobs (§2.9, §2.11). */
export function canUpdate(world: WorldState, job: JobRecord, user: UserRecord | null): boolean {
  if (job.archived) return false;
  return hasRole(world, job.project, { user, role: 'developer' }) && canPush(world, job, user);
}

/** Cancel: the project's cancel role with push access; archived jobs depend on the release. */
export function canCancel(
  world: WorldState,
  job: JobRecord,
  { user, caps }: { user: UserRecord | null; caps: Capabilities },
): boolean {
  if (job.archived && caps.archivedFrozen) return false;
  const role = job.project.cancelRole;
  return hasRole(world, job.project, { user, role }) && canPush(world, job, user);
}

/** Erase: Maintainer, or the Developer who owns the job on a ref that is not protected (§2.10). */
export function canErase(
  world: WorldState,
  job: JobRecord,
  { user, caps }: { user: UserRecord | null; caps: Capabilities },
): boolean {
  if (job.archived && caps.archivedFrozen) return false;
  if (!canPush(world, job, user)) return false;
  if (hasRole(world, job.project, { user, role: 'maintainer' })) return true;
  const isOwner = user !== null && job.user === user && !job.project.protectedRefs.has(job.ref);
  return isOwner && hasRole(world, job.project, { user, role: 'developer' });
}
