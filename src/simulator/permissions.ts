import { pathsAbove } from './build-people.ts';
import type { Caller } from './exchange.ts';
import {
  type JobRecord,
  type ProjectRecord,
  type Role,
  roles,
  type UserRecord,
  type WorldState,
} from './records.ts';
import type { Capabilities } from './versions.ts';

const none = -1;

function level(role: Role | undefined): number {
  return role === undefined ? none : roles.indexOf(role);
}

/** A user's strongest role in a project, from it or any group above; -1 = no member. */
function levelIn(world: WorldState, project: ProjectRecord, user: UserRecord | null): number {
  if (user === null) return none;
  if (user.admin || project.path.startsWith(`${user.username}/`)) return level('owner');
  const groups = pathsAbove(project.path).map((path) => world.groups.get(path.toLowerCase()));
  const given = groups.map((group) => level(group?.members.get(user.username)));
  return Math.max(level(project.members.get(user.username)), ...given);
}

/** The strongest role of a user in a project; null for a stranger. */
export function roleIn(
  world: WorldState,
  project: ProjectRecord,
  user: UserRecord | null,
): Role | null {
  return roles[levelIn(world, project, user)] ?? null;
}

/** Whether a user has a role or a stronger one. */
export function hasRole(
  world: WorldState,
  project: ProjectRecord,
  { user, role }: { user: UserRecord | null; role: Role },
): boolean {
  return levelIn(world, project, user) >= level(role);
}

/** Whether the project exists for this user at all. */
export function canReadProject(
  world: WorldState,
  project: ProjectRecord,
  user: UserRecord | null,
): boolean {
  if (project.visibility === 'public') return true;
  if (project.visibility === 'internal' && user !== null) return true;
  return levelIn(world, project, user) > none;
}

/** read_build and read_pipeline: Reporter, or anyone when pipelines are public (§2). */
export function canReadBuilds(
  world: WorldState,
  project: ProjectRecord,
  user: UserRecord | null,
): boolean {
  if (!canReadProject(world, project, user)) return false;
  return project.publicPipelines || hasRole(world, project, { user, role: 'reporter' });
}

/** read_build_trace: a log in debug mode shows secrets, so it needs the right to write (§7). */
export function canReadTrace(world: WorldState, job: JobRecord, caller: Caller): boolean {
  const { project } = job;
  if (!canReadBuilds(world, project, caller.user)) return false;
  return !job.debug || hasRole(world, project, { user: caller.user, role: 'developer' });
}

function canPush(world: WorldState, job: JobRecord, user: UserRecord | null): boolean {
  const role = job.project.protectedRefs.get(job.ref);
  return role === undefined || hasRole(world, job.project, { user, role });
}

/** Retry and play: Developer who may push to the ref; never on an archived job (§2.9, §2.11). */
export function canUpdate(world: WorldState, job: JobRecord, user: UserRecord | null): boolean {
  if (job.archived) return false;
  return hasRole(world, job.project, { user, role: 'developer' }) && canPush(world, job, user);
}

/** Cancel: as {@link canUpdate}, with the project's own role and the release's rule on archived jobs. */
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
  const owns = user !== null && job.user === user && !job.project.protectedRefs.has(job.ref);
  return owns && hasRole(world, job.project, { user, role: 'developer' });
}
