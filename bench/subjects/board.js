/*
 * The board of a pipeline for Mercurius, written by hand: stages in order, groups, current jobs with their
 * attempts, and the timeline. It is computed from all rows of the pipeline's two lists.
 */
const jobFields = `databaseId: ID  name: String  stage: String  status: String  duration: Float
  webUrl: String  attempts: [CiJob]`;

export const boardTypes = `
interface CiJob { ${jobFields} }
extend type Job implements CiJob { attempts: [CiJob] }
extend type Bridge implements CiJob { attempts: [CiJob] }
type CiGroup { name: String!  size: Int!  status: String!  jobs: [CiJob!]! }
type CiStage { name: String!  status: String!  groups: [CiGroup!]! }
type CriticalStep { idle: Float!  queued: Float!  ran: Float!  job: CiJob! }
type PipelineTimeline {
  startedAt: String  elapsed: Float  running: Float  queued: Float  idle: Float
  criticalPath: [CriticalStep!]!
}
type PipelineBoard { jobCount: Int!  stages: [CiStage!]!  timeline: PipelineTimeline! }
extend type Pipeline { board: PipelineBoard }
`;

/**
 * In ms. By GitLab's times, a job may have been queued up to this long before the end of the job
 * that it waited for.
 */
const TOLERANCE_MS = 2_000;
/** Matches the parallel and matrix parts at the end of a job's name (" 1/3", ": [linux]"), as GitLab does. */
const PARTS = /([\s:]+((\[.*\])|(\d+[\s:/\\]+\d+))){1,3}\s*$/;
const collator = new Intl.Collator('en', { numeric: true });

function groupBy(rows, keyOf) {
  const groups = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (groups.has(key)) groups.get(key).push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

const byName = (a, b) => collator.compare(a.name, b.name);

/** Returns the combined status of several jobs. */
function statusOf(jobs) {
  const statuses = jobs.map(({ status, allow_failure }) =>
    status === 'failed' && allow_failure ? 'success' : status,
  );
  const isActive = (status) => ['running', 'pending', 'created', 'preparing'].includes(status);
  if (statuses.some(isActive)) return 'RUNNING';
  if (statuses.every((status) => ['success', 'skipped'].includes(status))) return 'SUCCESS';
  if (statuses.includes('manual')) return 'MANUAL';
  return statuses.includes('failed') ? 'FAILED' : 'CANCELED';
}

function buildStage([name, rows]) {
  const current = rows.filter((row) => row.attempts.at(-1) === row);
  const groups = [...groupBy(current, (job) => job.name.replace(PARTS, '').trim() || job.name)]
    .map(([group, jobs]) => ({
      name: group,
      size: jobs.length,
      status: statusOf(jobs),
      jobs: jobs.sort(byName),
    }))
    .sort(byName);
  return { name, status: statusOf(current), groups };
}

function runOf(job) {
  const start = Date.parse(job.started_at);
  const end = job.finished_at ? Date.parse(job.finished_at) : Date.now();
  return { job, start, end, ready: start - (job.queued_duration ?? 0) * 1_000 };
}

/** Returns the run that ended later; if both ended at the same time, the run of the job with the greater id. */
const later = (a, b) => (a.end > b.end || (a.end === b.end && a.job.id > b.job.id) ? a : b);

function buildTimeline(rows, createdAt) {
  let runs = rows.filter(({ started_at }) => started_at).map(runOf);
  const path = [];
  while (runs.length > 0) {
    const run = runs.reduce(later);
    path.unshift(run);
    runs = runs.filter(
      (one) => one !== run && one.start <= run.start && one.end <= run.ready + TOLERANCE_MS,
    );
  }
  const criticalPath = path.map(({ job, ready }, index) => ({
    job,
    idle: Math.max(0, ready - (path[index - 1]?.end ?? Date.parse(createdAt))) / 1_000,
    queued: job.queued_duration ?? 0,
    ran: job.duration,
  }));
  const total = (name) => criticalPath.reduce((sum, step) => sum + step[name], 0);
  const [running, queued, idle] = [total('ran'), total('queued'), total('idle')];
  const elapsed = running + queued + idle;
  return { startedAt: createdAt, elapsed, running, queued, idle, criticalPath };
}

/** Builds a board from all jobs and trigger jobs. Adds to each row its GraphQL type, and all attempts of its job. */
export function buildBoard(jobs, bridges) {
  const rows = [
    ...jobs.map((row) => ({ ...row, type: 'Job' })),
    ...bridges.map((row) => ({ ...row, type: 'Bridge' })),
  ].sort((a, b) => a.id - b.id);
  for (const attempts of groupBy(rows, ({ type, name }) => `${type} ${name}`).values()) {
    for (const row of attempts) row.attempts = attempts;
  }
  const stages = [...groupBy(rows, ({ stage }) => stage)].map(buildStage);
  const groups = stages.flatMap((stage) => stage.groups);
  return {
    jobCount: groups.reduce((sum, { size }) => sum + size, 0),
    stages,
    timeline: buildTimeline(rows, rows[0]?.pipeline.created_at),
  };
}

export const boardResolvers = {
  CiJob: { resolveType: ({ type }) => type },
  board: async ({ project_id, id }, _, { gitlab }) =>
    buildBoard(
      ...(await Promise.all([
        gitlab.allPipelineJobs(project_id, id),
        gitlab.allPipelineBridges(project_id, id),
      ])),
    ),
};
