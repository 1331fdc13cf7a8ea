import type { FoundJobs, Gitlab, JobRef } from '../client.ts';
import {
  GitlabCallBudgetError,
  GitlabRateLimitError,
  GitlabStatusError,
  isKeysetUnsupported,
  isNotFound,
} from '../errors.ts';
import type { KeysetRequest } from '../pagination.ts';
import type { Job } from '../rows.ts';
import { type Plan, type PlannedPage, planReads, planRest } from './jobs-by-id-plan.ts';
import { isBeyondEnd } from './keyset-page.ts';
import { compareIds } from './page-request.ts';

/** A job; null if it does not exist or the caller may not see it; or the error of its read. */
export type JobOutcome = Job | null | Error;

export type Outcomes = Map<string, JobOutcome>;

/** The state of one call of `readJobs`. Each read adds to `outcomes`. */
interface Batch {
  gitlab: Gitlab;
  project: string;
  outcomes: Outcomes;
}

/**
 * Reads jobs of one project by id. Returns the outcome of each id. Uses keyset pages, because one
 * page may contain many of the jobs. If the server does not support keyset pages or the gateway's
 * cursors, makes one call per id. GitLab refuses such calls with a job token. Then the outcomes are
 * the errors of the pages.
 */
export async function readJobs(
  gitlab: Gitlab,
  project: string,
  ids: readonly string[],
): Promise<Outcomes> {
  const batch: Batch = { gitlab, project, outcomes: new Map() };
  const wanted = new Set(ids.map(BigInt));
  const { keyset, builtCursors } = gitlab.server;
  const onlyPages = onlyLists(gitlab);
  // GitLab answers 401 to a single read with a job token, as if the token were invalid.
  const canPage = onlyPages || (keyset !== false && builtCursors !== false);
  const plan = canPage ? planReads(wanted, { onlyPages }) : { pages: [], singles: [...wanted] };
  await execute(batch, plan);
  return batch.outcomes;
}

/**
 * Returns the `project_id` of the jobs that were read (see `Identified` in rows.ts). Undefined if
 * no job was found.
 */
export function projectNumberOf(outcomes: Outcomes): string | undefined {
  for (const job of outcomes.values()) if (job && 'project_id' in job) return job.project_id;
  return undefined;
}

async function execute(batch: Batch, { pages, singles }: Plan): Promise<void> {
  await Promise.all([
    ...pages.map((page) => readPaged(batch, page)),
    ...singles.map((id) => readSingly(batch, id)),
  ]);
}

/**
 * Reads one job with its own call. Resolves with null for a 404, and with any other error instead
 * of rejecting.
 */
export const readJob = (gitlab: Gitlab, ref: JobRef): Promise<JobOutcome> =>
  gitlab.getJob(ref).catch((error: Error) => (isNotFound(error) ? null : error));

async function readSingly({ gitlab, project, outcomes }: Batch, id: bigint): Promise<void> {
  outcomes.set(String(id), await readJob(gitlab, { project, id: String(id) }));
}

/**
 * Reads a page, then the ids that the page did not reach. If the page fails, `settleFailedPage`
 * records the outcomes of its ids.
 */
async function readPaged(batch: Batch, page: PlannedPage): Promise<void> {
  const { gitlab, outcomes } = batch;
  let open: bigint[];
  try {
    open = recordPage(page, await readPage(gitlab, batch.project, page), outcomes);
  } catch (error) {
    return settleFailedPage(batch, page, error);
  }
  await execute(batch, planRest(page, open, { onlyPages: onlyLists(gitlab) }));
}

/**
 * Records the outcomes of the ids of a page that failed. Reads each id with its own call if the
 * server refused the cursor, or if a rate limit applies only to the list of jobs. In all other
 * cases, and for a job token, the error is the outcome of each id (null for a 404).
 */
async function settleFailedPage(batch: Batch, { ids }: PlannedPage, error: unknown): Promise<void> {
  const isRefused = error instanceof CursorRefused;
  if (!onlyLists(batch.gitlab)) {
    if (isRefused) return readAllSingly(batch, ids);
    const isListLimit = error instanceof GitlabRateLimitError && !error.limitsAllCalls;
    if (isListLimit) return readDespiteLimit(batch, ids, error);
  }
  const outcome = isNotFound(error) ? null : ((isRefused ? error.cause : error) as Error);
  for (const id of ids) batch.outcomes.set(String(id), outcome);
}

class CursorRefused extends Error {}

/** Statuses with which servers reject a cursor. GitLab sends 500 (upstream.md §4.2). */
const CURSOR_FAULTS = [400, 500];

/**
 * Reads one planned page. Throws CursorRefused if the server does not support keyset pages, ignores
 * the cursor, or may have rejected it. A status in CURSOR_FAULTS counts as a rejection unless it is
 * known that the server accepts the cursors of the gateway.
 */
async function readPage(gitlab: Gitlab, project: string, page: PlannedPage): Promise<FoundJobs> {
  const { server } = gitlab;
  const id = String(page.from + 1n);
  const request = { kind: 'keyset', direction: 'older', perPage: page.perPage, id } as const;
  try {
    const response = await gitlab.findProjectJobs(project, request, new Set(page.ids.map(String)));
    if (response.lastId !== undefined) server.builtCursors ??= true;
    return response;
  } catch (error) {
    if (isKeysetUnsupported(error)) server.keyset = false;
    const isRefused =
      error instanceof GitlabStatusError &&
      CURSOR_FAULTS.includes(error.status) &&
      server.builtCursors !== true;
    if (isRefused || isKeysetUnsupported(error)) throw new CursorRefused('', { cause: error });
    const read = (end: KeysetRequest) => gitlab.listProjectJobs(project, {}, end);
    if (!(await isBeyondEnd(error, read, request))) throw error;
    return { jobs: new Map(), lastId: undefined, hasNext: false };
  }
}

/**
 * Records the outcome of each id that the page covers: its row, or null if the page does not
 * contain it. The page covers all ids down to its last row or, if no rows follow, all ids. Returns
 * the ids that the page does not cover.
 */
function recordPage(page: PlannedPage, { jobs, lastId, hasNext }: FoundJobs, outcomes: Outcomes) {
  const isComplete = lastId === undefined || hasNext === false;
  const open: bigint[] = [];
  for (const id of page.ids) {
    const job = jobs.get(String(id));
    if (job || isComplete || compareIds(String(id), lastId) > 0) {
      outcomes.set(String(id), job ?? null);
    } else open.push(id);
  }
  return open;
}

/**
 * Reads each id of a refused page with its own call. If it is unknown whether the server accepts
 * the cursors that the gateway builds, also requests the first page of the list. The headers of
 * that page contain a cursor of GitLab, which keyset-page.ts compares with a cursor of the gateway.
 */
async function readAllSingly(batch: Batch, ids: readonly bigint[]): Promise<void> {
  const { gitlab, project } = batch;
  const { server } = gitlab;
  const first = { kind: 'keyset', direction: 'older', perPage: 1 } as const;
  const isKnown = server.keyset === false || server.builtCursors !== undefined;
  await Promise.all([
    execute(batch, { pages: [], singles: ids }),
    isKnown || gitlab.listProjectJobs(project, {}, first).catch(() => {}),
  ]);
}

/**
 * Reads each id with its own call, because GitLab's rate limit for the list of jobs is exhausted
 * (upstream.md §5.2). Stops after the first call if single reads are limited, too. Ids that were
 * not read get the error of the list.
 */
async function readDespiteLimit(
  batch: Batch,
  [first = 0n, ...rest]: readonly bigint[],
  limit: GitlabRateLimitError,
): Promise<void> {
  const { outcomes } = batch;
  await readSingly(batch, first);
  const isLimited = outcomes.get(String(first)) instanceof GitlabRateLimitError;
  await execute(batch, { pages: [], singles: isLimited ? [] : rest });
  for (const id of [first, ...rest]) {
    const outcome = outcomes.get(String(id));
    const isUnread = outcome === undefined || outcome instanceof GitlabCallBudgetError;
    if (isUnread) outcomes.set(String(id), limit);
  }
}

/**
 * Whether the caller can read jobs only from a list. A job token may not read single ones
 * (upstream.md §8).
 */
const onlyLists = ({ credential }: Gitlab) => credential.kind === 'job-token';
