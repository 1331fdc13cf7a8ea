import { type Time, toMs } from './build-pipelines.ts';
import { type Given, withDefaults } from './defaults.ts';
import type {
  ArtifactRecord,
  CommitRecord,
  JobRecord,
  PipelineRecord,
  PlanRecord,
  RunnerManagerRecord,
  RunnerRecord,
  UserRecord,
} from './records.ts';

type JobColumns = Pick<
  JobRecord,
  | 'coverage'
  | 'allowFailure'
  | 'when'
  | 'failureReason'
  | 'retried'
  | 'archived'
  | 'debug'
  | 'locked'
  | 'gracefulCancel'
  | 'tagList'
  | 'inputs'
  | 'runner'
  | 'runnerManager'
  | 'trigger'
  | 'raw'
>;

/** What a test says about a job; a successful build unless stated. */
export interface JobOptions extends Given<JobColumns> {
  id?: number | undefined;
  /** @default 'job-<id>' */
  name?: string | undefined;
  /** @default 'test' */
  stage?: string | undefined;
  /** @default 'success' */
  status?: string | undefined;
  ref?: string | undefined;
  tag?: boolean | undefined;
  user?: UserRecord | string | null | undefined;
  commit?: CommitRecord | null | undefined;
  createdAt?: Time | undefined;
  queuedAt?: Time | undefined;
  startedAt?: Time | undefined;
  finishedAt?: Time | undefined;
  erasedAt?: Time | undefined;
  scheduledAt?: Time | undefined;
  artifactsExpireAt?: Time | undefined;
  artifacts?: readonly Partial<ArtifactRecord>[] | undefined;
  /** The name of an environment; slug and tier follow from it. */
  environment?: string | undefined;
  /** Its log. With one given, the clock prints nothing more. */
  log?: string | Buffer | undefined;
  /** What the clock does with it. */
  plan?: Partial<PlanRecord> | undefined;
}

/** What a test says about a trigger job. */
export interface BridgeOptions extends JobOptions {
  /** The pipeline it has started already. */
  downstream?: PipelineRecord | null | undefined;
}

/** The runner that jobs get unless a test says otherwise. */
export const defaultRunner: RunnerRecord = {
  id: 12270831,
  description: 'shared-runner-1.example.com',
  runnerType: 'instance_type',
  status: 'online',
  active: true,
  name: 'gitlab-runner',
  ipAddress: '10.1.2.3',
};
/** The machine behind {@link defaultRunner}; new enough to cancel gracefully. */
export const defaultRunnerManager: RunnerManagerRecord = {
  id: 5418,
  systemId: 's_8f1d2c3b4a59',
  version: '18.6.0',
  revision: 'abcdef12',
  platform: 'linux',
  architecture: 'amd64',
};

/** Two seconds in the queue, half a minute of work, success. */
export const defaultPlan: PlanRecord = {
  frozen: false,
  queueMs: 2_000,
  runMs: 30_000,
  delayMs: 60_000,
  cancelMs: 3_000,
  outcome: 'success',
  failureReason: 'script_failure',
  script: (_, runMs) => {
    const lines = Math.max(1, Math.round(runMs / 3_000));
    return Array.from({ length: lines }, (_each, at) => `step ${at + 1} of ${lines}\n`);
  },
  coverage: null,
  artifacts: [],
};

/** When a job of a status must have been queued, started and finished, seen from now. */
function timesFor(status: string, now: number) {
  const done = status === 'success' || status === 'failed' || status === 'canceled';
  const started = done || status === 'running' || status === 'canceling';
  const startedAt = done ? now - 60_000 : now;
  return {
    queuedAt: started ? startedAt - 2_000 : status === 'pending' ? now : null,
    startedAt: started ? startedAt : null,
    finishedAt: done ? now : null,
    cancelingAt: status === 'canceling' ? now : null,
    scheduledAt: status === 'scheduled' ? now : null,
  };
}

function timeOr(time: Time | undefined, fallback: number | null): number | null {
  return time === undefined ? fallback : toMs(time);
}

/** The times of a job in a status, where a test does not state them. */
export function timeColumns(options: JobOptions, status: string, now: number) {
  const usual = timesFor(status, now);
  const startedAt = timeOr(options.startedAt, usual.startedAt);
  const queued = usual.queuedAt === null || startedAt === null ? usual.queuedAt : startedAt - 2_000;
  const queuedAt = timeOr(options.queuedAt, queued);
  return {
    createdAt: timeOr(options.createdAt, queuedAt ?? now) ?? now,
    queuedAt,
    startedAt,
    finishedAt: timeOr(options.finishedAt, usual.finishedAt),
    cancelingAt: usual.cancelingAt,
    scheduledAt: timeOr(options.scheduledAt, usual.scheduledAt),
    erasedAt: timeOr(options.erasedAt, null),
    artifactsExpireAt: timeOr(options.artifactsExpireAt, null),
  };
}

/** An artifact; an archive of a kilobyte unless stated. */
export function artifactOf(artifact: Partial<ArtifactRecord>): ArtifactRecord {
  return { file_type: 'archive', size: 1024, filename: null, file_format: null, ...artifact };
}

/** An environment by its name. */
export function environmentOf(name: string | undefined): JobRecord['environment'] {
  if (name === undefined) return null;
  const tiers = ['production', 'staging', 'testing'];
  const tier = tiers.find((each) => name.startsWith(each)) ?? 'development';
  return { name, slug: name.toLowerCase().replace(/[^a-z0-9]+/g, '-'), tier };
}

const whenOf: Readonly<Record<string, JobRecord['when']>> = {
  manual: 'manual',
  scheduled: 'delayed',
};

/** The columns that a test's words settle by themselves. */
export function plainColumns(options: JobOptions, status: string, ran: boolean): JobColumns {
  const usual: JobColumns = {
    coverage: null,
    allowFailure: false,
    when: whenOf[status] ?? 'on_success',
    failureReason: status === 'failed' ? 'script_failure' : null,
    retried: false,
    archived: false,
    debug: false,
    locked: false,
    gracefulCancel: true,
    tagList: [],
    inputs: {},
    runner: ran ? defaultRunner : null,
    runnerManager: ran ? defaultRunnerManager : null,
    trigger: null,
    raw: {},
  };
  return withDefaults(usual, options);
}
