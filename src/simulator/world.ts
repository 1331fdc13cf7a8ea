import { addBridge, addJob, deleteJob, deletePipeline } from './build-jobs.ts';
import {
  type AgentOptions,
  addAgent,
  addGroup,
  addProject,
  addToken,
  addUser,
  type GroupOptions,
  moveProject,
  type ProjectOptions,
  projectNamed,
  type TokenOptions,
  type UserOptions,
} from './build-people.ts';
import { addPipeline, type PipelineOptions } from './build-pipelines.ts';
import type { BridgeOptions, JobOptions } from './job-columns.ts';
import { advance } from './life.ts';
import type {
  AgentRecord,
  GroupRecord,
  JobRecord,
  PipelineRecord,
  ProjectRecord,
  TokenRecord,
  UserRecord,
  WorldChange,
  WorldState,
} from './records.ts';
import { appendLog, finishJob, readLog, setStatus } from './transitions.ts';

/** A project by record, id or full path. */
export type ProjectRef = ProjectRecord | string | number;
/** A job by record or id. */
export type JobRef = JobRecord | number;

/**
 * The simulated GitLab's contents: made by the builder methods, moved by the clock, read and changed
 * by the server. Every `add…` takes as little as it can and answers the record, whose fields may be
 * changed in place.
 */
export interface World {
  /** The records themselves. */
  readonly state: WorldState;
  /** The world's clock, in milliseconds since 1970; it stands still but for {@link World.advance}. */
  readonly now: number;
  addUser(options: UserOptions): UserRecord;
  /** A personal, OAuth or job token; scope `api` unless stated. */
  addToken(options: TokenOptions): TokenRecord;
  /** A group with members of everything below it; groups without members need no call. */
  addGroup(options: GroupOptions): GroupRecord;
  /** A private project, unless stated, whose missing members and groups come into being. */
  addProject(options: ProjectOptions): ProjectRecord;
  /** A pipeline whose status follows from its jobs. */
  addPipeline(project: ProjectRef, options?: PipelineOptions): PipelineRecord;
  /**
   * A build: a successful one in the stage `test` unless stated. `raw` replaces keys of its JSON;
   * undefined there takes a key away.
   */
  addJob(pipeline: PipelineRecord | number, options?: JobOptions): JobRecord;
  /** A trigger job, with the pipeline it started in `downstream`. */
  addBridge(pipeline: PipelineRecord | number, options?: BridgeOptions): JobRecord;
  addAgent(options: AgentOptions): AgentRecord;
  /** Renames a project; the old path leads to it as the release's rules say (§1.3). */
  moveProject(project: ProjectRef, path: string): void;
  deleteJob(job: JobRef): void;
  /** Takes a pipeline away with its jobs and their tokens. */
  deletePipeline(pipeline: PipelineRecord): void;
  /** Replaces the log; the clock prints nothing more. */
  setLog(job: JobRef, text: string | Buffer): void;
  /** Appends to the log; the clock prints nothing more. */
  appendLog(job: JobRef, text: string | Buffer): void;
  log(job: JobRef): Buffer;
  /** Any status, with the times that go with it. */
  setStatus(job: JobRef, status: string): void;
  finishJob(job: JobRef, status: string, failureReason?: string): void;
  /** Undefined when there is none. */
  project(ref: string | number): ProjectRecord | undefined;
  pipeline(id: number): PipelineRecord | undefined;
  job(id: number): JobRecord | undefined;
  user(username: string): UserRecord | undefined;
  /** Moves the clock: queued jobs start, logs grow, jobs finish, next stages begin. */
  advance(ms: number): void;
  /** Calls back at every change of a job's status and log; answers how to stop. */
  onChange(listener: (change: WorldChange) => void): () => void;
  /** Calls back after every second or less of an advance; answers how to stop. */
  onTick(listener: (now: number) => void): () => void;
}

/** A fixed start, so that tests see the same times every day. */
const defaultStart = Date.UTC(2026, 10, 22, 9, 0, 0);

function emptyState(now: number): WorldState {
  return {
    now,
    users: new Map(),
    tokens: new Map(),
    groups: new Map(),
    projects: new Map(),
    projectPaths: new Map(),
    movedPaths: new Map(),
    pipelines: new Map(),
    jobs: new Map(),
    agents: [],
    live: new Set(),
    lastId: { user: 0, group: 0, project: 0, pipeline: 0, job: 0, agent: 0 },
    listeners: new Set(),
    tickers: new Set(),
  };
}

function jobNamed(state: WorldState, ref: JobRef): JobRecord {
  const job = typeof ref === 'number' ? state.jobs.get(ref) : ref;
  if (job === undefined) throw new Error(`the world has no job ${String(ref)}`);
  return job;
}

function silence(job: JobRecord): JobRecord {
  job.plan = { ...job.plan, script: null };
  job.script = null;
  return job;
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function lookups(state: WorldState): Pick<World, 'project' | 'pipeline' | 'job' | 'user' | 'log'> {
  return {
    project: (ref) =>
      typeof ref === 'number' ? state.projects.get(ref) : state.projectPaths.get(ref.toLowerCase()),
    pipeline: (id) => state.pipelines.get(id),
    job: (id) => state.jobs.get(id),
    user: (username) => state.users.get(username),
    log: (job) => readLog(jobNamed(state, job)),
  };
}

/** An empty world whose clock stands at `now` (milliseconds or a date). */
export function createWorld(options: { now?: number | Date | undefined } = {}): World {
  const state = emptyState(Number(options.now ?? defaultStart));
  const named = (ref: JobRef) => jobNamed(state, ref);
  return {
    ...lookups(state),
    state,
    get now() {
      return state.now;
    },
    addUser: (user) => addUser(state, user),
    addToken: (token) => addToken(state, token),
    addGroup: (group) => addGroup(state, group),
    addProject: (project) => addProject(state, project),
    addPipeline: (project, pipeline) => addPipeline(state, project, pipeline),
    addJob: (pipeline, job) => addJob(state, pipeline, job),
    addBridge: (pipeline, bridge) => addBridge(state, pipeline, bridge),
    addAgent: (agent) => addAgent(state, agent),
    moveProject: (project, path) => moveProject(state, projectNamed(state, project), path),
    deleteJob: (job) => deleteJob(state, named(job)),
    deletePipeline: (pipeline) => deletePipeline(state, pipeline),
    setLog: (ref, text) => {
      const job = silence(named(ref));
      job.log = [];
      job.logBytes = 0;
      appendLog(state, job, text);
    },
    appendLog: (ref, text) => appendLog(state, silence(named(ref)), text),
    setStatus: (job, status) => setStatus(state, named(job), status),
    finishJob: (job, status, failureReason) =>
      finishJob(state, named(job), { status, failureReason }),
    advance: (ms) => advance(state, ms),
    onChange: (listener) => listen(state.listeners, listener),
    onTick: (listener) => listen(state.tickers, listener),
  };
}
