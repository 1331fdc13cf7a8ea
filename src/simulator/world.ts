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
  requireProject,
  type TokenOptions,
  type UserOptions,
} from './build-accounts.ts';
import {
  addBridge,
  addJob,
  type BridgeOptions,
  deleteJob,
  deletePipeline,
  type JobOptions,
} from './build-jobs.ts';
import { addPipeline, type PipelineOptions } from './build-pipelines.ts';
import { advance } from './life-cycle.ts';
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
import { appendLog, finishJob, readLog, setStatus } from './statuses.ts';

/** A project by record, id or full path. */
export type ProjectRef = ProjectRecord | string | number;
/** A job by record or id. */
export type JobRef = JobRecord | number;

/**
 * The contents of the simulated GitLab: tests and the demo add records, the clock changes them, and
 * the server reads and changes them. `add…` methods return the record, which tests may modify.
 */
export interface World {
  readonly state: WorldState;
  /** The world's clock in milliseconds since 1970. Only {@link World.advance} moves it. */
  readonly now: number;
  addUser(options: UserOptions): UserRecord;
  addToken(options: TokenOptions): TokenRecord;
  /** Adds a group with members. Groups without members are created with their projects. */
  addGroup(options: GroupOptions): GroupRecord;
  addProject(options: ProjectOptions): ProjectRecord;
  addPipeline(project: ProjectRef, options?: PipelineOptions): PipelineRecord;
  addJob(pipeline: PipelineRecord | number, options?: JobOptions): JobRecord;
  addBridge(pipeline: PipelineRecord | number, options?: BridgeOptions): JobRecord;
  addAgent(options: AgentOptions): AgentRecord;
  /** Moves a project; what its former path returns depends on the release (upstream.md §1.3). */
  moveProject(project: ProjectRef, path: string): void;
  deleteJob(job: JobRef): void;
  /** Deletes a pipeline with its jobs and their tokens. */
  deletePipeline(pipeline: PipelineRecord): void;
  /** Replaces the log; the clock prints nothing more. */
  setLog(job: JobRef, text: string | Buffer): void;
  /** Appends to the log; the clock prints nothing more. */
  appendLog(job: JobRef, text: string | Buffer): void;
  log(job: JobRef): Buffer;
  /** Sets any status, and the times it implies. */
  setStatus(job: JobRef, status: string): void;
  finishJob(job: JobRef, status: string, failureReason?: string): void;
  project(ref: string | number): ProjectRecord | undefined;
  pipeline(id: number): PipelineRecord | undefined;
  job(id: number): JobRecord | undefined;
  user(username: string): UserRecord | undefined;
  /** Advances the clock: queued jobs start, logs grow, jobs finish, later stages start. */
  advance(ms: number): void;
  /** Calls the listener on status and log changes of jobs. Returns an unsubscribe function. */
  onChange(listener: (change: WorldChange) => void): () => void;
  /** Calls the listener at least once per second of an advance. Returns an unsubscribe function. */
  onTick(listener: (now: number) => void): () => void;
}

/** A fixed start, so that test results do not depend on the date. */
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
    active: new Set(),
    lastId: { user: 0, group: 0, project: 0, pipeline: 0, job: 0, agent: 0 },
    changeListeners: new Set(),
    tickListeners: new Set(),
  };
}

/** Removes the script, so that the clock prints nothing more. */
function withoutScript(job: JobRecord): JobRecord {
  job.plan = { ...job.plan, script: null };
  job.script = null;
  return job;
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Creates an empty world. */
export function createWorld(options: { now?: number | Date | undefined } = {}): World {
  const state = emptyState(Number(options.now ?? defaultStart));
  const requireJob = (ref: JobRef): JobRecord => {
    const job = typeof ref === 'number' ? state.jobs.get(ref) : ref;
    if (job === undefined) throw new Error(`the world has no job ${String(ref)}`);
    return job;
  };
  return {
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
    moveProject: (project, path) => moveProject(state, requireProject(state, project), path),
    deleteJob: (job) => deleteJob(state, requireJob(job)),
    deletePipeline: (pipeline) => deletePipeline(state, pipeline),
    setLog: (ref, text) => {
      const job = withoutScript(requireJob(ref));
      job.log = [];
      job.logBytes = 0;
      appendLog(state, job, text);
    },
    appendLog: (job, text) => appendLog(state, withoutScript(requireJob(job)), text),
    log: (job) => readLog(requireJob(job)),
    setStatus: (job, status) => setStatus(state, requireJob(job), status),
    finishJob: (job, status, failureReason) =>
      finishJob(state, requireJob(job), { status, failureReason }),
    project: (ref) =>
      typeof ref === 'number' ? state.projects.get(ref) : state.projectPaths.get(ref.toLowerCase()),
    pipeline: (id) => state.pipelines.get(id),
    job: (id) => state.jobs.get(id),
    user: (username) => state.users.get(username),
    advance: (ms) => advance(state, ms),
    onChange: (listener) => subscribe(state.changeListeners, listener),
    onTick: (listener) => subscribe(state.tickListeners, listener),
  };
}
