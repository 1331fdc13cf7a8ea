/*
 * The data of the simulated GitLab. Times are milliseconds since 1970 on the simulated clock
 * (`WorldState.now`). serialize.ts, agents.ts and test-reports.ts convert records to JSON.
 */

/** Member roles, from weakest to strongest. */
export const roles = ['guest', 'planner', 'reporter', 'developer', 'maintainer', 'owner'] as const;
export type Role = (typeof roles)[number];

export interface UserRecord {
  id: number;
  username: string;
  name: string;
  /** GitLab's state of the user, such as `active`, `blocked` or `deactivated`. */
  state: string;
  admin: boolean;
  createdAt: number;
}

export interface TokenRecord {
  value: string;
  /** `job` is a CI_JOB_TOKEN, which is valid while its job runs. */
  kind: 'personal' | 'oauth' | 'job';
  user: UserRecord;
  scopes: readonly string[];
  /**
   * Permissions of a fine-grained token (`read_job`, `retry_job`, …). Null for a token with scopes.
   */
  permissions: readonly string[] | null;
  expired: boolean;
  revoked: boolean;
  job: JobRecord | null;
}

/** A group. Its members are also members of every project and group below its path. */
export interface GroupRecord {
  id: number;
  path: string;
  members: Map<string, Role>;
}

export interface ProjectRecord {
  id: number;
  path: string;
  name: string;
  visibility: 'private' | 'internal' | 'public';
  /** Whether everyone who can see the project, including guests, can see its pipelines. */
  publicPipelines: boolean;
  members: Map<string, Role>;
  /** The protected refs, each with the lowest role that may push to it. */
  protectedRefs: Map<string, Role>;
  /** Lowest role that may cancel jobs (a Premium setting). */
  cancelRole: Role;
  variablesRole: Role;
  jobTokenScopeEnabled: boolean;
  /**
   * The permissions that job tokens of other projects have in this project, by full path of the
   * other project.
   */
  jobTokenAllowlist: Map<string, readonly string[] | 'all'>;
  statsRefreshing: boolean;
  pendingDeletion: boolean;
  defaultBranch: string;
  createdAt: number;
  /** Builds and bridges in ascending order of id. */
  jobs: JobRecord[];
  /** In ascending order of id. */
  pipelines: PipelineRecord[];
}

/** The data of a commit that jobs contain. */
export interface CommitRecord {
  sha: string;
  title: string;
  message: string;
  authorName: string;
  authorEmail: string;
  authoredAt: number;
  parents: readonly string[];
}

/** A pipeline. Its status is derived from its jobs, unless a test sets it. */
export interface PipelineRecord {
  id: number;
  iid: number;
  project: ProjectRecord;
  ref: string;
  tag: boolean;
  sha: string;
  beforeSha: string;
  source: string | null;
  name: string | null;
  user: UserRecord | null;
  commit: CommitRecord | null;
  createdAt: number;
  updatedAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  /**
   * A status that a test has set. It is valid until the status of a job changes. Null if the status
   * is derived from the jobs.
   */
  fixedStatus: string | null;
  yamlErrors: string | null;
  stages: string[];
  /** Builds and bridges in ascending order of id. */
  jobs: JobRecord[];
  raw: Readonly<Record<string, unknown>>;
}

/** A file of a job. The keys are GitLab's (upstream.md §3.5). */
export interface ArtifactRecord {
  file_type: string;
  size: number;
  filename: string | null;
  file_format: string | null;
}

/** Numbers of test cases in a job's test report by result; `time` is their run time in seconds. */
export interface TestCounts {
  success: number;
  failed: number;
  skipped: number;
  error: number;
  time: number;
}

/** The runner of a job (upstream.md §3.4). */
export interface RunnerRecord {
  id: number;
  description: string | null;
  runnerType: string;
  status: string;
  active: boolean;
  name: string | null;
  ipAddress: string;
}

/** The machine of a runner (upstream.md §3.4). */
export interface RunnerManagerRecord {
  id: number;
  systemId: string;
  version: string;
  revision: string;
  platform: string;
  architecture: string;
}

/** Returns the chunks of a log in order. The job prints them evenly over its run time. */
export type LogScript = (startedAt: number, runMs: number) => readonly string[];

/** What a job does when the simulated clock advances. */
export interface PlanRecord {
  /**
   * If true, the simulated clock does not change the job. Only requests and tests change the job.
   */
  frozen: boolean;
  queueMs: number;
  runMs: number;
  /** How long a `when: delayed` job stays scheduled. */
  delayMs: number;
  /** How long after_script runs after a cancel. */
  cancelMs: number;
  outcome: 'success' | 'failed' | 'canceled';
  failureReason: string;
  script: LogScript | null;
  /** The coverage, artifacts and test report of the job after it has finished. */
  coverage: number | null;
  artifacts: readonly ArtifactRecord[];
  tests: TestCounts | null;
}

/**
 * Simple fields of a job, with their types and defaults. Tests may set each of them in
 * `JobOptions`. To add a field, add a line here and a key in serialize.ts.
 */
export const jobDefaults = {
  coverage: null as number | null,
  allowFailure: false,
  when: 'on_success' as 'on_success' | 'on_failure' | 'always' | 'manual' | 'delayed',
  failureReason: null as string | null,
  /** The files in the job's archive of artifacts, by path. They exist as long as the archive. */
  files: {} as Readonly<Record<string, string | Buffer>>,
  /** The job's test report. The simulator sends it only in the summary of the pipeline. */
  tests: null as TestCounts | null,
  /** Whether a newer attempt of this job exists. */
  retried: false,
  archived: false,
  /**
   * Whether the job ran with CI_DEBUG_TRACE. If so, reading its log requires the Developer role.
   */
  debug: false,
  /** If true, writes fail with `409 Conflict: Resource lock`. */
  locked: false,
  /** Whether the runner supports the status `canceling`. */
  gracefulCancel: true,
  tagList: [] as readonly string[],
  /** Declared inputs of the job. `options` lists the allowed values. */
  inputs: {} as Readonly<Record<string, { options?: readonly string[] }>>,
  runner: null as RunnerRecord | null,
  runnerManager: null as RunnerManagerRecord | null,
  /** Creates the downstream pipeline when the bridge starts. */
  trigger: null as (() => PipelineRecord) | null,
  /**
   * `depend`: a bridge ends when its downstream pipeline ends. Null: a bridge succeeds as soon as
   * it has created its downstream pipeline.
   */
  strategy: 'depend' as 'depend' | null,
  /** Replaces keys of the job's JSON. A key with the value undefined is removed. */
  raw: {} as Readonly<Record<string, unknown>>,
};
export type JobColumns = typeof jobDefaults;

/** A build or a trigger job. GitLab keeps both in one table with one sequence of ids. */
export interface JobRecord extends JobColumns {
  id: number;
  kind: 'build' | 'bridge';
  project: ProjectRecord;
  pipeline: PipelineRecord;
  name: string;
  stage: string;
  status: string;
  ref: string;
  tag: boolean;
  createdAt: number;
  queuedAt: number | null;
  startedAt: number | null;
  finishedAt: number | null;
  erasedAt: number | null;
  cancelingAt: number | null;
  scheduledAt: number | null;
  artifactsExpireAt: number | null;
  user: UserRecord | null;
  commit: CommitRecord | null;
  artifacts: ArtifactRecord[];
  environment: { name: string; slug: string; tier: string } | null;
  /** Variables of the play request. GitLab's API does not return them. */
  variables: readonly { key: string; value: string }[];
  downstream: PipelineRecord | null;
  log: Buffer[];
  logBytes: number;
  plan: PlanRecord;
  /** While the job runs: chunks of the log, and the number of chunks that were printed. */
  script: { chunks: readonly string[]; printed: number } | null;
}

/** An agent for Kubernetes (upstream.md §3.8). */
export interface AgentRecord {
  id: number;
  name: string;
  project: ProjectRecord;
  createdAt: number;
  /** Entries of `ci_access`. The agent's own project needs none. */
  access: readonly AgentAccess[];
}

/** An entry of `ci_access` in an agent's configuration. */
export interface AgentAccess {
  /** Full path of a project, or of a group above it. */
  path: string;
  environments?: readonly string[] | undefined;
  protectedBranchesOnly?: boolean | undefined;
  configuration?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The event that listeners receive when the status of a job changes or its log grows. Contains what
 * a webhook payload needs.
 */
export type WorldChange =
  | { type: 'job'; job: JobRecord; from: string; to: string }
  | { type: 'log'; job: JobRecord; bytes: number };

export interface WorldState {
  now: number;
  /** By username. */
  users: Map<string, UserRecord>;
  /** By token value. */
  tokens: Map<string, TokenRecord>;
  /** By lower-case full path. */
  groups: Map<string, GroupRecord>;
  projects: Map<number, ProjectRecord>;
  /** By lower-case full path. */
  projectPaths: Map<string, ProjectRecord>;
  /** By lower-case former path. */
  movedPaths: Map<string, ProjectRecord>;
  pipelines: Map<number, PipelineRecord>;
  jobs: Map<number, JobRecord>;
  agents: AgentRecord[];
  /** Pipelines with jobs that the clock may change. */
  active: Set<PipelineRecord>;
  /**
   * Pipelines with a job that has changed. When the clock advances, their jobs in the status
   * `created` may start.
   */
  changed: Set<PipelineRecord>;
  lastId: Record<'user' | 'group' | 'project' | 'pipeline' | 'job' | 'agent', number>;
  changeListeners: Set<(change: WorldChange) => void>;
  tickListeners: Set<(now: number) => void>;
}

/**
 * Returns the paths of the groups that contain a project or group, nearest first: `a/b`, `a` for
 * `a/b/c`.
 */
export function pathsAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, parts.length - at).join('/'));
}

/**
 * A row of a list. Lists of rows are in ascending order of id, so that a row can be found by binary
 * search.
 */
export interface Row {
  readonly id: number;
}

export function lowerBound(rows: readonly Row[], id: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.id ?? id) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Inserts a row into a list in ascending order of id. Takes constant time if its id is the highest.
 */
export function insertById<T extends Row>(rows: T[], row: T): void {
  const last = rows.at(-1);
  if (last === undefined || last.id < row.id) rows.push(row);
  else rows.splice(lowerBound(rows, row.id), 0, row);
}

export function removeById<T extends Row>(rows: T[], row: T): void {
  const at = lowerBound(rows, row.id);
  if (rows[at] === row) rows.splice(at, 1);
}
