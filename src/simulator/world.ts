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
  addJob,
  type BridgeOptions,
  deleteJob,
  deletePipeline,
  type JobOptions,
} from './build-jobs.ts';
import { addPipeline, type PipelineOptions } from './build-pipelines.ts';
import { advance } from './life-cycle.ts';
import type {
  JobRecord,
  PipelineRecord,
  ProjectRecord,
  WorldChange,
  WorldState,
} from './records.ts';
import { appendLog, finishJob, readLog, setStatus } from './statuses.ts';

type ProjectRef = ProjectRecord | string | number;
type PipelineRef = PipelineRecord | number;
type JobRef = JobRecord | number;

/** Start time of a world: fixed, so that test results do not depend on the date. */
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
    changed: new Set(),
    lastId: { user: 0, group: 0, project: 0, pipeline: 0, job: 0, agent: 0 },
    changeListeners: new Set(),
    tickListeners: new Set(),
  };
}

/** Removes the script that prints the log, so that the job prints nothing more while it runs. */
function withoutScript(job: JobRecord): JobRecord {
  job.plan = { ...job.plan, script: null };
  job.script = null;
  return job;
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export type World = ReturnType<typeof createWorld>;

/**
 * Creates an empty world: the data of the simulated GitLab. Tests and the demo add records. The
 * clock and the requests to the server change them. Tests may also modify a record that `add…`
 * returned.
 */
export function createWorld(options: { now?: number | Date | undefined } = {}) {
  const state = emptyState(Number(options.now ?? defaultStart));
  const requireJob = (ref: JobRef): JobRecord => {
    const job = typeof ref === 'number' ? state.jobs.get(ref) : ref;
    if (job === undefined) throw new Error(`the world has no job ${String(ref)}`);
    return job;
  };
  return {
    state,
    /** Milliseconds since 1970. Only `advance` moves the clock. */
    get now() {
      return state.now;
    },
    addUser: (options: UserOptions) => addUser(state, options),
    addToken: (options: TokenOptions) => addToken(state, options),
    /** Adds a group with members. `addProject` creates missing groups without members. */
    addGroup: (options: GroupOptions) => addGroup(state, options),
    addProject: (options: ProjectOptions) => addProject(state, options),
    addPipeline: (project: ProjectRef, options?: PipelineOptions) =>
      addPipeline(state, project, options),
    addJob: (pipeline: PipelineRef, options?: JobOptions) =>
      addJob(state, pipeline, { ...options, kind: 'build' }),
    addBridge: (pipeline: PipelineRef, options?: BridgeOptions) =>
      addJob(state, pipeline, { ...options, kind: 'bridge' }),
    addAgent: (options: AgentOptions) => addAgent(state, options),
    /**
     * Moves a project. What GitLab returns for its former path depends on the release (upstream.md
     * §1.3).
     */
    moveProject: (project: ProjectRef, path: string) =>
      moveProject(state, requireProject(state, project), path),
    deleteJob: (job: JobRef) => deleteJob(state, requireJob(job)),
    deletePipeline: (pipeline: PipelineRecord) => deletePipeline(state, pipeline),
    /** Replaces the log. Afterwards, the job prints nothing while it runs. */
    setLog(ref: JobRef, text: string | Buffer) {
      const job = withoutScript(requireJob(ref));
      job.log = [];
      job.logBytes = 0;
      appendLog(state, job, text);
    },
    /** Appends to the log. Afterwards, the job prints nothing while it runs. */
    appendLog: (job: JobRef, text: string | Buffer) =>
      appendLog(state, withoutScript(requireJob(job)), text),
    log: (job: JobRef) => readLog(requireJob(job)),
    /**
     * Sets any status, even one that GitLab would not allow next, and the times that depend on it.
     */
    setStatus: (job: JobRef, status: string) => setStatus(state, requireJob(job), status),
    finishJob: (job: JobRef, status: string, failureReason?: string) =>
      finishJob(state, requireJob(job), { status, failureReason }),
    project: (ref: string | number) =>
      typeof ref === 'number' ? state.projects.get(ref) : state.projectPaths.get(ref.toLowerCase()),
    pipeline: (id: number) => state.pipelines.get(id),
    job: (id: number) => state.jobs.get(id),
    user: (username: string) => state.users.get(username),
    /** Advances the clock: queued jobs start, logs grow, jobs end, and later stages start. */
    advance: (ms: number) => advance(state, ms),
    /**
     * Calls the listener when a job's status changes or its log grows. Returns an unsubscribe
     * function.
     */
    onChange: (listener: (change: WorldChange) => void) =>
      subscribe(state.changeListeners, listener),
    /**
     * Calls the listener at least once per second of simulated time. Returns an unsubscribe
     * function.
     */
    onTick: (listener: (now: number) => void) => subscribe(state.tickListeners, listener),
  };
}
