import type { Context } from '../context/context.ts';
import type { Job as JobRow, RestAllowedAgents, RestUser } from '../gitlab/rows.ts';
import { builder } from './builder.ts';
import { costs, needsMore } from './cost.ts';
import { toGlobalId } from './global-id.ts';
import { readPipeline } from './read-planner.ts';
import {
  Agent,
  AgentConfigProject,
  AgentEnvironment,
  AllowedAgents,
  Job,
  Pipeline,
  Project,
  type ProjectRow,
  User,
  type UserRow,
} from './refs.ts';
import { type Selection, selectedBelow, selectionOf } from './selection.ts';
import { projectBehind } from './web-url.ts';

/**
 * Returns the project of the job that a CI_JOB_TOKEN belongs to. Reads the job only if the
 * selection needs more than the project's id. The token cannot read the project, so the project's
 * path is taken from the URL of the job.
 */
async function projectOf(id: string, context: Context, selection: Selection): Promise<ProjectRow> {
  const row = { ref: id, id };
  if (!needsMore('Project', selection, { from: 'number', to: 'job' })) return row;
  const job = await context.loaders.currentJob();
  return job?.project_id === id ? projectBehind(job, context.webUrls) : row;
}

/**
 * Returns the job that a CI_JOB_TOKEN belongs to. Reads the job only if the selection needs more
 * than its ids, or if the response of GET /job/allowed_agents lacks the ids.
 */
async function jobOf(
  { job, project }: RestAllowedAgents,
  { loaders }: Context,
  selection: Selection,
): Promise<JobRow | null> {
  if (!job || !project || needsMore('Job', selection, { from: 'number', to: 'own' })) {
    return loaders.currentJob();
  }
  return { id: job.id, project_id: String(project.id), kind: 'BUILD' } as JobRow;
}

/** Returns the user of a CI_JOB_TOKEN. Reads the token's job only for fields that `row` lacks. */
async function userOf(row: RestUser, context: Context, selection: Selection): Promise<UserRow> {
  if (!needsMore('User', selection, { from: 'number', to: 'job' })) return row;
  const user = (await context.loaders.currentJob())?.user;
  return user && String(user.id) === String(row.id) ? user : { ...row, part: 'agents' };
}

/**
 * The cost of `project` and `user`. The response of GET /job/allowed_agents contains only the id of
 * the project, and the id and username of the user. One more call, the GET of the token's job,
 * returns more values of both.
 */
const improvedByJob = costs({
  leadsTo: 'number',
  improvedBy: { call: 'currentJob', leadsTo: 'job' },
});

AllowedAgents.implement({
  description:
    'The Kubernetes agents that the job of a CI_JOB_TOKEN may use, with the project, user and environment of the job.',
  fields: (t) => ({
    agents: t.field({
      type: [Agent],
      nullable: false,
      description: 'Agents that are authorized through the project, its groups or the instance.',
      resolve: ({ allowed_agents, job }) =>
        (allowed_agents ?? []).map((agent) => ({ ...agent, job: job?.id })),
    }),
    job: t.field({
      type: Job,
      description:
        'The job of the token. All but its ids and its project’s costs the call of `currentJob`.',
      extensions: costs({
        leadsTo: 'number',
        improvedBy: { call: 'currentJob', leadsTo: 'own' },
        exists: true,
      }),
      resolve: (row, _args, context, info) => jobOf(row, context, selectionOf(info)),
    }),
    pipeline: t.field({
      type: Pipeline,
      description:
        'The pipeline of the job. Only its ids are known without a call; a job token may read the rest from GitLab 19 on.',
      extensions: costs({ names: () => [{ type: 'Pipeline' }], exists: true }),
      resolve: async ({ pipeline, project }, _args, context, info) => {
        if (!pipeline || !project) return null;
        const ref = { project: String(project.id), id: String(pipeline.id) };
        const row = await readPipeline(context, ref, { ...selectedBelow(info), exists: true });
        const below = selectionOf(info).below('project');
        if (!row || !needsMore('Project', below, { from: 'pipeline', to: 'job' })) return row;
        return { ...row, requestedProject: await projectOf(ref.project, context, below) };
      },
    }),
    project: t.field({
      type: Project,
      description:
        'The project of the job. `fullPath`, `webUrl` and `ciJobTokenScopeEnabled` cost the call of `currentJob`.',
      extensions: improvedByJob,
      resolve: ({ project }, _args, context, info) =>
        project ? projectOf(String(project.id), context, selectionOf(info)) : null,
    }),
    groupIds: t.field({
      type: ['ID'],
      nullable: false,
      description:
        'Numeric ids of the project’s group and its ancestors. Empty for a personal project.',
      resolve: ({ project }) => project?.groups?.map(({ id }) => String(id)) ?? [],
    }),
    user: t.field({
      type: User,
      description:
        'Who started the job. All but the ids and `username` cost the call of `currentJob`.',
      extensions: improvedByJob,
      resolve: ({ user }, _args, context, info) =>
        user ? userOf(user, context, selectionOf(info)) : null,
    }),
    rolesInProject: t.field({
      type: ['String'],
      description:
        'The user’s roles in the project: guest, reporter, developer and so on, up to the highest one. GitLab may add values.',
      resolve: ({ user }) => user?.roles_in_project,
    }),
    environment: t.field({
      type: AgentEnvironment,
      description: 'The environment that the job deploys to, or null.',
      resolve: ({ environment }) => environment,
    }),
  }),
});

Agent.implement({
  description: 'A Kubernetes agent. It cannot be read by itself here.',
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description:
        'The global id, an opaque string. It differs from job to job, because `configuration` does.',
      resolve: ({ job, id }) => (job ? toGlobalId('Agent', job, id) : toGlobalId('Agent', id)),
    }),
    databaseId: t.id({
      nullable: false,
      description: 'GitLab’s numeric id of the agent.',
      resolve: (agent) => String(agent.id),
    }),
    configProject: t.field({
      type: AgentConfigProject,
      description: 'The project that holds the agent’s configuration.',
      resolve: (agent) => agent.config_project,
    }),
    configuration: t.field({
      type: 'JSON',
      description:
        'The `ci_access` entry of the agent’s configuration that authorizes the job; {} for agents of the same project.',
      resolve: (agent) => agent.configuration,
    }),
  }),
});

AgentConfigProject.implement({
  description: 'The project that holds an agent’s configuration.',
  fields: (t) => ({
    databaseId: t.id({
      nullable: false,
      description: 'GitLab’s numeric id of the project.',
      resolve: (project) => String(project.id),
    }),
    description: t.exposeString('description', { description: 'The project’s description.' }),
    name: t.exposeString('name', { description: 'Its name.' }),
    nameWithNamespace: t.exposeString('name_with_namespace', {
      description: 'Its name, after the names of its groups.',
    }),
    path: t.exposeString('path', { description: 'The last segment of its path.' }),
    fullPath: t.id({
      description: 'Its path with all groups.',
      resolve: (project) => project.path_with_namespace,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was created.',
      resolve: (project) => project.created_at,
    }),
  }),
});

AgentEnvironment.implement({
  description: 'The environment that a job deploys to.',
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'Its short name, for use in URLs.' }),
    tier: t.exposeString('tier', {
      description: 'production, staging, testing, development or other.',
    }),
  }),
});

builder.queryField('allowedAgents', (t) =>
  t.field({
    type: AllowedAgents,
    description:
      'The Kubernetes agents that the job of the request’s CI_JOB_TOKEN may use. Null for other credentials.',
    extensions: costs({ call: 'allowedAgents' }),
    resolve: (_root, _args, { loaders }) => loaders.allowedAgents(),
  }),
);
