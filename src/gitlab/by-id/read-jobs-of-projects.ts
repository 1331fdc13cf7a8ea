import type { Gitlab } from '../client.ts';
import { type Outcomes, readJobs } from './read-jobs.ts';
import { planReads } from './window-plan.ts';

/*
 * One operation may call a project by its path in one place and by its number in another: web
 * addresses tell the path, ids the number. Only GitLab knows that both are the same project, but
 * each job tells its project's number. So where numbered jobs fit into the pages that a path's jobs
 * take anyway, they are looked for there first. Right or wrong, the guess costs no call.
 */

/** Ids of jobs, by the name their project is called by. */
export type IdsByProject = ReadonlyMap<string, readonly string[]>;

/** Beyond so many pairs of a path and a number nothing is guessed: planning would cost more than it saves. */
const MAX_PAIRS = 100;

const isNumber = (project: string) => /^\d+$/.test(project);

/**
 * Whether reading `more` costs no more calls than `ids` alone. Only pages that reach down to their
 * last id count: they leave nothing open that a further call would have to settle.
 */
function isFree(gitlab: Gitlab, ids: readonly string[], more: readonly string[]): boolean {
  const options = { onlyPages: gitlab.credential.kind === 'job-token' };
  const alone = planReads(ids.map(BigInt), options);
  const together = planReads(more.map(BigInt), options);
  const calls = (plan: typeof alone) => plan.pages.length + plan.singles.length;
  return (
    calls(together) <= calls(alone) &&
    together.pages.every(
      ({ from, perPage, ids: [...of] }) => from - (of.at(-1) ?? from) < BigInt(perPage),
    )
  );
}

/** The number of the project that jobs were read from, if any was found. */
export function projectNumberOf(outcomes: Outcomes): string | undefined {
  for (const job of outcomes.values()) if (job && 'project_id' in job) return job.project_id;
  return undefined;
}

/** Reads jobs of several projects by id, side by side; a project may appear under its path and its number. */
export async function readJobsOfProjects(
  gitlab: Gitlab,
  wanted: IdsByProject,
): Promise<Map<string, Outcomes>> {
  const paths = [...wanted].filter(([project]) => !isNumber(project));
  const numbers = [...wanted].filter(([project]) => isNumber(project));
  const { keyset, builtCursors } = gitlab.server;
  const guesses =
    keyset !== false && builtCursors !== false && paths.length * numbers.length <= MAX_PAIRS;
  const hosts = new Map<string, Promise<Outcomes>[]>();

  function readPath(path: string, ids: readonly string[]): Promise<Outcomes> {
    let together = ids;
    const guests: string[] = [];
    for (const [number, others] of guesses ? numbers : []) {
      const more = [...together, ...others];
      if (!isFree(gitlab, ids, more)) continue;
      together = more;
      guests.push(number);
    }
    const read = readJobs(gitlab, path, together);
    for (const number of guests) hosts.set(number, [...(hosts.get(number) ?? []), read]);
    return read;
  }
  async function readNumber(number: string, ids: readonly string[]): Promise<Outcomes> {
    for (const outcomes of await Promise.all(hosts.get(number) ?? [])) {
      if (projectNumberOf(outcomes) === number) return outcomes;
    }
    return readJobs(gitlab, number, ids);
  }

  // Paths first: what they are found to host, numbers wait for.
  const reads = [
    ...paths.map(([path, ids]) => [path, readPath(path, ids)] as const),
    ...numbers.map(([number, ids]) => [number, readNumber(number, ids)] as const),
  ];
  return new Map(
    await Promise.all(reads.map(async ([project, read]) => [project, await read] as const)),
  );
}
