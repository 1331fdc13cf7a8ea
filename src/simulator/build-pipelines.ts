import { createHash } from 'node:crypto';
import { projectNamed, takeId, userNamed } from './build-people.ts';
import { type Given, withDefaults } from './defaults.ts';
import { insertById } from './id-list.ts';
import type {
  CommitRecord,
  PipelineRecord,
  ProjectRecord,
  UserRecord,
  WorldState,
} from './records.ts';

/** A time: milliseconds since 1970, ISO text, or null for never. */
export type Time = number | string | null;

type PipelineColumns = Pick<
  PipelineRecord,
  'iid' | 'ref' | 'tag' | 'sha' | 'beforeSha' | 'source' | 'name' | 'yamlErrors' | 'raw'
>;

/** What a test says about a pipeline; a push to the default branch unless stated. */
export interface PipelineOptions extends Given<PipelineColumns> {
  id?: number | undefined;
  /** @default the project's first member */
  user?: UserRecord | string | null | undefined;
  /** The first line of the commit's message, or null: the commit is gone. */
  commit?: string | null | undefined;
  /** Fixes the status until a job changes. @default derived from the jobs */
  status?: string | undefined;
  /** Stages in order, where the order of the jobs does not tell. */
  stages?: readonly string[] | undefined;
  createdAt?: Time | undefined;
}

/** A time in milliseconds. */
export function toMs(time: Time): number | null {
  return typeof time === 'string' ? Date.parse(time) : time;
}

/** Forty hex digits, the same for the same words. */
export function shaOf(words: string): string {
  return createHash('sha1').update(words).digest('hex');
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
  user: PipelineOptions['user'],
): UserRecord | null {
  const wanted = user === undefined ? project.members.keys().next().value : user;
  return wanted === undefined || wanted === null ? null : userNamed(state, wanted);
}

/** Adds a pipeline. */
export function addPipeline(
  state: WorldState,
  where: ProjectRecord | string | number,
  options: PipelineOptions = {},
): PipelineRecord {
  const project = projectNamed(state, where);
  const id = takeId(state, 'pipeline', options.id);
  const createdAt = toMs(options.createdAt ?? null) ?? state.now;
  const columns = withDefaults(usualColumns(project, id), options);
  const pipeline: PipelineRecord = {
    ...columns,
    id,
    project,
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

/** The columns that a test's words settle by themselves. */
function usualColumns(project: ProjectRecord, id: number): PipelineColumns {
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
