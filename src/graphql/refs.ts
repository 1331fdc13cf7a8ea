import type { JobRef } from '../gitlab/client.ts';
import type {
  Bridge as BridgeRow,
  Commit as CommitRow,
  Job as JobRow,
  ListedPipeline,
  RestAgent,
  RestAllowedAgents,
  RestArtifact,
  RestArtifactsFile,
  RestConfigProject,
  RestEnvironment,
  RestPipeline,
  RestPipelineBasic,
  RestRunner,
  RestRunnerManager,
  RestUser,
} from '../gitlab/rows.ts';
import type { CiJobAction, StatusDetails } from '../pipeline/derived.ts';
import type { KeptLog } from '../trace/kept-log.ts';
import { builder } from './builder.ts';

/*
 * The row types and Pothos refs of types that refer to each other, such as jobs and pipelines. The
 * fields of these types are defined in other files. If the refs were defined there, too, the files
 * would import each other.
 */

/** A project, with the values of it that are known. */
export interface ProjectRow {
  /** The numeric id or full path to call GitLab with. */
  ref: string;
  id?: string | undefined;
  path?: string | undefined;
  web_url?: string | undefined;
  ci_job_token_scope_enabled?: boolean | null | undefined;
}

/** The values in the row of a job, trigger job or pipeline that describe the project. */
export interface RowOfProject {
  project_id: string;
  web_url?: string | null | undefined;
  user?: Pick<RestUser, 'username' | 'web_url'> | null | undefined;
  project?: { ci_job_token_scope_enabled?: boolean | null | undefined } | null | undefined;
}

/**
 * A pipeline. The row comes from a job, from a list of pipelines, or from the GET of the single
 * pipeline. It may also contain only the ids from the arguments.
 */
export type PipelineRow = (RestPipelineBasic | ListedPipeline | RestPipeline) & {
  project_id: string;
  /** The pipeline's project. If undefined, `projectRow` or the row itself describes the project. */
  requestedProject?: ProjectRow;
  /**
   * Set if the pipeline is part of a job's row: values that describe the pipeline's project. They
   * include the user of the job, because the pipeline's own row has no user. The user's URL begins
   * with GitLab's base URL, which is needed to find the path of the project.
   */
  projectRow?: RowOfProject;
};

/**
 * A user. `part` is set if the row has fewer fields than the user of a job. The global id includes
 * `part`, so that a client's cache does not mix complete and incomplete users.
 */
export type UserRow = RestUser & { part?: 'pipeline' | 'agents' };

/** An agent and the job that it is authorized for. */
export type AgentRow = RestAgent & { job: number | string | undefined };

/**
 * The texts that show a status, and the action of the button beside it. `action` of a pipeline is a
 * function, because it waits for the read of a board.
 */
export type DetailedStatusRow = Omit<StatusDetails, 'action'> & {
  action: CiJobAction | null | (() => Promise<CiJobAction | null>);
};

/** The log of a job, after it was read. */
export interface TraceRow {
  ref: JobRef;
  log: KeptLog;
}

export const Node = builder.interfaceRef<object>('Node');
export const CiJob = builder.interfaceRef<JobRow | BridgeRow>('CiJob');
export const Job = builder.objectRef<JobRow>('Job');
export const Bridge = builder.objectRef<BridgeRow>('Bridge');
export const DetailedStatus = builder.objectRef<DetailedStatusRow>('DetailedStatus');
export const Pipeline = builder.objectRef<PipelineRow>('Pipeline');
export const Project = builder.objectRef<ProjectRow>('Project');
export const Runner = builder.objectRef<RestRunner>('Runner');
export const RunnerManager = builder.objectRef<RestRunnerManager>('RunnerManager');
export const Commit = builder.objectRef<CommitRow>('Commit');
export const User = builder.objectRef<UserRow>('User');
export const JobArtifact = builder.objectRef<RestArtifact>('JobArtifact');
export const JobArtifactsFile = builder.objectRef<RestArtifactsFile & { job: JobRef }>(
  'JobArtifactsFile',
);
export const JobTrace = builder.objectRef<TraceRow>('JobTrace');
export const AllowedAgents = builder.objectRef<RestAllowedAgents>('AllowedAgents');
export const Agent = builder.objectRef<AgentRow>('Agent');
export const AgentConfigProject = builder.objectRef<RestConfigProject>('AgentConfigProject');
export const AgentEnvironment = builder.objectRef<RestEnvironment>('AgentEnvironment');
