import type { Gitlab } from '../gitlab/client.ts';
import { type GitlabError, isFailureOfOneRead, isRefusal } from '../gitlab/errors.ts';
import { projectJobList } from '../gitlab/lists/job-list.ts';
import { readJobs } from '../gitlab/lists/jobs-by-id.ts';
import { compareIds } from '../gitlab/lists/page-request.ts';
import type { Job } from '../gitlab/rows.ts';
import { isWholeNumber } from '../util/formats.ts';
import { retryAfterMs } from './failures.ts';
import { isActiveOrCanceling, isSameJob } from './job.ts';
import type { Resource } from './poll.ts';
import type { View } from './subscriber.ts';

/** Number of jobs on the page of a project's newest jobs, which each read requests. */
export const NEWEST_JOBS = 50;
/**
 * Maximum number of jobs to keep after newer jobs have pushed them off the page of NEWEST_JOBS
 * jobs. Active jobs are kept first.
 */
const MAX_OLDER_JOBS = 50;

/** The newest jobs of a project, and older ones that newer jobs have pushed off the page. */
interface NewestJobs {
  /**
   * By id. A job that has not changed remains the same object. Empty before the first successful
   * read, and after GitLab has refused a read to the caller.
   */
  readonly jobs: ReadonlyMap<string, Job>;
  /** Whether a read has succeeded. False again after GitLab has refused a read to the caller. */
  readonly wasRead: boolean;
  /**
   * The `project_id` of the first job: the project's numeric id or, if GitLab's row does not
   * contain that, the project as requested. Undefined if there are no jobs.
   */
  readonly number?: string | undefined;
  /** The error of the last read, if that failed. */
  readonly error?: GitlabError;
}

type JobsById = NewestJobs['jobs'];

/** The states of several projects, in the order of the request. */
type States = readonly NewestJobs[];

const unread: NewestJobs = { jobs: new Map(), wasRead: false };

/** Returns the known row if the job has not changed since, otherwise the new row. */
const keepUnchanged = (known: Job | undefined, row: Job): Job =>
  known && isSameJob(known, row) ? known : row;

async function readPage(gitlab: Gitlab, project: string): Promise<Job[]> {
  const { rows } = await projectJobList(gitlab, project, {}).read({
    direction: 'older',
    count: NEWEST_JOBS,
    needsHasNext: false,
    needsHasPrevious: false,
  });
  return rows;
}

/**
 * Returns the known jobs that are older than all jobs of `page`, the newest jobs of the project. At
 * most MAX_OLDER_JOBS are returned, active jobs first. Active jobs are read again by id. Those that
 * no longer exist are left out; those whose read fails keep their known row.
 */
async function readOlder(
  gitlab: Gitlab,
  project: string,
  { page, before }: { page: readonly Job[]; before: JobsById },
): Promise<Job[]> {
  const last = page.at(-1);
  // A page that is not full contains all jobs of the project, so there are no older ones.
  if (!last || page.length < NEWEST_JOBS) return [];
  const older = [...before.values()]
    .filter((job) => compareIds(job.id, last.id) < 0)
    .sort(
      (a, b) =>
        Number(isActiveOrCanceling(b)) - Number(isActiveOrCanceling(a)) || compareIds(b.id, a.id),
    )
    .slice(0, MAX_OLDER_JOBS);
  const followed = older.filter(isActiveOrCanceling).map(({ id }) => String(id));
  const outcomes = await readJobs(gitlab, project, followed);
  return older.flatMap((job) => {
    const outcome = outcomes.get(String(job.id));
    if (outcome === null) return [];
    return outcome === undefined || outcome instanceof Error ? job : outcome;
  });
}

async function readNewest(gitlab: Gitlab, project: string, before: JobsById): Promise<JobsById> {
  const page = await readPage(gitlab, project);
  const older = await readOlder(gitlab, project, { page, before });
  const jobs = [...page, ...older].map((row) => {
    const id = String(row.id);
    return [id, keepUnchanged(before.get(id), row)] as const;
  });
  const isUnchanged =
    jobs.length === before.size && jobs.every(([id, job]) => before.get(id) === job);
  return isUnchanged ? before : new Map(jobs);
}

const MIN_BACKOFF_MS = 5_000;
const MAX_BACKOFF_MS = 60_000;

/** Returns the minimum pause after a number of consecutive failures, in ms. */
function backoffMs(error: GitlabError, failures: number): number {
  const backoff = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** (failures - 1));
  return Math.max(backoff, retryAfterMs(error) ?? 0);
}

/** Returns the state after a successful read; `before` itself if nothing has changed. */
function toRead(before: NewestJobs, jobs: JobsById): NewestJobs {
  const isUnchanged = before.wasRead && !before.error && jobs === before.jobs;
  const [first] = jobs.values();
  return isUnchanged ? before : { jobs, wasRead: true, number: first?.project_id };
}

/**
 * Returns the state after a failed read; `before` itself if the previous read failed with the same
 * message and the same wait. Keeps the known jobs, unless GitLab now refuses them to the caller.
 */
function toFailed(before: NewestJobs, error: GitlabError): NewestJobs {
  const isUnchanged =
    error.message === before.error?.message && retryAfterMs(error) === retryAfterMs(before.error);
  if (isUnchanged) return before;
  return { ...(isRefusal(error) ? unread : before), error };
}

const topicOf = (number: string) => `project/${number}`;

/**
 * Returns the polled resource of the newest jobs of a project. Each read makes one call, and a few
 * more if active jobs have left the page. An error that concerns only this project becomes part of
 * the state, so that a subscriber still receives the jobs of its other projects. `read` rejects
 * only for other errors, such as a rejected credential or a used-up call budget.
 */
export function newestJobsResource(project: string): Resource<NewestJobs> {
  const given = isWholeNumber(project) ? project : undefined;
  return {
    key: `newest jobs ${project}`,
    ...(given && { topic: topicOf(given) }),
    project,
    isLimited: true,
    open({ hold, listen }) {
      let failures = 0;
      let known = given;
      /** Subscribes to the project's change events when its numeric id becomes known. */
      const learn = (number: string | undefined) => {
        if (number === undefined || known !== undefined) return;
        known = number;
        listen(topicOf(number), number);
      };
      return {
        async read(gitlab, before = unread) {
          try {
            const jobs = await readNewest(gitlab, project, before.jobs);
            failures = 0;
            hold('jobs', jobs.size);
            const after = toRead(before, jobs);
            learn(after.number);
            return after;
          } catch (error) {
            if (!isFailureOfOneRead(error)) throw error;
            failures += 1;
            return toFailed(before, error);
          }
        },
        activity: () => 'waiting',
        webhookFingerprint: ({ jobs }) =>
          JSON.stringify([...jobs].map(([id, { status }]) => [id, status])),
        minPauseMs: ({ error }) => (error ? backoffMs(error, failures) : 0),
      };
    },
  };
}

/**
 * Returns one error that replaces the errors of several failed reads. Undefined if each read should
 * keep its own error.
 */
export type SharedFailure = (errors: readonly GitlabError[]) => GitlabError | undefined;

/**
 * If no project could be read, passes the errors of all projects to `sharedFailure` and returns its
 * result. Undefined if at least one read succeeded.
 */
export function failureAtStart(
  states: States,
  sharedFailure: SharedFailure,
): GitlabError | undefined {
  if (states.some(({ wasRead }) => wasRead)) return undefined;
  return sharedFailure(states.flatMap(({ error }) => error ?? []));
}

export interface NewestJobsOptions {
  /** Maximum jobs of the first event. */
  first: number;
  /** Only jobs with one of these statuses, spelled as in GitLab. Empty: jobs with any status. */
  statuses: readonly string[];
}

/** What is new since the subscriber's last event. */
export interface NewestJobsNews {
  /** Newest first. */
  changedJobs: Job[];
  /**
   * The error of each project whose last read failed. The key is the path or id of the project, as
   * in the request.
   */
  unread: ReadonlyMap<string, GitlabError>;
}

/**
 * Returns the new and changed jobs. Leaves out a job if neither its status nor its previous status
 * fits the filter `hasStatus`.
 */
function changesIn(
  before: JobsById = unread.jobs,
  after: JobsById,
  hasStatus: (row: Job) => boolean,
): Job[] {
  if (before === after) return [];
  // The id of the last job of the page as it was before. An unknown job with a lower id is not new:
  // it moved onto the page only because another job was deleted.
  const oldest = [...before.keys()][NEWEST_JOBS - 1] ?? '0';
  return [...after].flatMap(([id, job]) => {
    const known = before.get(id);
    if (known === job || (!known && compareIds(id, oldest) < 0)) return [];
    return hasStatus(job) || (known && hasStatus(known)) ? job : [];
  });
}

function failuresIn(states: States, projects: readonly string[]): NewestJobsNews['unread'] {
  return new Map(states.flatMap(({ error }, at) => (error ? [[projects[at] ?? '', error]] : [])));
}

/**
 * Whether the project at this index also appears earlier in the request, by its path or its numeric
 * id.
 */
function isRepeated(states: States, at: number): boolean {
  const number = states[at]?.number;
  return number !== undefined && states.findIndex((state) => state.number === number) < at;
}

/**
 * Whether the errors of failed reads differ between two states. A different wait alone does not
 * count, because GitLab may ask for another wait at each read.
 */
const haveOtherFailures = (before: States, after: States): boolean =>
  after.some(({ error }, at) => error?.message !== before[at]?.error?.message);

/**
 * Key for subscribers that have received nothing yet. Their `before` is undefined, which cannot be
 * a key of a WeakMap.
 */
const nothingSent: States = [];

/**
 * Returns the changes between two states. Without `before`, returns the first event. Undefined if
 * nothing changed.
 */
export type NewsSince = (before: States | undefined, after: States) => NewestJobsNews | undefined;

/**
 * Creates the function that finds the changes in several projects. The first event contains the
 * newest `first` jobs. Later events contain new and changed jobs, including those whose status no
 * longer fits the filter. Calls with the same two state objects return the same event object, so
 * that subscribers can share it.
 */
export function createNewsSince(
  projects: readonly string[],
  { first, statuses }: NewestJobsOptions,
): NewsSince {
  const hasStatus = ({ status }: Job) => statuses.length === 0 || statuses.includes(status);
  // The inner map must be weak, too. Otherwise each state would keep the previous state in memory,
  // and so all earlier states, for as long as there are subscribers.
  const known = new WeakMap<States, WeakMap<States, NewestJobsNews | undefined>>();
  const find: NewsSince = (before, after) => {
    const jobs = after
      .flatMap((state, at) =>
        isRepeated(after, at) ? [] : changesIn(before?.[at]?.jobs, state.jobs, hasStatus),
      )
      .sort((a, b) => compareIds(b.id, a.id));
    if (before && jobs.length === 0 && !haveOtherFailures(before, after)) return undefined;
    const changedJobs = before ? jobs : jobs.slice(0, first);
    return { changedJobs, unread: failuresIn(after, projects) };
  };
  return (before, after) => {
    const news = known.get(after) ?? new WeakMap<States, NewestJobsNews | undefined>();
    known.set(after, news);
    const key = before ?? nothingSent;
    if (!news.has(key)) news.set(key, find(before, after));
    return news.get(key);
  };
}

/** Creates a view that returns what is new since the subscriber's last event. */
export function newestJobsView(newsSince: NewsSince): View<States, NewestJobsNews> {
  let sent: States | undefined;
  return (states) => {
    const news = newsSince(sent, states);
    sent = states;
    return news;
  };
}
