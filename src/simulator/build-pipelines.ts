import { createHash } from 'node:crypto';
import {
  findOrAddUser,
  type Given,
  requireProject,
  takeId,
  withDefaults,
} from './build-accounts.ts';
import {
  type CommitRecord,
  insertById,
  type PipelineRecord,
  type ProjectRecord,
  type UserRecord,
  type WorldState,
} from './records.ts';

/** A time in ms since 1970 or as ISO 8601 text; null for never. */
export type Time = number | string | null;

type PipelineColumns = Pick<
  PipelineRecord,
  'iid' | 'ref' | 'tag' | 'sha' | 'beforeSha' | 'source' | 'name' | 'yamlErrors' | 'raw'
>;

/** A pipeline to add. The defaults are those of a push to the default branch. */
export interface PipelineOptions extends Given<PipelineColumns> {
  id?: number | undefined;
  /** @default the project's first member */
  user?: UserRecord | string | null | undefined;
  /** First line of the commit message; null if the commit no longer exists. */
  commit?: string | null | undefined;
  /**
   * The pipeline's status until the status of one of its jobs changes. @default derived from the
   * jobs
   */
  status?: string | undefined;
  /**
   * Names of the stages in order. @default the stages of the jobs, in the order in which jobs are
   * added
   */
  stages?: readonly string[] | undefined;
  createdAt?: Time | undefined;
}

export function toMs(time: Time): number | null {
  return typeof time === 'string' ? Date.parse(time) : time;
}

const shaOf = (text: string): string => createHash('sha1').update(text).digest('hex');

function defaultColumns(project: ProjectRecord, id: number): PipelineColumns {
  return {
    iid: (project.pipelines.at(-1)?.iid ?? 0) + 1,
    ref: project.defaultBranch,
    tag: false,
    sha: shaOf(`pipeline ${id}`),
    beforeSha: shaOf(`before ${id}`),
    source: 'push',
    name: null,
    yamlErrors: null,
    raw: {},
  };
}

function commitOf(pipeline: PipelineRecord, title: string, now: number): CommitRecord {
  const author = pipeline.user;
  return {
    sha: pipeline.sha,
    title,
    message: `${title}\n`,
    authorName: author?.name ?? 'GitLab',
    authorEmail: `${author?.username ?? 'noreply'}@example.com`,
    authoredAt: now,
    parents: [pipeline.beforeSha],
  };
}

function userOf(
  state: WorldState,
  project: ProjectRecord,
  option: PipelineOptions['user'],
): UserRecord | null {
  const user = option === undefined ? project.members.keys().next().value : option;
  return user === undefined || user === null ? null : findOrAddUser(state, user);
}

export function addPipeline(
  state: WorldState,
  projectRef: ProjectRecord | string | number,
  options: PipelineOptions = {},
): PipelineRecord {
  const project = requireProject(state, projectRef);
  const id = takeId(state, 'pipeline', options.id);
  const createdAt = toMs(options.createdAt ?? null) ?? state.now;
  // This literal begins with keys, not with a spread (see createRecord in build-jobs.ts).
  const pipeline: PipelineRecord = {
    id,
    project,
    ...withDefaults(defaultColumns(project, id), options),
    user: userOf(state, project, options.user),
    commit: null,
    createdAt,
    updatedAt: createdAt,
    startedAt: null,
    finishedAt: null,
    fixedStatus: options.status ?? null,
    stages: [...(options.stages ?? [])],
    jobs: [],
  };
  const title = options.commit === undefined ? `Change ${id}` : options.commit;
  pipeline.commit = title === null ? null : commitOf(pipeline, title, createdAt);
  insertById(project.pipelines, pipeline);
  state.pipelines.set(id, pipeline);
  return pipeline;
}
