import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { GitlabStatusError } from '../../src/gitlab/errors.ts';
import type { Job } from '../../src/gitlab/rows.ts';
import { createNewsSince, newestJobsView } from '../../src/live/newest-jobs.ts';
import { aJob } from '../gitlab/upstream.ts';
import { collectGarbage } from '../helpers/collect-garbage.ts';

const job = (id: number, status = 'success') => aJob(id, { status }) as unknown as Job;
const stateOf = (...jobs: Job[]) => ({
  jobs: new Map(jobs.map((one) => [String(one.id), one])),
  wasRead: true,
});
const all = { first: 50, statuses: [] };
const idsOf = (news: ReturnType<ReturnType<typeof createNewsSince>>) =>
  news?.changedJobs.map(({ id }) => id);

describe('the news of several projects', () => {
  it('are one object for all subscribers that have seen the same', () => {
    const newsSince = createNewsSince(['a', 'b'], all);
    const before = [stateOf(job(3)), stateOf(job(2))];
    const after = [before[0]!, stateOf(job(4), job(2))];
    const views = [1, 2, 3].map(() => newestJobsView(newsSince));
    for (const states of [before, after]) {
      const [first, ...others] = views.map((view) => view(states));
      expect(first).toBeDefined();
      for (const other of others) expect(other).toBe(first);
    }
  });

  it('do not keep the states before the last one', async () => {
    const view = newestJobsView(createNewsSince(['a'], all));
    const states: WeakRef<object>[] = [];
    for (let id = 1; id <= 20; id += 1) {
      const state = [stateOf(job(id))];
      states.push(new WeakRef(state));
      view(state);
    }
    // Waits for the next task, because a WeakRef keeps its object alive until the current task has
    // ended.
    await setTimeout(1);
    collectGarbage();
    expect(states.filter((state) => state.deref()).length).toBeLessThanOrEqual(2);
    expect(idsOf(await view([stateOf(job(21))]))).toEqual([21]);
  });

  it('have the last state of a job for a subscriber that has skipped others', () => {
    const view = newestJobsView(createNewsSince(['a'], { ...all, statuses: ['running'] }));
    view([stateOf(job(1, 'running'))]);
    const last = job(1, 'failed');
    const news = view([stateOf(job(2), last)]);
    expect(news).toMatchObject({ changedJobs: [last] });
  });

  it('have the jobs of a project once that is named twice', () => {
    const newsSince = createNewsSince(['group/app', '42'], all);
    const number = '42';
    const oldest = job(1);
    const before = { ...stateOf(job(2), oldest), number };
    const after = { ...stateOf(job(2, 'failed'), oldest), number };
    expect(idsOf(newsSince(undefined, [before, before]))).toEqual([2, 1]);
    expect(idsOf(newsSince([before, before], [after, before]))).toEqual([2]);
    expect(newsSince([after, before], [after, after])).toBeUndefined();
  });

  it('are none if a read fails again in the same way', () => {
    const newsSince = createNewsSince(['a'], all);
    const fail = (status: number) => ({
      ...stateOf(job(1)),
      error: new GitlabStatusError({ status }, { method: 'GET', path: '/projects/a/jobs' }),
    });
    const failed = [fail(500)];
    expect(newsSince([stateOf(job(1))], failed)?.unread.size).toBe(1);
    expect(newsSince(failed, [fail(502)])?.unread.size).toBe(1);
    const { jobs } = failed[0]!;
    expect(newsSince(failed, [{ ...fail(500), jobs }])).toBeUndefined();
  });
});
