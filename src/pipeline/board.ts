import type { AnyJob, Bridge, Job } from '../gitlab/rows.ts';

/*
 * A pipeline as its page in GitLab shows it, computed from the rows of its jobs and trigger jobs
 * without further calls.
 */

export type { AnyJob };

/** A part of a board that could not be read. */
export interface BoardGap {
  part: 'BRIDGES' | 'MORE_JOBS';
  /** What failed; undefined if the pipeline has more rows than were requested. */
  error?: unknown;
}

/** The rows from which a board is built. */
export interface BoardRows {
  /** All attempts, newest first. */
  jobs: readonly Job[];
  /** Newest first, without retried ones, which GitLab hides. */
  bridges: readonly Bridge[];
  /** Empty if all rows were read. */
  gaps: readonly BoardGap[];
}

/** Jobs of one stage whose names differ only in their parallel or matrix part. */
export interface Group {
  name: string;
  /** Current attempts, in natural order of their names. */
  jobs: readonly AnyJob[];
}

export interface Stage {
  name: string;
  /** False if the place of the stage among the others is uncertain. */
  positionKnown: boolean;
  /** In natural order of their names. */
  groups: readonly Group[];
  /** Current attempts, in the order of `groups`. */
  jobs: readonly AnyJob[];
}

/** A board. Each job on it has `attempts` and `retried`. */
export interface Board {
  stages: readonly Stage[];
  /** Current attempts, in the order of `stages`. */
  jobs: readonly AnyJob[];
  /** All attempts and trigger jobs, in no particular order. */
  attempts: readonly AnyJob[];
  gaps: readonly BoardGap[];
}
