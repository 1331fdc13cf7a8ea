import { roleIn } from './permissions.ts';
import {
  type AgentAccess,
  type AgentRecord,
  type JobRecord,
  pathsAbove,
  type Role,
  roles,
  type WorldState,
} from './records.ts';
import { projectIdentity } from './serialize.ts';
import { type Capabilities, isSince } from './versions.ts';

/**
 * Whether one of the patterns, such as `review/*`, matches the environment. Without patterns, any
 * environment matches.
 */
function matchesAny(patterns: readonly string[] | undefined, environment?: string): boolean {
  if (patterns === undefined) return true;
  if (environment === undefined) return false;
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(environment);
  });
}

function allows(access: AgentAccess, job: JobRecord): boolean {
  const needsProtected = access.protectedBranchesOnly === true;
  if (needsProtected && !job.project.protectedRefs.has(job.ref)) return false;
  return matchesAny(access.environments, job.environment?.name);
}

/**
 * Returns the configuration of an agent for a job; null if the job may not use the agent. The
 * configuration is that of the first access entry that allows the job. Entries for the job's
 * project come before those for groups above the project.
 */
function configurationFor(agent: AgentRecord, job: JobRecord): Record<string, unknown> | null {
  const paths = [job.project.path, ...pathsAbove(job.project.path)];
  const entries = paths.flatMap((path) => agent.access.filter((access) => access.path === path));
  const entry = entries.find((access) => allows(access, job));
  if (entry !== undefined) {
    const { environments, configuration } = entry;
    return { ...configuration, ...(environments && { environments }) };
  }
  // A job of the agent's own project needs no entry.
  return agent.project === job.project ? {} : null;
}

/**
 * Returns a role and all lower roles; no roles for null. Of the simulated releases, those since
 * 18.0 have the role planner. Since 19.3, developer and higher roles include security_manager.
 */
function rolesUpTo(role: Role | null, { version }: Capabilities): string[] {
  const included = roles.slice(0, role === null ? 0 : roles.indexOf(role) + 1);
  return included.flatMap((name) => {
    if (name === 'planner' && !isSince(version, '18.0')) return [];
    return name === 'developer' && isSince(version, '19.3') ? [name, 'security_manager'] : [name];
  });
}

/** The response of GET /job/allowed_agents (upstream.md §3.8). */
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
    return [{ id: agent.id, config_project: projectIdentity(agent.project), configuration }];
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
