import type { JobRef } from '../gitlab/client.ts';
import type {
  Bridge as BridgeRow,
  Job as JobRow,
  RestAgent,
  RestAllowedAgents,
  RestArtifact,
  RestArtifactsFile,
  RestCommit,
  RestConfigProject,
  RestEnvironment,
  RestPipeline,
  RestPipelineBasic,
  RestRunner,
  RestRunnerManager,
  RestUser,
} from '../gitlab/rows.ts';
import type { KeptLog } from '../trace/kept-log.ts';
import { builder } from './builder.ts';

/*
 * The type map: what stands behind each object type. Fields live in the noun files; these refs stand
 * apart so that a job can have a pipeline and a pipeline jobs without the two files importing each
 * other.
 */

/** A project under the name it was reached by, with whatever is known of it without a call. */
export interface ProjectRow {
  /** Numeric id or full path: what upstream calls use. */
  ref: string;
  id?: string | undefined;
  path?: string | undefined;
  web_url?: string | undefined;
  ci_job_token_scope_enabled?: boolean | null | undefined;
}

/**
 * A pipeline as embedded in a job, as read by itself, or as named by arguments. `project` is set for
 * a named one: the project as the request names it.
 */
export type PipelineRow = (RestPipelineBasic | RestPipeline) & {
  project_id: string;
  project?: ProjectRow;
};

/** A job's log, once read. */
export interface TraceRow {
  ref: JobRef;
  log: KeptLog;
}

export const Node = builder.interfaceRef<object>('Node');
export const CiJob = builder.interfaceRef<JobRow | BridgeRow>('CiJob');
export const Job = builder.objectRef<JobRow>('Job');
export const Bridge = builder.objectRef<BridgeRow>('Bridge');
export const Pipeline = builder.objectRef<PipelineRow>('Pipeline');
export const Project = builder.objectRef<ProjectRow>('Project');
export const Runner = builder.objectRef<RestRunner>('Runner');
export const RunnerManager = builder.objectRef<RestRunnerManager>('RunnerManager');
export const Commit = builder.objectRef<RestCommit>('Commit');
export const User = builder.objectRef<RestUser>('User');
export const JobArtifact = builder.objectRef<RestArtifact>('JobArtifact');
export const JobArtifactsFile = builder.objectRef<RestArtifactsFile>('JobArtifactsFile');
export const JobTrace = builder.objectRef<TraceRow>('JobTrace');
export const AllowedAgents = builder.objectRef<RestAllowedAgents>('AllowedAgents');
export const Agent = builder.objectRef<RestAgent>('Agent');
export const AgentConfigProject = builder.objectRef<RestConfigProject>('AgentConfigProject');
export const AgentEnvironment = builder.objectRef<RestEnvironment>('AgentEnvironment');
