import { builder } from './builder.ts';
import { toGlobalId } from './global-id.ts';
import { Runner, RunnerManager } from './refs.ts';

const runnerTypes = {
  INSTANCE_TYPE: 'All projects of the instance.',
  GROUP_TYPE: 'The projects of one group.',
  PROJECT_TYPE: 'Selected projects.',
  UNKNOWN: 'A type that this schema does not know.',
} as const;

const CiRunnerType = builder.enumType('CiRunnerType', {
  description: 'The projects that a runner serves.',
  values: Object.fromEntries(
    Object.entries(runnerTypes).map(([name, description]) => [name, { description }]),
  ),
});

function toRunnerType(raw: string | null | undefined): string | null {
  if (raw == null) return null;
  const name = raw.toUpperCase();
  return Object.hasOwn(runnerTypes, name) ? name : 'UNKNOWN';
}

const statusText =
  'online, offline, stale, never_contacted or paused. Older servers have other values.';

Runner.implement({
  description: 'A runner, as GitLab includes it in a job. It cannot be read by itself here.',
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'The global id, an opaque string.',
      resolve: (runner) => toGlobalId('Runner', runner.id),
    }),
    databaseId: t.id({
      nullable: false,
      description: 'GitLab’s numeric id of the runner.',
      resolve: (runner) => String(runner.id),
    }),
    description: t.exposeString('description', {
      description: 'The description that its owner gave it.',
    }),
    name: t.exposeString('name', {
      description: 'The name of the runner software, such as "gitlab-runner".',
    }),
    active: t.exposeBoolean('active', {
      description: 'Whether the runner accepts jobs: the opposite of `paused`.',
      deprecationReason: 'GitLab replaced it. Use `paused`.',
    }),
    paused: t.exposeBoolean('paused', {
      description: 'Whether the runner is paused and accepts no jobs.',
    }),
    isShared: t.exposeBoolean('is_shared', {
      description: 'Whether the runner serves all projects of the instance.',
    }),
    online: t.exposeBoolean('online', {
      description: 'Whether the runner contacted GitLab recently.',
    }),
    runnerType: t.field({
      type: CiRunnerType,
      description: 'The projects that the runner serves. Null before GitLab 15.',
      resolve: (runner) => toRunnerType(runner.runner_type),
    }),
    status: t.exposeString('status', { description: statusText }),
    jobExecutionStatus: t.exposeString('job_execution_status', {
      description: '"active" while the runner executes a job, else "idle". Null before GitLab 18.',
    }),
    ipAddress: t.exposeString('ip_address', {
      description: 'The runner’s IP address, on servers before GitLab 17.',
      deprecationReason: 'GitLab no longer sends it.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was registered. Null before GitLab 18.',
      resolve: (runner) => runner.created_at,
    }),
  }),
});

RunnerManager.implement({
  description: 'The machine of a runner that executed a job (GitLab 17 and later).',
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'The global id, an opaque string.',
      resolve: (manager) => toGlobalId('RunnerManager', manager.id),
    }),
    databaseId: t.id({
      nullable: false,
      description: 'GitLab’s numeric id of the runner manager.',
      resolve: (manager) => String(manager.id),
    }),
    systemId: t.exposeString('system_id', {
      description: 'The identifier that the machine generated at registration.',
    }),
    version: t.exposeString('version', { description: 'The version of the runner software.' }),
    revision: t.exposeString('revision', {
      description: 'The commit that the runner software was built from.',
    }),
    platform: t.exposeString('platform', { description: 'The operating system, such as "linux".' }),
    architecture: t.exposeString('architecture', {
      description: 'The processor architecture, such as "amd64".',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it first contacted GitLab.',
      resolve: (manager) => manager.created_at,
    }),
    contactedAt: t.field({
      type: 'DateTime',
      description: 'When it last contacted GitLab.',
      resolve: (manager) => manager.contacted_at,
    }),
    ipAddress: t.exposeString('ip_address', { description: 'The IP address, if GitLab shows it.' }),
    status: t.exposeString('status', { description: statusText }),
    jobExecutionStatus: t.exposeString('job_execution_status', {
      description: '"active" while it executes a job, else "idle". Null on older servers.',
    }),
  }),
});
