import { pathsAbove } from './build-people.ts';
import { roleIn } from './permissions.ts';
import type { ProjectRecord, Role, UserRecord, WorldState } from './records.ts';
import { iso, serializeUser, type View } from './serialize-user.ts';

function titleOf(path: string): string {
  return path.split('/').join(' / ');
}

function basicKeys(project: ProjectRecord, { externalUrl }: View) {
  const path = project.path.slice(project.path.lastIndexOf('/') + 1);
  const { host } = new URL(externalUrl);
  const webUrl = `${externalUrl}/${project.path}`;
  return {
    id: project.id,
    description: null,
    name: project.name,
    name_with_namespace: titleOf(project.path),
    path,
    path_with_namespace: project.path,
    created_at: iso(project.createdAt),
    default_branch: project.defaultBranch,
    tag_list: [],
    topics: [],
    ssh_url_to_repo: `git@${host}:${project.path}.git`,
    http_url_to_repo: `${webUrl}.git`,
    web_url: webUrl,
    readme_url: `${webUrl}/-/blob/${project.defaultBranch}/README.md`,
    forks_count: 0,
    avatar_url: null,
    star_count: 0,
    last_activity_at: iso(project.pipelines.at(-1)?.updatedAt ?? project.createdAt),
  };
}

function namespaceOf(world: WorldState, project: ProjectRecord, { externalUrl }: View) {
  const [parent = ''] = pathsAbove(project.path);
  const group = world.groups.get(parent.toLowerCase());
  const name = parent.slice(parent.lastIndexOf('/') + 1);
  return {
    id: group?.id ?? world.users.get(parent)?.id ?? 0,
    name,
    path: name,
    kind: group === undefined ? 'user' : 'group',
    full_path: parent,
    parent_id: world.groups.get(pathsAbove(parent)[0]?.toLowerCase() ?? '')?.id ?? null,
    avatar_url: null,
    web_url: `${externalUrl}/${group === undefined ? '' : 'groups/'}${parent}`,
  };
}

const accessLevels: Readonly<Record<Role, number>> = {
  guest: 10,
  planner: 15,
  reporter: 20,
  developer: 30,
  maintainer: 40,
  owner: 50,
};

function accessOf(world: WorldState, project: ProjectRecord, user: UserRecord) {
  const role = roleIn(world, project, user);
  return role === null ? null : { access_level: accessLevels[role], notification_level: 3 };
}

/** A project; strangers without a token see only the first keys of it, and rarer ones are left out. */
export function serializeProject(
  project: ProjectRecord,
  { world, user, view }: { world: WorldState; user: UserRecord | null; view: View },
): Record<string, unknown> {
  const namespace = namespaceOf(world, project, view);
  const basic = { ...basicKeys(project, view), namespace };
  if (user === null) return basic;
  return {
    ...basic,
    archived: false,
    visibility: project.visibility,
    jobs_enabled: true,
    builds_access_level: 'enabled',
    public_jobs: project.publicPipelines,
    ci_job_token_scope_enabled: project.jobTokenScopeEnabled,
    permissions: { project_access: accessOf(world, project, user), group_access: null },
  };
}

/** The caller as GET /user answers. */
export function serializeCurrentUser(user: UserRecord, view: View): Record<string, unknown> {
  return {
    ...serializeUser(user, view),
    email: `${user.username}@example.com`,
    two_factor_enabled: false,
    external: false,
    ...(user.admin ? { is_admin: true } : {}),
  };
}
