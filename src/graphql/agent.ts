import type { Context } from '../context/context.ts';
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
} from './refs.ts';
import { type Selection, selectedBelow, selectionOf } from './selection.ts';
import { projectBehind } from './web-url.ts';

/** A job token may not read projects, but its job's address tells the path. */
async function projectOf(id: string, context: Context, selection: Selection): Promise<ProjectRow> {
  const row = { ref: id, id };
  if (!needsMore('Project', selection, { from: 'number', to: 'job' })) return row;
  const job = await context.loaders.currentJob();
  if (job?.project_id !== id) return row;
  const { ci_job_token_scope_enabled } = job.project ?? {};
  return { ...projectBehind(job.web_url, id, context.webUrls), ci_job_token_scope_enabled };
}

AllowedAgents.implement({
  description:
    'The Kubernetes agents that the job of a CI_JOB_TOKEN may use, and the job’s surroundings.',
  fields: (t) => ({
    agents: t.field({
      type: [Agent],
      nullable: false,
      description: 'The agents, authorized through the project, its groups or the instance.',
      resolve: (row) => row.allowed_agents ?? [],
    }),
    job: t.field({
      type: Job,
      description: 'The job itself, as `currentJob` reads it.',
      extensions: costs({ call: 'currentJob' }),
      resolve: (_row, _args, { loaders }) => loaders.currentJob(),
    }),
    pipeline: t.field({
      type: Pipeline,
      description: 'Its pipeline. A job token may read its fields from GitLab 19 on.',
      extensions: costs({ names: () => [{ type: 'Pipeline' }], exists: true }),
      resolve: ({ pipeline, project }, _args, context, info) =>
        pipeline && project
          ? readPipeline(
              context,
              { project: String(project.id), id: String(pipeline.id) },
              { ...selectedBelow(info), exists: true },
            )
          : null,
    }),
    project: t.field({
      type: Project,
      description: 'Its project. Its path and address come with `currentJob`, at its call.',
      extensions: costs({
        leadsTo: 'number',
        improvedBy: { call: 'currentJob', leadsTo: 'job' },
      }),
      resolve: ({ project }, _args, context, info) =>
        project ? projectOf(String(project.id), context, selectionOf(info)) : null,
    }),
    groupIds: t.field({
      type: ['ID'],
      nullable: false,
      description:
        'GitLab’s numbers of the project’s group and all groups above. Empty for a personal project.',
      resolve: ({ project }) => project?.groups?.map(({ id }) => String(id)) ?? [],
    }),
    user: t.field({ type: User, description: 'Who started the job.', resolve: ({ user }) => user }),
    rolesInProject: t.field({
      type: ['String'],
      description:
        'The roles that user has in the project, each one including those before: guest, reporter, developer, … Open-ended.',
      resolve: ({ user }) => user?.roles_in_project,
    }),
    environment: t.field({
      type: AgentEnvironment,
      description: 'The environment the job deploys to. Null when it has none.',
      resolve: ({ environment }) => environment,
    }),
  }),
});

Agent.implement({
  description: 'A Kubernetes agent. It cannot be read by itself here.',
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'Global id, opaque.',
      resolve: (agent) => toGlobalId('Agent', agent.id),
    }),
    databaseId: t.id({
      nullable: false,
      description: 'GitLab’s own number of the agent.',
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
        'The entry under `ci_access` that lets the job use it, as written there; {} for the project’s own agents.',
      resolve: (agent) => agent.configuration,
    }),
  }),
});

AgentConfigProject.implement({
  description: 'The project that holds an agent’s configuration.',
  fields: (t) => ({
    databaseId: t.id({
      nullable: false,
      description: 'GitLab’s own number of the project.',
      resolve: (project) => String(project.id),
    }),
    description: t.exposeString('description', { description: 'What the project says of itself.' }),
    name: t.exposeString('name', { description: 'Its name.' }),
    nameWithNamespace: t.exposeString('name_with_namespace', {
      description: 'Its name with those of its groups.',
    }),
    path: t.exposeString('path', { description: 'The last part of its path.' }),
    fullPath: t.id({
      description: 'Its path with all groups.',
      resolve: (project) => project.path_with_namespace,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was made.',
      resolve: (project) => project.created_at,
    }),
  }),
});

AgentEnvironment.implement({
  description: 'The environment that a job deploys to.',
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'Its short name, fit for addresses.' }),
    tier: t.exposeString('tier', {
      description: 'production, staging, testing, development or other.',
    }),
  }),
});

builder.queryField('allowedAgents', (t) =>
  t.field({
    type: AllowedAgents,
    description:
      'The Kubernetes agents that the job of the request’s CI_JOB_TOKEN may use. Null for any other credential.',
    extensions: costs({ call: 'allowedAgents' }),
    resolve: (_root, _args, { loaders }) => loaders.allowedAgents(),
  }),
);
