import { GraphQLError } from 'graphql';
import { isNumericId, isProjectName } from '../graphql/global-id.ts';
import { parseResourceUrl } from '../graphql/web-url.ts';
import { idSentence } from './arguments.ts';
import { nameText } from './text.ts';
import type { ToolCall } from './tool.ts';
import { notFound, ToolError } from './tool-error.ts';
import { callText } from './words.ts';

/** The arguments of a tool that identify a job or pipeline. */
interface AddressArguments {
  url?: string | undefined;
  project?: string | undefined;
  pipeline?: string | undefined;
  job?: string | undefined;
  ref?: string | undefined;
  job_name?: string | undefined;
}

/** The job or pipeline that the arguments of a tool identify. */
export type Address =
  | { readonly kind: 'job'; readonly project: string; readonly id: string }
  | { readonly kind: 'pipeline'; readonly project: string; readonly id: string }
  /** The newest pipeline of the branch or tag `ref`; of the project if `ref` is undefined. */
  | { readonly kind: 'newest'; readonly project: string; readonly ref: string | undefined };

const HOW =
  'Give `url`, the web address of a job or pipeline, or `project` with `pipeline`, `job` or `ref`.';

function parseUrl(url: string, webUrls: readonly string[]): Address {
  try {
    const { type, project, id } = parseResourceUrl(url, webUrls) as {
      type: string;
      project: string;
      id: string;
    };
    return { kind: type === 'Job' ? 'job' : 'pipeline', project, id };
  } catch (error) {
    if (error instanceof GraphQLError) throw new ToolError(error.message, { cause: error });
    throw error;
  }
}

function checkId(id: string, name: string): string {
  if (isNumericId(id)) return id;
  throw new ToolError(idSentence(name));
}

/**
 * Returns the job or pipeline that arguments identify, without checking that it exists. Throws
 * ToolError if the arguments identify none, are invalid, or contradict each other.
 */
export function parseAddress(args: AddressArguments, webUrls: readonly string[]): Address {
  const { url, project, pipeline, job, ref } = args;
  const others = [project, pipeline, job, ref].filter((value) => value !== undefined);
  if (url !== undefined) {
    if (others.length > 0) throw new ToolError(`Give either \`url\` or \`project\`. ${HOW}`);
    return parseUrl(url, webUrls);
  }
  if (project === undefined) throw new ToolError(HOW);
  if (!isProjectName(project)) {
    throw new ToolError('`project` must be a full path such as "group/app", or its number.');
  }
  if (others.length > 2) throw new ToolError('Give only one of `pipeline`, `job` and `ref`.');
  if (job !== undefined) return { kind: 'job', project, id: checkId(job, 'job') };
  if (pipeline !== undefined)
    return { kind: 'pipeline', project, id: checkId(pipeline, 'pipeline') };
  return { kind: 'newest', project, ref };
}

/**
 * The variable definitions of an operation that selects `targetFields`. `locate` returns the values
 * of these variables.
 */
export const LOCATION =
  '$project: ID!, $id: ID! = "", $ref: String, $isJob: Boolean!, $isNewest: Boolean!, $isPipeline: Boolean!';

/**
 * Returns the root fields of a GraphQL operation: one field for each kind of `Address`. The
 * variables from `locate` include the field of one kind and skip the others. `pipeline` and `job`
 * are the selections within a pipeline and within a job.
 */
export const targetFields = (pipeline: string, job: string): string => `
  job(project: $project, id: $id) @include(if: $isJob) { ${job} }
  pipeline(project: $project, id: $id) @include(if: $isPipeline) { ${pipeline} }
  newest: project(fullPath: $project) @include(if: $isNewest) {
    pipelines(first: 1, ref: $ref) { nodes { ${pipeline} } }
  }`;

/** Returns the values of the variables that `LOCATION` defines. */
export function locate(address: Address): Readonly<Record<string, unknown>> {
  const { kind, ...named } = address;
  return {
    ...named,
    isJob: kind === 'job',
    isPipeline: kind === 'pipeline',
    isNewest: kind === 'newest',
  };
}

/** The data that an operation with `targetFields` returns. */
export interface TargetData<Pipeline, Job> {
  job?: Job | null;
  pipeline?: Pipeline | null;
  newest?: { pipelines: { nodes: readonly Pipeline[] } | null } | null;
}

/** Returns the error for a log that GitLab does not send. */
export const unreadableLog = (): ToolError =>
  new ToolError('GitLab does not send the log of this job: call again later, or use why_failed.');

/** Returns the pipeline in the data of `targetFields`. Throws ToolError if there is none. */
export function findPipeline<Pipeline>(
  { pipeline, newest }: TargetData<Pipeline, unknown>,
  address: Address,
): Pipeline {
  if (address.kind !== 'newest') {
    if (pipeline) return pipeline;
    throw notFound('pipeline');
  }
  const { pipelines } = newest ?? {};
  if (!pipelines) throw notFound('project');
  const [found] = pipelines.nodes;
  if (found) return found;
  const [ofRef, given] = address.ref === undefined ? ['', 'project'] : [' for this ref', 'ref'];
  throw new ToolError(
    `${address.project} has no pipeline${ofRef} that your token may see: check \`${given}\`.`,
  );
}

/** Returns the job in the data of `targetFields`. Throws ToolError if there is none. */
export function findJob<Job>({ job }: TargetData<unknown, Job>): Job {
  if (job) return job;
  throw notFound('job');
}

const FIND_PIPELINE = /* GraphQL */ `
  query McpFindPipeline($project: ID!, $ref: String) {
    newest: project(fullPath: $project) { pipelines(first: 1, ref: $ref) { nodes { databaseId } } }
  }
`;

/** A job or pipeline whose id is known. */
export type NumberedAddress = Exclude<Address, { kind: 'newest' }>;

/**
 * Returns the job or pipeline that arguments identify. If the arguments contain no id, reads the id
 * of the newest pipeline, which takes a call to GitLab.
 */
export async function resolveAddress(
  args: AddressArguments,
  call: ToolCall,
): Promise<NumberedAddress> {
  const address = parseAddress(args, call.webUrls);
  if (address.kind !== 'newest') return address;
  const { project, ref } = address;
  const data = await call.execute<TargetData<{ databaseId: string }, unknown>>(FIND_PIPELINE, {
    ...{ project, ref },
  });
  return { kind: 'pipeline', project, id: findPipeline(data, address).databaseId };
}

/** Returns the arguments with which another call of a tool finds the same job or pipeline. */
export const toArguments = ({ kind, project, id }: NumberedAddress) => ({ project, [kind]: id });

export interface JobAddress {
  project: string;
  id: string;
}

const JOB_NAMES = `
  databaseId
  jobs(first: 100, after: $after) {
    nodes { databaseId name }
    pageInfo { hasNextPage endCursor }
  }`;
const FIND_JOB = /* GraphQL */ `
  query McpFindJob(${LOCATION}, $after: String) {
    ${targetFields(JOB_NAMES, 'databaseId')}
  }
`;

interface PipelineJobs {
  databaseId: string;
  jobs: {
    nodes: readonly { databaseId: string; name: string | null }[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  } | null;
}

const MAX_PAGES = 5;
/** Maximum number of job names that the error for an unknown name lists. */
const MAX_NAMES = 20;

/**
 * Returns the error for a job name that was not found in a pipeline. `names` are the names of the
 * jobs that were searched. `isComplete`: whether these are all jobs of the pipeline.
 */
function noSuchJob(names: readonly string[], isComplete: boolean): ToolError {
  const shown = names.slice(0, MAX_NAMES).map((text) => JSON.stringify(text));
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  const problem = isComplete
    ? 'The pipeline has no job of this name.'
    : `None of the newest ${names.length} jobs of the pipeline has this name.`;
  return new ToolError(`${problem} Names: ${shown.join(', ') || 'none'}${more}.`);
}

/**
 * Returns the job that arguments identify. If they identify a pipeline, searches its newest 500
 * jobs for the name `job_name`. Throws ToolError if none of these jobs has that name, or if
 * `job_name` is missing.
 */
export async function resolveJob(args: AddressArguments, call: ToolCall): Promise<JobAddress> {
  let address = parseAddress(args, call.webUrls);
  if (address.kind === 'job') return address;
  const { job_name: name } = args;
  if (name === undefined) {
    const hint = callText('pipeline_board', args as Record<string, unknown>);
    throw new ToolError(`Which job of the pipeline? Give \`job_name\`; ${hint} lists the names.`);
  }
  let after: string | null = null;
  const names: string[] = [];
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const data: TargetData<PipelineJobs, unknown> = await call.execute(FIND_JOB, {
      ...locate(address),
      after,
    });
    const { databaseId, jobs }: PipelineJobs = findPipeline(data, address);
    // Reads the next pages from this pipeline, even if a newer pipeline starts meanwhile.
    address = { kind: 'pipeline', project: address.project, id: databaseId };
    // The tools show names that `nameText` has cleaned and shortened. So a cleaned and shortened
    // name also finds the job.
    const found =
      jobs?.nodes.find((job) => job.name === name) ??
      jobs?.nodes.find((job) => nameText(job.name) === nameText(name));
    if (found) return { project: address.project, id: found.databaseId };
    names.push(...(jobs?.nodes ?? []).map((job) => nameText(job.name)));
    if (!jobs?.pageInfo.hasNextPage) throw noSuchJob(names, true);
    after = jobs.pageInfo.endCursor;
  }
  throw noSuchJob(names, false);
}
