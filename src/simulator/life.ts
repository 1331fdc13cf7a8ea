import { defaultRunner, defaultRunnerManager } from './job-columns.ts';
import type { JobRecord, PipelineRecord, WorldState } from './records.ts';
import { isComplete, pipelineStatus } from './statuses.ts';
import { appendLog, finishJob, setStatus } from './transitions.ts';

/* The clock moves in slices no longer than this, so that one long advance passes every stage. */
const sliceMs = 1_000;

/** Moves the clock and, with it, every job that is under way. */
export function advance(state: WorldState, ms: number): void {
  for (let left = ms; left > 0; left -= sliceMs) {
    state.now += Math.min(left, sliceMs);
    for (const pipeline of [...state.live]) movePipeline(state, pipeline);
    for (const tick of [...state.tickers]) tick(state.now);
  }
}

function movePipeline(state: WorldState, pipeline: PipelineRecord): void {
  const current = pipeline.jobs.filter((job) => !job.retried && !job.plan.frozen);
  for (const job of current) moves[job.status]?.(state, job);
  if (!current.some((job) => job.status in moves)) state.live.delete(pipeline);
}

/** What the clock does to a job in each status; in the others it waits for somebody. */
const moves: Readonly<Record<string, (state: WorldState, job: JobRecord) => void>> = {
  created: leaveCreated,
  waiting_for_resource: enqueue,
  preparing: enqueue,
  waiting_for_callback: enqueue,
  scheduled: (state, job) => {
    if (since(state, job.scheduledAt) >= job.plan.delayMs) enqueue(state, job);
  },
  pending: (state, job) => {
    if (since(state, job.queuedAt) >= job.plan.queueMs) start(state, job);
  },
  running: (state, job) => (job.kind === 'bridge' ? followDownstream : run)(state, job),
  canceling: (state, job) => {
    if (since(state, job.cancelingAt) < job.plan.cancelMs) return;
    appendLog(state, job, '\u001b[31;1mERROR: Job failed: canceled\n\u001b[0;m');
    setStatus(state, job, 'canceled');
  },
};

function since(state: WorldState, time: number | null): number {
  return state.now - (time ?? 0);
}

/** Puts a job in the queue. */
export function enqueue(state: WorldState, job: JobRecord): void {
  setStatus(state, job, 'pending');
}

/** What stands before a job's stage: done well, done badly, or not done. */
function upstreamOf(job: JobRecord): 'done' | 'failed' | 'open' {
  const { stages, jobs } = job.pipeline;
  const before = new Set(stages.slice(0, Math.max(0, stages.indexOf(job.stage))));
  const earlier = jobs.filter((each) => !each.retried && before.has(each.stage));
  if (earlier.some((each) => !isComplete(each.status) && !isSkippable(each))) return 'open';
  const bad = (each: JobRecord) => each.status === 'failed' || each.status === 'canceled';
  return earlier.some((each) => bad(each) && !each.allowFailure) ? 'failed' : 'done';
}

/** An optional manual job holds nothing up. */
function isSkippable(job: JobRecord): boolean {
  return job.status === 'manual' && job.allowFailure;
}

/** The status a job takes once its turn has come. */
const firstStatus: Readonly<Record<JobRecord['when'], string>> = {
  on_success: 'pending',
  on_failure: 'pending',
  always: 'pending',
  manual: 'manual',
  delayed: 'scheduled',
};

function leaveCreated(state: WorldState, job: JobRecord): void {
  const upstream = upstreamOf(job);
  if (upstream === 'open') return;
  const wanted = job.when === 'on_failure' ? 'failed' : 'done';
  const goes = job.when === 'always' || upstream === wanted;
  setStatus(state, job, goes ? firstStatus[job.when] : 'skipped');
}

function start(state: WorldState, job: JobRecord): void {
  if (job.kind === 'build') {
    job.runner ??= defaultRunner;
    job.runnerManager ??= defaultRunnerManager;
  }
  setStatus(state, job, 'running');
  if (job.kind === 'bridge') job.downstream ??= job.trigger?.() ?? null;
}

function run(state: WorldState, job: JobRecord): void {
  const elapsed = since(state, job.startedAt);
  const share = job.plan.runMs <= 0 ? 1 : Math.min(1, elapsed / job.plan.runMs);
  print(state, job, share);
  if (share < 1) return;
  job.coverage ??= job.plan.coverage;
  if (job.artifacts.length === 0) job.artifacts = [...job.plan.artifacts];
  finishJob(state, job, { status: job.plan.outcome, failureReason: job.plan.failureReason });
}

/** Prints as much of the script as the time that has passed allows. */
function print(state: WorldState, job: JobRecord, share: number): void {
  if (job.script === null && job.plan.script !== null) {
    const pieces = job.plan.script(job.startedAt ?? state.now, job.plan.runMs);
    job.script = { pieces, shown: 0 };
  }
  if (job.script === null) return;
  const upTo = Math.floor(job.script.pieces.length * share);
  appendLog(state, job, job.script.pieces.slice(job.script.shown, upTo).join(''));
  job.script.shown = upTo;
}

/** A bridge ends as its downstream pipeline ends; with none, at once. */
function followDownstream(state: WorldState, job: JobRecord): void {
  const status = job.downstream === null ? 'success' : pipelineStatus(job.downstream);
  if (!isComplete(status)) return;
  const failureReason = 'downstream_pipeline_creation_failed';
  finishJob(state, job, {
    status: status === 'success' ? 'success' : 'failed',
    failureReason: job.downstream === null ? failureReason : 'unknown_failure',
  });
}
