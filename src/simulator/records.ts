/*
 * What the simulated GitLab remembers. Times are milliseconds since 1970 on the world's own clock;
 * how a record looks on the wire is the business of serialize-*.ts.
 */

/** Roles of a member, weakest first. */
export const roles = ['guest', 'planner', 'reporter', 'developer', 'maintainer', 'owner'] as const;
/** One of the roles. */
export type Role = (typeof roles)[number];

/** Somebody with an account. */
export interface UserRecord {
  id: number;
  username: string;
  name: string;
  /** `active`, `blocked`, `deactivated`, … */
  state: string;
  admin: boolean;
  createdAt: number;
}

/** A credential and whom it stands for. */
export interface TokenRecord {
  value: string;
  /** `job`: a CI_JOB_TOKEN, alive while its job runs. */
  kind: 'personal' | 'oauth' | 'job';
  user: UserRecord;
  scopes: readonly string[];
  /** What a fine-grained token may do (`read_job`, `retry_job`, …); null = it goes by its scopes. */
  permissions: readonly string[] | null;
  expired: boolean;
  revoked: boolean;
  job: JobRecord | null;
}

/** A group; its members are members of everything below its path. */
export interface GroupRecord {
  id: number;
  path: string;
  members: Map<string, Role>;
}

/** A project with its settings, and all it holds. */
export interface ProjectRecord {
  id: number;
  /** Full path, such as `group/sub/app`. */
  path: string;
  name: string;
  visibility: 'private' | 'internal' | 'public';
  /** Whether everyone who sees the project sees its pipelines (guests and strangers too). */
  publicPipelines: boolean;
  members: Map<string, Role>;
  /** Ref to the least role that may push to it. */
  protectedRefs: Map<string, Role>;
  /** The least role that may cancel (Premium setting). */
  cancelRole: Role;
  /** The least role that may set pipeline variables on play. */
  variablesRole: Role;
  jobTokenScopeEnabled: boolean;
  /** Full paths of projects whose job tokens may read here, with the policies granted. */
  jobTokenAllowlist: Map<string, readonly string[] | 'all'>;
  statsRefreshing: boolean;
  pendingDeletion: boolean;
  defaultBranch: string;
  createdAt: number;
  /** Builds and bridges, ids ascending. */
  jobs: JobRecord[];
  /** Ids ascending. */
  pipelines: PipelineRecord[];
}

/** A commit as far as jobs show it. */
export interface CommitRecord {
  sha: string;
  title: string;
  message: string;
  authorName: string;
  authorEmail: string;
  authoredAt: number;
  parents: readonly string[];
}

/** A pipeline; its status follows from its jobs. */
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
  /** A status stated by a test; null = derived from the jobs. Any change of a job clears it. */
  fixedStatus: string | null;
  yamlErrors: string | null;
  /** Stage names in order. */
  stages: string[];
  /** Builds and bridges, ids ascending. */
  jobs: JobRecord[];
  raw: Readonly<Record<string, unknown>>;
}

/** A file of a job, in GitLab’s own keys (upstream.md §3.5). */
export interface ArtifactRecord {
  file_type: string;
  size: number;
  filename: string | null;
  file_format: string | null;
}

/** A runner that took a job (§3.4). */
export interface RunnerRecord {
  id: number;
  description: string | null;
  runnerType: string;
  status: string;
  active: boolean;
  name: string | null;
  ipAddress: string;
}

/** The machine of a runner (§3.4). */
export interface RunnerManagerRecord {
  id: number;
  systemId: string;
  version: string;
  revision: string;
  platform: string;
  architecture: string;
}

/** Where a job deploys to. */
export interface EnvironmentRecord {
  name: string;
  slug: string;
  tier: string;
}

/** The pieces of a log, in the order a job prints them; spread over the time it runs. */
export type LogScript = (startedAt: number, runMs: number) => readonly string[];

/** How a job behaves when the clock moves. */
export interface PlanRecord {
  /** Nothing moves this job but requests and tests. */
  frozen: boolean;
  queueMs: number;
  runMs: number;
  /** How long a `when: delayed` job stays scheduled. */
  delayMs: number;
  /** How long after_script takes when canceled. */
  cancelMs: number;
  outcome: 'success' | 'failed';
  failureReason: string;
  script: LogScript | null;
  /** Coverage and artifacts that appear when it finishes. */
  coverage: number | null;
  artifacts: readonly ArtifactRecord[];
}

/** A build or a trigger job: GitLab keeps both in one table, with ids from one sequence. */
export interface JobRecord {
  id: number;
  kind: 'build' | 'bridge';
  project: ProjectRecord;
  pipeline: PipelineRecord;
  name: string;
  stage: string;
  status: string;
  ref: string;
  tag: boolean;
  coverage: number | null;
  allowFailure: boolean;
  when: 'on_success' | 'on_failure' | 'always' | 'manual' | 'delayed';
  createdAt: number;
  queuedAt: number | null;
  startedAt: number | null;
  finishedAt: number | null;
  erasedAt: number | null;
  cancelingAt: number | null;
  scheduledAt: number | null;
  user: UserRecord | null;
  commit: CommitRecord | null;
  failureReason: string | null;
  /** A newer try of the same job exists. */
  retried: boolean;
  archived: boolean;
  /** Ran with CI_DEBUG_TRACE: only Developers and above read its log. */
  debug: boolean;
  /** A write answers `409 Conflict: Resource lock`. */
  locked: boolean;
  gracefulCancel: boolean;
  artifacts: ArtifactRecord[];
  artifactsExpireAt: number | null;
  runner: RunnerRecord | null;
  runnerManager: RunnerManagerRecord | null;
  tagList: readonly string[];
  environment: EnvironmentRecord | null;
  /** Declared job inputs; `options` restricts the values. */
  inputs: Readonly<Record<string, { options?: readonly string[] }>>;
  /** Variables a play came with; GitLab exposes them nowhere. */
  variables: readonly { key: string; value: string }[];
  /** What a bridge started, or starts when it runs. */
  downstream: PipelineRecord | null;
  trigger: (() => PipelineRecord) | null;
  log: Buffer[];
  logBytes: number;
  plan: PlanRecord;
  /** What is still to be printed, and how much of it has been. */
  script: { pieces: readonly string[]; shown: number } | null;
  /** Keys that replace the serialized ones; undefined takes the key away. */
  raw: Readonly<Record<string, unknown>>;
}

/** An agent for Kubernetes (§3.8). */
export interface AgentRecord {
  id: number;
  name: string;
  project: ProjectRecord;
  createdAt: number;
  /** ci_access entries; the agent's own project is allowed without one. */
  access: readonly AgentAccess[];
}

/** Whom an agent lets in: its ci_access entry. */
export interface AgentAccess {
  /** Full path of a project, or of a group above it. */
  path: string;
  environments?: readonly string[] | undefined;
  protectedBranchesOnly?: boolean | undefined;
  configuration?: Readonly<Record<string, unknown>> | undefined;
}

/** What {@link WorldState} listeners are told: enough to build a webhook from. */
export type WorldChange =
  | { type: 'job'; job: JobRecord; from: string; to: string }
  | { type: 'log'; job: JobRecord; bytes: number };

/** All records of a world, indexed. */
export interface WorldState {
  now: number;
  users: Map<string, UserRecord>;
  tokens: Map<string, TokenRecord>;
  groups: Map<string, GroupRecord>;
  projects: Map<number, ProjectRecord>;
  /** By lower-case full path. */
  projectPaths: Map<string, ProjectRecord>;
  /** Old paths of moved projects, lower-case. */
  movedPaths: Map<string, ProjectRecord>;
  pipelines: Map<number, PipelineRecord>;
  jobs: Map<number, JobRecord>;
  agents: AgentRecord[];
  /** Pipelines the clock has to look at. */
  live: Set<PipelineRecord>;
  lastId: Record<'user' | 'group' | 'project' | 'pipeline' | 'job' | 'agent', number>;
  listeners: Set<(change: WorldChange) => void>;
  tickers: Set<(now: number) => void>;
}
