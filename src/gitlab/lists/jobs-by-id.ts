import type { Gitlab } from '../client.ts';
import { GitlabStatusError, isKeysetUnsupported, isNotFound } from '../errors.ts';
import type { Page } from '../pagination.ts';
import type { Job } from '../rows.ts';
import { type Plan, type PlannedPage, planReads, planRest } from './jobs-by-id-plan.ts';
import { compareIds } from './page-request.ts';

/** A job, null where there is none for this caller, or why it could not be read. */
export type JobOutcome = Job | null | Error;

/** What became of each id asked for. */
export type Outcomes = Map<string, JobOutcome>;

/** An answer as of a server that takes no built cursor. */
class CursorRefused extends Error {}

/** Statuses with which a server says that it cannot read the cursor: GitLab's own is 500 (upstream.md §4.2). */
const CURSOR_FAULTS = [400, 500];

/** Reads one planned page; CursorRefused where the server does not play along. */
async function readPage(gitlab: Gitlab, project: string, page: PlannedPage): Promise<Page<Job>> {
  const { server } = gitlab;
  const id = String(page.from + 1n);
  const request = { kind: 'keyset', direction: 'older', perPage: page.perPage, id } as const;
  try {
    const answer = await gitlab.listProjectJobs(project, {}, request);
    if (answer.items.length > 0) server.builtCursors ??= true;
    return answer;
  } catch (error) {
    if (isKeysetUnsupported(error)) server.keyset = false;
    const refused =
      error instanceof GitlabStatusError &&
      CURSOR_FAULTS.includes(error.status) &&
      server.builtCursors !== true;
    if (refused || isKeysetUnsupported(error)) throw new CursorRefused('', { cause: error });
    throw error;
  }
}

/** Puts down what a page settles and returns the ids it leaves open: those below its last row. */
function settle(page: PlannedPage, answer: Page<Job>, outcomes: Outcomes): bigint[] {
  const rows = new Map(answer.items.map((row) => [String(row.id), row]));
  const last = answer.items.at(-1);
  const all = !last || !answer.hasNext;
  const open: bigint[] = [];
  for (const id of page.ids) {
    const row = rows.get(String(id));
    if (row || all || compareIds(String(id), last.id) > 0) outcomes.set(String(id), row ?? null);
    else open.push(id);
  }
  return open;
}

/** The reads of one batch, and what they have brought so far. */
interface Batch {
  gitlab: Gitlab;
  project: string;
  outcomes: Outcomes;
}

async function readSingly({ gitlab, project, outcomes }: Batch, id: bigint): Promise<void> {
  const read = gitlab.getJob({ project, id: String(id) });
  outcomes.set(String(id), await read.catch((error: Error) => (isNotFound(error) ? null : error)));
}

/** Reads a page, then whatever it leaves open. A failure is the outcome of each of its ids. */
async function readPaged(batch: Batch, page: PlannedPage): Promise<void> {
  const { gitlab, outcomes } = batch;
  let open: bigint[];
  try {
    open = settle(page, await readPage(gitlab, batch.project, page), outcomes);
  } catch (error) {
    const refused = error instanceof CursorRefused;
    if (refused && !onlyLists(gitlab)) return readAllSingly(batch, page.ids);
    const outcome = isNotFound(error) ? null : ((refused ? error.cause : error) as Error);
    for (const id of page.ids) outcomes.set(String(id), outcome);
    return;
  }
  await carryOut(batch, planRest(page, open, { onlyPages: onlyLists(gitlab) }));
}

/**
 * Reads what a refused page was to tell. A 500 may have been one request's own trouble, so where nothing else
 * tells how the server makes its cursors, the first page is asked for, which has one of them (keyset-page.ts).
 */
async function readAllSingly(batch: Batch, ids: readonly bigint[]): Promise<void> {
  const { gitlab, project } = batch;
  const { server } = gitlab;
  const first = { kind: 'keyset', direction: 'older', perPage: 1 } as const;
  const isKnown = server.keyset === false || server.builtCursors !== undefined;
  await Promise.all([
    carryOut(batch, { pages: [], singles: ids }),
    isKnown || gitlab.listProjectJobs(project, {}, first).catch(() => {}),
  ]);
}

async function carryOut(batch: Batch, { pages, singles }: Plan): Promise<void> {
  await Promise.all([
    ...pages.map((page) => readPaged(batch, page)),
    ...singles.map((id) => readSingly(batch, id)),
  ]);
}

/** A job token may list a project's jobs, but read none singly (upstream.md §8). */
function onlyLists({ credential }: Gitlab): boolean {
  return credential.kind === 'job-token';
}

/** Reads jobs of one project by id: what `getJob` would give for each, in far fewer calls. */
export async function readJobs(
  gitlab: Gitlab,
  project: string,
  ids: readonly string[],
): Promise<Outcomes> {
  const batch: Batch = { gitlab, project, outcomes: new Map() };
  const wanted = new Set(ids.map(BigInt));
  const { keyset, builtCursors } = gitlab.server;
  const canPage = keyset !== false && builtCursors !== false;
  const plan = canPage
    ? planReads(wanted, { onlyPages: onlyLists(gitlab) })
    : { pages: [], singles: [...wanted] };
  await carryOut(batch, plan);
  return batch.outcomes;
}

/** The numeric id of the project that jobs were read from; undefined if none was found. */
export function projectNumberOf(outcomes: Outcomes): string | undefined {
  for (const job of outcomes.values()) if (job && 'project_id' in job) return job.project_id;
  return undefined;
}
