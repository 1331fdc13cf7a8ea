/*
 * The data of the fake GitLab (double.js): a project with 10,000 jobs in 200 pipelines. Each job has a log of
 * a megabyte, except a few with logs of other lengths. The JSON of a job has all keys and the length (about
 * 3 kB) of a real one. Of 200 consecutive jobs, every fourth one belongs to
 * the same pipeline, as if four pipelines ran at the same time.
 */

const FIRST_JOB = 5_000_000_001;
const FIRST_PIPELINE = 900_000_001;
const JOBS_PER_PIPELINE = 50;
const PIPELINES = 200;
const JOBS = PIPELINES * JOBS_PER_PIPELINE;
/** Number of pipelines that run at the same time, so that their jobs' ids alternate. */
const CONCURRENT_PIPELINES = 4;
const BRIDGES = 5;

/** The numeric id of the project. */
export const project = 42;
const site = 'https://gitlab.example.com';
const at = (minutes) => new Date(Date.UTC(2026, 10, 23, 8) + minutes * 60_000).toISOString();
const hex = (number, length) => number.toString(16).padStart(length, 'c0ffee');

function userOf(index) {
  const username = `developer-${index}`;
  return {
    id: 100 + index,
    username,
    public_email: `${username}@example.com`,
    name: `Ada Developer ${index}`,
    state: 'active',
    locked: false,
    avatar_url: `${site}/uploads/-/system/user/avatar/${100 + index}/avatar.png`,
    web_url: `${site}/${username}`,
    created_at: at(-400_000),
    bio: 'Builds the shop, and the pipelines that build it. “Ship it.”',
    location: 'Zürich',
    linkedin: '',
    twitter: '',
    discord: '',
    github: '',
    website_url: 'https://example.com',
    organization: 'Acme',
    job_title: 'Engineer',
    pronouns: null,
    bot: false,
    work_information: 'Engineer at Acme',
    local_time: '9:30 AM',
    followers: 7,
    following: 3,
    is_followed: false,
  };
}

function commitOf(index) {
  const sha = hex(index, 40);
  const author = { author_name: `Ada Developer ${index % 7}`, author_email: 'ada@example.com' };
  return {
    id: sha,
    short_id: sha.slice(0, 8),
    created_at: at(-5),
    parent_ids: [hex(index + 1, 40)],
    title: `Let the basket keep what was put into it (${index})`,
    message: `Let the basket keep what was put into it (${index})\n\nIt was forgotten when the session ended.\n\nCloses #${index}\n`,
    ...author,
    authored_date: at(-6),
    committer_name: author.author_name,
    committer_email: author.author_email,
    committed_date: at(-5),
    trailers: {},
    extended_trailers: {},
    web_url: `${site}/acme/shop/-/commit/${sha}`,
  };
}

function pipelineOf(index) {
  const id = FIRST_PIPELINE + index;
  return {
    id,
    iid: 70 + index,
    project_id: project,
    sha: hex(index, 40),
    ref: 'main',
    status: 'running',
    source: 'push',
    created_at: at(index),
    updated_at: at(index + 3),
    web_url: `${site}/acme/shop/-/pipelines/${id}`,
  };
}

const runner = {
  id: 12,
  description: 'linux-large-12',
  ip_address: null,
  active: true,
  paused: false,
  is_shared: true,
  runner_type: 'instance_type',
  name: 'gitlab-runner',
  online: true,
  created_at: at(-90_000),
  status: 'online',
  job_execution_status: 'active',
};

const runnerManager = {
  id: 31,
  system_id: 's_9c0ffee00001',
  version: '18.7.0',
  revision: '5a3b0f11',
  platform: 'linux',
  architecture: 'amd64',
  created_at: at(-80_000),
  contacted_at: at(9),
  ip_address: '10.1.2.3',
  status: 'online',
  job_execution_status: 'active',
};

/** Returns the index of a job's pipeline. */
function pipelineIndexOf(index) {
  const older = Math.floor(index / (CONCURRENT_PIPELINES * JOBS_PER_PIPELINE));
  return older * CONCURRENT_PIPELINES + (index % CONCURRENT_PIPELINES);
}

function basicOf(index, id) {
  const failed = index % 9 === 4;
  return {
    id,
    status: failed ? 'failed' : 'success',
    stage: ['build', 'test', 'deploy'][index % 3],
    name: `unit tests ${index}/${JOBS}`,
    ref: 'main',
    tag: false,
    coverage: index % 2 ? 91.27 : null,
    allow_failure: false,
    created_at: at(index),
    started_at: at(index + 1),
    finished_at: at(index + 4),
    erased_at: null,
    duration: 180.25 + index,
    queued_duration: 3.5,
    user: userOf(index % 7),
    commit: commitOf(pipelineIndexOf(index)),
    pipeline: pipelineOf(pipelineIndexOf(index)),
    ...(failed && { failure_reason: 'script_failure' }),
    web_url: `${site}/acme/shop/-/jobs/${id}`,
    project: { ci_job_token_scope_enabled: false },
  };
}

function jobOf(index) {
  const archive = { filename: 'artifacts.zip', size: 48_213 };
  return {
    ...basicOf(index, FIRST_JOB + index),
    artifacts_file: archive,
    artifacts: [
      { file_type: 'archive', ...archive, file_format: 'zip' },
      { file_type: 'metadata', filename: 'metadata.gz', size: 903, file_format: 'gzip' },
      { file_type: 'trace', filename: 'job.log', size: 70_123, file_format: null },
    ],
    runner,
    runner_manager: runnerManager,
    artifacts_expire_at: at(40_000),
    archived: false,
    tag_list: ['docker', 'linux', 'large'],
  };
}

const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));

/** All jobs of the project, newest first. */
export const jobs = times(JOBS, jobOf).reverse();

/** Jobs by project id, for queries of up to 50 projects. The jobs are distributed over the projects in turn. */
export const jobsByWallProject = new Map(
  times(50, (index) => [String(1_000 + index), jobs.filter((_, at) => at % 50 === index)]),
);

/** A running job that is in no list. The fake GitLab (double.js) changes it at each read. */
export const running = {
  ...jobOf(0),
  id: FIRST_JOB + 500_000,
  status: 'running',
  finished_at: null,
};

/** The pipelines, newest first. */
export const pipelines = times(PIPELINES, pipelineOf).reverse();

const jobsByPipeline = new Map(pipelines.map(({ id }) => [id, []]));
for (const job of jobs) jobsByPipeline.get(job.pipeline.id).push(job);

/** A pipeline's jobs, newest first. */
export const jobsOf = (pipeline) => jobsByPipeline.get(pipeline.id) ?? [];

/** A pipeline's trigger jobs. */
export const bridgesOf = (pipeline) =>
  times(BRIDGES, (index) => ({
    ...basicOf(index, FIRST_JOB + 100_000 + (pipeline.id % 10_000) * BRIDGES + index),
    pipeline,
    downstream_pipeline: pipelineOf(5_000 + index),
  }));

/** Returns a job as GitLab returns it after a cancel. */
export const canceled = (job) => ({ ...job, status: 'canceled' });

const ESC = String.fromCharCode(27);

/** A log of a megabyte with sections, colors, and quotes, which JSON must escape. */
export const log = times(11_000, (line) =>
  line % 500 === 0
    ? `section_start:${1_764_000_000 + line}:step_${line}\r${ESC}[0K${ESC}[36;1mStep ${line}${ESC}[0;m`
    : `${ESC}[32m✓${ESC}[0m basket.test.ts > "keeps what was put in" (run ${line}) \t${line % 97} ms of 250 ms allowed`,
).join('\n');

/** Jobs by the length of their log in bytes. The log of all other jobs is `log`. */
export const jobsByLogLength = new Map(
  [1e3, 1e5, 1e6, 1e7, 1e8].map((bytes, index) => [bytes, jobs[index + 1]]),
);

/** Returns `log`, repeated and cut after the last complete line within `bytes` bytes. */
export function logOf(bytes) {
  const long = Buffer.alloc(bytes, `${log}\n`);
  return long.subarray(0, long.lastIndexOf('\n') + 1);
}
