import type { BoardQuery } from '../../generated/graphql.ts';

/** A pipeline and its parts, as the screen's query returns them. */
export type Pipeline = NonNullable<BoardQuery['pipeline']>;
export type Board = NonNullable<Pipeline['board']>;
export type Stage = Board['stages'][number];
export type Group = Stage['groups'][number];
export type Job = Group['jobs'][number];

/** Whether the job, or an earlier attempt of it, has this numeric id. */
export function isJob(job: Job, id: string | undefined): boolean {
  return job.databaseId === id || (job.attempts ?? []).some(({ databaseId }) => databaseId === id);
}

export const jobsOf = (stages: readonly Stage[]): Job[] =>
  stages.flatMap(({ groups }) => groups.flatMap(({ jobs }) => jobs));

const DONE = ['SUCCESS', 'FAILED', 'CANCELED', 'SKIPPED'];

/** Returns the number of jobs by status. */
export function countStatuses(jobs: readonly Job[]): { status: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { status } of jobs) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => ({ status, count }));
}

/** Returns the number of finished jobs. */
export function countDone(counts: readonly { status: string; count: number }[]): number {
  return counts.reduce((sum, { status, count }) => sum + (DONE.includes(status) ? count : 0), 0);
}

/** Returns a word for a status, such as "waiting for resource". */
export const statusWord = (status: string): string =>
  status === 'SUCCESS' ? 'passed' : status.toLowerCase().replaceAll('_', ' ');
