import { builder } from './builder.ts';
import { toGlobalId } from './global-id.ts';
import { Runner, RunnerManager } from './refs.ts';

const runnerTypes = {
  INSTANCE_TYPE: 'Shared by the whole instance.',
  GROUP_TYPE: 'For the projects of one group.',
  PROJECT_TYPE: 'For chosen projects.',
  UNKNOWN: 'A type newer than this schema.',
} as const;

const CiRunnerType = builder.enumType('CiRunnerType', {
  description: 'Whom a runner serves.',
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
  'online, offline, stale, never_contacted or paused; older servers have others. Open-ended, so text.';

Runner.implement({
  description: 'A runner as GitLab shows it with a job. It cannot be read by itself here.',
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'Global id, opaque.',
      resolve: (runner) => toGlobalId('Runner', runner.id),
    }),
    databaseId: t.id({
      nullable: false,
      description: 'GitLab’s own number of the runner.',
      resolve: (runner) => String(runner.id),
    }),
    description: t.exposeString('description', { description: 'What its owner calls it.' }),
    name: t.exposeString('name', {
      description: 'The name of its software, such as "gitlab-runner".',
    }),
    active: t.exposeBoolean('active', {
      description: 'Whether it takes jobs: the opposite of `paused`.',
      deprecationReason: 'GitLab replaced it. Use `paused`.',
    }),
    paused: t.exposeBoolean('paused', { description: 'Whether it was told to take no more jobs.' }),
    isShared: t.exposeBoolean('is_shared', {
      description: 'Whether it serves the whole instance.',
    }),
    online: t.exposeBoolean('online', { description: 'Whether it was in contact lately.' }),
    runnerType: t.field({
      type: CiRunnerType,
      description: 'Whom it serves. Null before GitLab 15.',
      resolve: (runner) => toRunnerType(runner.runner_type),
    }),
    status: t.exposeString('status', { description: statusText }),
    jobExecutionStatus: t.exposeString('job_execution_status', {
      description: '"active" while it runs a job, else "idle". Null before GitLab 18.',
    }),
    ipAddress: t.exposeString('ip_address', {
      description: 'Its address, on servers before GitLab 17.',
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
  description: 'The machine of a runner that ran a job (GitLab 17 and later).',
  fields: (t) => ({
    id: t.id({
      nullable: false,
      description: 'Global id, opaque.',
      resolve: (manager) => toGlobalId('RunnerManager', manager.id),
    }),
    databaseId: t.id({
      nullable: false,
      description: 'GitLab’s own number of it.',
      resolve: (manager) => String(manager.id),
    }),
    systemId: t.exposeString('system_id', {
      description: 'The identifier it made for itself at registration.',
    }),
    version: t.exposeString('version', { description: 'The version of its software.' }),
    revision: t.exposeString('revision', {
      description: 'The commit its software was built from.',
    }),
    platform: t.exposeString('platform', { description: 'Its operating system, such as "linux".' }),
    architecture: t.exposeString('architecture', {
      description: 'Its processor, such as "amd64".',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it first showed up.',
      resolve: (manager) => manager.created_at,
    }),
    contactedAt: t.field({
      type: 'DateTime',
      description: 'When it was last in contact.',
      resolve: (manager) => manager.contacted_at,
    }),
    ipAddress: t.exposeString('ip_address', { description: 'Its address, where GitLab shows it.' }),
    status: t.exposeString('status', { description: statusText }),
    jobExecutionStatus: t.exposeString('job_execution_status', {
      description: '"active" while it runs a job, else "idle". Null on older servers.',
    }),
  }),
});
