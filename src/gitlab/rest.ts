import { z } from 'zod';

/*
 * The shapes of GitLab's answers, as they come: snake_case, closed (unknown keys are stripped), and
 * tolerant where real servers differ. A key may be missing on an older server and null on a newer
 * one, so both read as null; a leaf of a type nobody expects reads as null too, because one odd
 * field must not cost a caller the whole job. Only what identifies a row is demanded.
 */

const text = z.string().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);
const number = z.number().nullish().catch(null);
/** What fits GraphQL's Int. */
const count = z.int32().nullish().catch(null);
/** A quantity that some serializers send as text, such as a pipeline's coverage "30.00". */
const decimal = z
  .union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)])
  .nullish()
  .catch(null);
/** In bytes; passes 2^31, and 2^53 in theory. */
const size = z
  .union([z.number().refine(Number.isInteger), z.string().regex(/^\d+$/)])
  .nullish()
  .catch(null);
const texts = z.array(z.string()).nullish().catch(null);
/** 64 bits wide in GitLab; a number as far as JSON carries it exactly. */
const id = z.union([z.number(), z.string()]);

/** What every user GitLab embeds has; the rest comes and goes with the version and the caller's rights. */
export const restUser = z.object({
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
  created_at: text,
});
export type RestUser = z.infer<typeof restUser>;

/** A commit as embedded in a job. */
export const restCommit = z.object({
  id: z.string(),
  short_id: text,
  title: text,
  message: text,
  author_name: text,
  author_email: text,
  authored_date: text,
  committer_name: text,
  committer_email: text,
  committed_date: text,
  created_at: text,
  parent_ids: texts,
  web_url: text,
});
export type RestCommit = z.infer<typeof restCommit>;

/** A runner as embedded in a job; `ip_address` is null since GitLab 17. */
export const restRunner = z.object({
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
  created_at: text,
});
export type RestRunner = z.infer<typeof restRunner>;

/** The machine of a runner that ran a job (GitLab 17 and later). */
export const restRunnerManager = z.object({
  id,
  system_id: text,
  version: text,
  revision: text,
  platform: text,
  architecture: text,
  created_at: text,
  contacted_at: text,
  ip_address: text,
  status: text,
  job_execution_status: text,
});
export type RestRunnerManager = z.infer<typeof restRunnerManager>;

/** One uploaded file of a job; sizes pass 2^31. */
export const restArtifact = z.object({
  file_type: z.string(),
  size,
  filename: text,
  file_format: text,
});
export type RestArtifact = z.infer<typeof restArtifact>;

const restArtifactsFile = z.object({ filename: text, size });
export type RestArtifactsFile = z.infer<typeof restArtifactsFile>;

const embeddedPipeline = {
  id,
  iid: id.nullish().catch(null),
  project_id: id.nullish().catch(null),
  status: text,
  ref: text,
  sha: text,
  source: text,
  created_at: text,
  updated_at: text,
  web_url: text,
};
const pipelineDetails = {
  name: text,
  before_sha: text,
  tag: flag,
  yaml_errors: text,
  started_at: text,
  finished_at: text,
  committed_at: text,
  duration: number,
  queued_duration: number,
  coverage: decimal,
  user: restUser.nullish().catch(null),
};

/** A pipeline as embedded in a job or a bridge (upstream.md §3.3). */
export const restPipelineBasic = z.object(embeddedPipeline);
/** A pipeline as read by itself. */
export const restPipeline = z.object({ ...embeddedPipeline, ...pipelineDetails });
export type RestPipelineBasic = z.infer<typeof restPipelineBasic>;
export type RestPipeline = z.infer<typeof restPipeline>;

const restProjectSettings = z.object({ ci_job_token_scope_enabled: flag });

/** What a build and a trigger job share. */
const jobBasic = {
  id,
  name: text,
  stage: text,
  status: z.string(),
  ref: text,
  tag: flag,
  coverage: decimal,
  allow_failure: flag,
  source: text,
  created_at: text,
  started_at: text,
  finished_at: text,
  erased_at: text,
  duration: number,
  queued_duration: number,
  failure_reason: text,
  archived: flag,
  web_url: text,
  commit: restCommit.nullish().catch(null),
  user: restUser.nullish().catch(null),
  pipeline: restPipelineBasic.nullish().catch(null),
  project: restProjectSettings.nullish().catch(null),
};

/** A build job (upstream.md §3.1). */
export const restJob = z.object({
  ...jobBasic,
  tag_list: texts,
  artifacts: z.array(restArtifact).nullish().catch(null),
  artifacts_file: restArtifactsFile.nullish().catch(null),
  artifacts_expire_at: text,
  runner: restRunner.nullish().catch(null),
  runner_manager: restRunnerManager.nullish().catch(null),
});
export type RestJob = z.infer<typeof restJob>;

/** A trigger job (upstream.md §3.2). */
export const restBridge = z.object({
  ...jobBasic,
  downstream_pipeline: restPipelineBasic.nullish().catch(null),
});
export type RestBridge = z.infer<typeof restBridge>;

/** A project as read by itself; GitLab sends much more, and less to strangers. */
export const restProject = z.object({
  id,
  path_with_namespace: z.string(),
  name: text,
  web_url: text,
  ci_job_token_scope_enabled: flag,
});
export type RestProject = z.infer<typeof restProject>;

const restConfigProject = z.object({
  id,
  description: text,
  name: text,
  name_with_namespace: text,
  path: text,
  path_with_namespace: text,
  created_at: text,
});
export type RestConfigProject = z.infer<typeof restConfigProject>;

const restAgent = z.object({
  id,
  config_project: restConfigProject.nullish().catch(null),
  configuration: z.unknown(),
});
export type RestAgent = z.infer<typeof restAgent>;

const restEnvironment = z.object({ slug: text, tier: text });
export type RestEnvironment = z.infer<typeof restEnvironment>;

/** The answer of GET /job/allowed_agents (upstream.md §3.8). */
export const restAllowedAgents = z.object({
  allowed_agents: z.array(restAgent).nullish(),
  job: z.object({ id }).nullish().catch(null),
  pipeline: z.object({ id }).nullish().catch(null),
  project: z
    .object({ id, groups: z.array(z.object({ id })).nullish().catch(null) })
    .nullish()
    .catch(null),
  user: z.object({ id, username: text, roles_in_project: texts }).nullish().catch(null),
  environment: restEnvironment.nullish().catch(null),
});
export type RestAllowedAgents = z.infer<typeof restAllowedAgents>;

/**
 * A row with the identity that GitLab leaves out of it: which project it was read from, and whether
 * it is a build or a trigger job. `project_id` is the pipeline's numeric one; where a server leaves
 * that out, the project as the caller named it.
 */
export type Identified<Row> = Row & { kind: 'BUILD' | 'BRIDGE'; project_id: string };
export type Job = Identified<RestJob>;
export type Bridge = Identified<RestBridge>;
