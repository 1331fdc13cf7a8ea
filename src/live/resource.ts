import type { Poll, Reading } from './poll.ts';

/** Something at GitLab that can be watched. */
export interface Resource<State> {
  /** Its name among all that is watched; the key of one poll per credential. */
  key: string;
  /** What wake-ups call it, such as `job/1001`; undefined where they do not. */
  topic?: string;
  /** The project it belongs to: its number, or its path where a server left the number out. */
  project: string;
  /** Begins to read it. */
  open(tools: ReadingTools): Reading<State>;
}

/** What a reading may use beside the client of each read. */
export interface ReadingTools {
  /** Watches something else of the same caller's, until it leaves. Its changes make this one look, too. */
  watch<Other>(resource: Resource<Other>): { poll: Poll<Other>; leave(): void };
}
