import {
  flag as aFlag,
  number as aNumber,
  anything,
  size as aSize,
  text as aText,
  dateTime as aTime,
  id,
  int32,
  list,
  nullable,
  type Of,
  object,
  optional,
  orElse,
} from './shape.ts';

/*
 * Shapes of GitLab's REST responses. Treat every scalar as optional, since GitLab versions differ:
 * a key may be missing on an older server and null on a newer one. Only these members are required:
 * ids, the `file_type` of an artifact, and members that prove that GitLab sent the row, such as a
 * job's status. An invalid optional value becomes null, so that the rest of the row remains.
 */

const text = optional(aText);
const flag = optional(aFlag);
const number = optional(aNumber);
const count = optional(int32);
const size = optional(aSize);
const time = optional(aTime);
const texts = optional(list(aText));

/**
 * A user as embedded in a job or, with fewer members, in a pipeline. Members depend on GitLab's
 * version and the caller's permissions.
 */
export const restUser = object({
  id,
  username: text,
  name: text,
  state: text,
  avatar_url: text,
  web_url: text,
  public_email: text,
  bio: text,
  location: text,
  linkedin: text,
  twitter: text,
  discord: text,
  github: text,
  website_url: text,
  organization: text,
  job_title: text,
  pronouns: text,
  work_information: text,
  local_time: text,
  locked: flag,
  bot: flag,
  followers: count,
  following: count,
  created_at: time,
});
export type RestUser = Of<typeof restUser>;

export const restCommit = object({
  id: aText,
  short_id: text,
  title: text,
  message: text,
  author_name: text,
  author_email: text,
  authored_date: time,
  committer_name: text,
  committer_email: text,
  committed_date: time,
  created_at: time,
  parent_ids: texts,
  web_url: text,
});
export type RestCommit = Of<typeof restCommit>;

/** A runner as embedded in a job; `ip_address` is null since GitLab 17. */
export const restRunner = object({
  id,
  description: text,
  name: text,
  active: flag,
  paused: flag,
  is_shared: flag,
  online: flag,
  runner_type: text,
  status: text,
  job_execution_status: text,
  ip_address: text,
  created_at: time,
});
export type RestRunner = Of<typeof restRunner>;

/** The machine on which a runner executed a job (GitLab 17 and later). */
export const restRunnerManager = object({
  id,
  system_id: text,
  version: text,
  revision: text,
  platform: text,
  architecture: text,
  created_at: time,
  contacted_at: time,
  ip_address: text,
  status: text,
  job_execution_status: text,
});
export type RestRunnerManager = Of<typeof restRunnerManager>;

export const restArtifact = object({
  file_type: aText,
  size,
  filename: text,
  file_format: text,
});
export type RestArtifact = Of<typeof restArtifact>;

const restArtifactsFile = object({ filename: text, size });
export type RestArtifactsFile = Of<typeof restArtifactsFile>;

const embeddedPipeline = {
  id,
  iid: optional(id),
  project_id: optional(id),
  status: text,
  ref: text,
  sha: text,
  source: text,
  created_at: time,
  updated_at: time,
  web_url: text,
};
const pipelineDetails = {
  name: text,
  before_sha: text,
  tag: flag,
  yaml_errors: text,
  started_at: time,
  finished_at: time,
  committed_at: time,
  duration: number,
  queued_duration: number,
  coverage: number,
  user: optional(restUser),
};

/** A pipeline as embedded in a job or a bridge (upstream.md §3.3). */
export const restPipelineBasic = object(embeddedPipeline);
export const restPipeline = object({ ...embeddedPipeline, ...pipelineDetails });
/** A pipeline in the list of its project (upstream.md §10). */
export const restListedPipeline = object({ ...embeddedPipeline, name: text });
export type RestPipelineBasic = Of<typeof restPipelineBasic>;
export type RestPipeline = Of<typeof restPipeline>;

const restTestSuite = object({
  name: text,
  total_time: number,
  total_count: count,
  success_count: count,
  failed_count: count,
  skipped_count: count,
  error_count: count,
  build_ids: optional(list(id)),
  suite_error: text,
});
export type RestTestSuite = Of<typeof restTestSuite>;

/** The response of GET …/test_report_summary (upstream.md §13). */
export const restTestReportSummary = object({
  total: object({
    time: number,
    count,
    success: count,
    failed: count,
    skipped: count,
    error: count,
  }),
  test_suites: optional(list(restTestSuite)),
});
export type RestTestReportSummary = Of<typeof restTestReportSummary>;

const restProjectSettings = object({ ci_job_token_scope_enabled: flag });

const jobBasic = {
  id,
  name: text,
  stage: text,
  status: orElse(aText, ''),
  ref: text,
  tag: flag,
  coverage: number,
  allow_failure: flag,
  source: text,
  created_at: time,
  started_at: time,
  finished_at: time,
  erased_at: time,
  duration: number,
  queued_duration: number,
  failure_reason: text,
  archived: flag,
  web_url: text,
  commit: optional(restCommit),
  user: optional(restUser),
  pipeline: optional(restPipelineBasic),
  project: optional(restProjectSettings),
};

const jobMembers = {
  ...jobBasic,
  tag_list: texts,
  artifacts: optional(list(restArtifact)),
  artifacts_file: optional(restArtifactsFile),
  artifacts_expire_at: time,
  runner: optional(restRunner),
  runner_manager: optional(restRunnerManager),
};
const bridgeMembers = {
  ...jobBasic,
  downstream_pipeline: optional(restPipelineBasic),
};

/**
 * The members of a job whose objects are often equal in many rows of a list, in the order in which
 * GitLab sends them. job-json.ts usually parses and validates equal objects only once.
 */
export const sharedInJobs = {
  user: jobMembers.user,
  commit: jobMembers.commit,
  pipeline: jobMembers.pipeline,
  runner: jobMembers.runner,
  runner_manager: jobMembers.runner_manager,
};

/** A build job (upstream.md §3.1). */
export const restJob = object(jobMembers);
export type RestJob = Of<typeof restJob>;
/** A build job in a list. job-json.ts has already validated its shared objects. */
export const listedJob = object(jobMembers, sharedInJobs);

/** A trigger job (upstream.md §3.2). */
export const restBridge = object(bridgeMembers);
export type RestBridge = Of<typeof restBridge>;
/** A trigger job in a list. job-json.ts has already validated its shared objects. */
export const listedBridge = object(bridgeMembers, sharedInJobs);

/**
 * A project as GET /projects/:id returns it. GitLab also sends members that are not listed here. A
 * caller without permissions gets only some of the listed ones.
 */
export const restProject = object({
  id,
  path_with_namespace: orElse(aText, null),
  name: text,
  web_url: text,
  ci_job_token_scope_enabled: flag,
});
export type RestProject = Of<typeof restProject>;

const restConfigProject = object({
  id,
  description: text,
  name: text,
  name_with_namespace: text,
  path: text,
  path_with_namespace: text,
  created_at: time,
});
export type RestConfigProject = Of<typeof restConfigProject>;

const restAgent = object({
  id,
  config_project: optional(restConfigProject),
  configuration: optional(anything),
});
export type RestAgent = Of<typeof restAgent>;

const restEnvironment = object({ slug: text, tier: text });
export type RestEnvironment = Of<typeof restEnvironment>;

/** The response of GET /job/allowed_agents (upstream.md §3.8). */
export const restAllowedAgents = object({
  allowed_agents: nullable(list(restAgent)),
  job: optional(object({ id })),
  pipeline: optional(object({ id })),
  project: optional(object({ id, groups: optional(list(object({ id }))) })),
  user: optional(object({ id, username: text, roles_in_project: texts })),
  environment: optional(restEnvironment),
});
export type RestAllowedAgents = Of<typeof restAllowedAgents>;

/**
 * A commit with the project in which GitLab showed it, because forks contain commits with equal
 * hashes.
 */
export type Commit = RestCommit & { project_id: string };

/**
 * A row with the identity that GitLab omits. `project_id` is the numeric id of the project. If the
 * row does not contain this id, `project_id` is the id or path that was requested. `pipeline_id` is
 * set for trigger jobs, and for builds in the list of a pipeline.
 */
export type Identified<Row> = Row & {
  kind: 'BUILD' | 'BRIDGE';
  project_id: string;
  pipeline_id?: number | string | undefined;
  commit?: Commit | null;
  /** Whether the pipeline has a newer attempt of the job; undefined if that was not read. */
  retried?: boolean | undefined;
  /**
   * All attempts of the job in its pipeline, including the job itself, oldest first. Undefined if
   * they were not read.
   */
  attempts?: readonly AnyJob[] | undefined;
};
export type Job = Identified<RestJob>;
export type Bridge = Identified<RestBridge>;
export type AnyJob = Job | Bridge;

/**
 * A pipeline in the list of its project. `project_id` is the numeric id of the project. If the row
 * does not contain this id, `project_id` is the id or path that was requested. `name` is null if
 * the pipeline has no name, and before GitLab 15.8.
 */
export type ListedPipeline = Of<typeof restListedPipeline> & {
  project_id: string;
  name: string | null;
};
