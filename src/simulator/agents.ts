import { pathsAbove } from './build-people.ts';
import { roleIn } from './permissions.ts';
import {
  type AgentAccess,
  type AgentRecord,
  type JobRecord,
  type ProjectRecord,
  type Role,
  roles,
  type WorldState,
} from './records.ts';
import { iso } from './serialize-user.ts';
import type { Capabilities } from './versions.ts';

/** Whether a pattern such as `review/*` names the environment; no pattern = every one. */
function covers(patterns: readonly string[] | undefined, environment: string | undefined): boolean {
  if (patterns === undefined) return true;
  if (environment === undefined) return false;
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(environment);
  });
}

function admits(access: AgentAccess, job: JobRecord): boolean {
  if (access.protectedBranchesOnly === true && !job.project.protectedRefs.has(job.ref))
    return false;
  return covers(access.environments, job.environment?.name);
}

/** The agent's entry for the job: a group's or the project's; its own project needs none (§3.8). */
function configurationFor(agent: AgentRecord, job: JobRecord): Record<string, unknown> | null {
  const paths = [job.project.path, ...pathsAbove(job.project.path)];
  const entries = paths.flatMap((path) => agent.access.filter((access) => access.path === path));
  const entry = entries.find((access) => admits(access, job));
  if (entry !== undefined) {
    const { environments, configuration } = entry;
    return { ...configuration, ...(environments === undefined ? {} : { environments }) };
  }
  return agent.project === job.project ? {} : null;
}

function configProject(project: ProjectRecord) {
  const path = project.path.slice(project.path.lastIndexOf('/') + 1);
  return {
    id: project.id,
    description: null,
    name: project.name,
    name_with_namespace: project.path.split('/').join(' / '),
    path,
    path_with_namespace: project.path,
    created_at: iso(project.createdAt),
  };
}

/** Cumulative; the newest role stands where GitLab's own table has it, after developer. */
function rolesUpTo(role: Role | null, caps: Capabilities): string[] {
  const reached = roles.slice(0, role === null ? 0 : roles.indexOf(role) + 1);
  return reached.flatMap((each) => {
    if (each === 'planner' && !caps.plannerRole) return [];
    return each === 'developer' && caps.securityManagerRole ? [each, 'security_manager'] : [each];
  });
}

/** The answer of GET /job/allowed_agents (upstream.md §3.8); no environment, no key. */
export function serializeAllowedAgents(
  world: WorldState,
  job: JobRecord,
  caps: Capabilities,
): Record<string, unknown> {
  const groups = pathsAbove(job.project.path).flatMap((path) => {
    const group = world.groups.get(path.toLowerCase());
    return group === undefined ? [] : [{ id: group.id }];
  });
  const agents = world.agents.flatMap((agent) => {
    const configuration = configurationFor(agent, job);
    if (configuration === null) return [];
    return [{ id: agent.id, config_project: configProject(agent.project), configuration }];
  });
  const { environment, user } = job;
  return {
    allowed_agents: agents,
    job: { id: job.id },
    pipeline: { id: job.pipeline.id },
    project: { id: job.project.id, groups },
    user: {
      id: user?.id,
      username: user?.username,
      roles_in_project: rolesUpTo(roleIn(world, job.project, user), caps),
    },
    ...(environment && { environment: { tier: environment.tier, slug: environment.slug } }),
  };
}
