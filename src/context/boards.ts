import { nullIfNotFound } from '../gitlab/errors.ts';
import type { Bridge, Job } from '../gitlab/rows.ts';
import { attemptsOf, type Board, type BoardRows, buildBoard } from '../pipeline/board.ts';
import {
  type BoardLists,
  coversRows,
  limitRows,
  readBoardRows,
  readNewestRows,
} from '../pipeline/board-rows.ts';

/**
 * Maximum jobs of a pipeline, including retried ones, to read in order to find the attempts of one
 * job.
 */
const MAX_ATTEMPTS = 500;

/** The jobs of a pipeline by id, each with its attempts. */
type JobsWithAttempts = ReadonlyMap<string, Job>;

/**
 * The boards of one pipeline in one operation. A board has the pipeline's stages, groups and jobs,
 * as GitLab's page of the pipeline shows them. There is one board for each requested value of
 * `maxJobs`, the maximum number of jobs on it.
 */
export interface Boards {
  /**
   * Reads a board. Null if GitLab answers 404. Contains the newest `maxJobs` jobs, including
   * retried ones, and the newest `maxJobs` trigger jobs.
   */
  read(maxJobs: number): Promise<Board | null>;
  /**
   * Returns the largest board that the operation has read or is reading; undefined if there is
   * none.
   */
  find(): Promise<Board | null> | undefined;
  /**
   * Returns all jobs with their attempts. Null if GitLab answers 404, or if the pipeline has or may
   * have more than 500 jobs, including retried ones.
   */
  attempts(): Promise<JobsWithAttempts | null>;
  /** Returns all trigger jobs. Rejects if a call fails, even with 404. */
  bridges(): Promise<readonly Bridge[]>;
  /**
   * Stores rows that were read elsewhere, for example for an event, so that they are not read
   * again.
   */
  prime(rows: BoardRows): void;
}

async function byId(jobs: readonly Job[]): Promise<JobsWithAttempts> {
  return new Map((await attemptsOf(jobs)).map((job) => [String(job.id), job]));
}

/** Returns the boards of a pipeline. They share the pages of the pipeline's lists. */
export function createBoards(lists: BoardLists): Boards {
  const boards = new Map<number, Promise<Board | null>>();
  let attempts: Promise<JobsWithAttempts | null> | undefined;
  let bridges: Promise<readonly Bridge[]> | undefined;
  let primed: BoardRows | undefined;
  const findPrimed = (maxJobs: number) =>
    primed && coversRows(primed, maxJobs) ? limitRows(primed, maxJobs) : undefined;
  const readBoard = async (maxJobs: number) => {
    const rows = findPrimed(maxJobs) ?? (await nullIfNotFound(readBoardRows(lists, maxJobs)));
    return rows && buildBoard(rows);
  };
  const readNewestJobs = async () => {
    const known = findPrimed(MAX_ATTEMPTS);
    if (!known) return readNewestRows(lists.jobs, MAX_ATTEMPTS);
    return { rows: known.jobs, gap: known.gaps.find(({ part }) => part === 'MORE_JOBS') };
  };
  const readAttempts = async () => {
    const read = await nullIfNotFound(readNewestJobs());
    if (read?.gap?.error) throw read.gap.error;
    return read && !read.gap ? byId(read.rows) : null;
  };
  const readBridges = async () => {
    if (primed?.hasAllBridges) return primed.bridges;
    const { rows, gap } = await readNewestRows(lists.bridges, Number.POSITIVE_INFINITY);
    if (gap?.error) throw gap.error;
    return rows;
  };
  return {
    read(maxJobs) {
      const known = boards.get(maxJobs) ?? readBoard(maxJobs);
      boards.set(maxJobs, known);
      return known;
    },
    find: () => boards.get(Math.max(...boards.keys())),
    attempts() {
      attempts ??= readAttempts();
      return attempts;
    },
    bridges() {
      bridges ??= readBridges();
      return bridges;
    },
    prime(rows) {
      primed = rows;
    },
  };
}
