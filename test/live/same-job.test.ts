import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/gitlab/rows.ts';
import { isSameJob } from '../../src/live/job.ts';
import { aJob } from '../gitlab/upstream.ts';

const user = { id: 1, name: 'Alice' };
const runner = { id: '9007199254740993', description: 'shared', online: true };
const row = {
  ...aJob(1),
  finished_at: null,
  ...{ duration: 1.5, queued_duration: 0.5 },
  ...{ user, runner, commit: { id: 'f00', title: 'First' } },
  pipeline: { id: 9, status: 'running', updated_at: '2026-05-04T03:02:01Z' },
  runner_manager: { id: 3, contacted_at: '2026-05-04T03:02:01Z' },
  tag_list: ['docker'],
  downstream_pipeline: { id: 10, status: 'running' },
};
const finished = { ...row, finished_at: '2026-05-04T03:02:01Z' };
const rowOf = (members: object) => structuredClone(members) as unknown as Job;
const isSame = (before: object, after: object, ignored?: string[]) =>
  isSameJob(rowOf(before), rowOf(after), ignored);

describe('a job is the same', () => {
  it.each([
    ['its members have another order', row, Object.fromEntries(Object.entries(row).reverse())],
    ['a member is absent instead of undefined', { ...row, coverage: undefined }, row],
    [
      'its durations grow while it is not finished',
      row,
      { ...row, duration: 9, queued_duration: 9 },
    ],
    [
      'other members of the user, commit and runner change',
      row,
      { ...row, user: { id: 1 }, commit: { id: 'f00' }, runner: { ...runner, online: false } },
    ],
    ['its runner manager calls GitLab', row, { ...row, runner_manager: { id: 3 } }],
    ['its pipeline changes, but not the status', row, { ...row, pipeline: { status: 'running' } }],
    ['it has no user, as null or absent', { ...row, user: null }, { ...row, user: undefined }],
  ])('if %s', (_case, before, after) => {
    expect(isSame(before, after)).toBe(true);
    expect(isSame(after, before)).toBe(true);
  });
});

describe('a job has changed', () => {
  it.each([
    ['it finishes', row, finished],
    ['its duration changes after it has finished', finished, { ...finished, duration: 9 }],
    ['it has a new member', row, { ...row, failure_reason: 'script_failure' }],
    ['a member becomes null instead of absent', row, { ...row, coverage: null }],
    ['a large id changes', row, { ...row, runner: { ...runner, id: '9007199254740992' } }],
    ['it gets another user', row, { ...row, user: { id: 2 } }],
    ['it loses its runner', row, { ...row, runner: null }],
    ['the status of its pipeline changes', row, { ...row, pipeline: { status: 'success' } }],
    ['an item of a list changes', row, { ...row, tag_list: ['docker', 'arm'] }],
    [
      'its downstream pipeline changes',
      row,
      { ...row, downstream_pipeline: { id: 10, status: 'success' } },
    ],
  ])('if %s', (_case, before, after) => {
    expect(isSame(before, after)).toBe(false);
    expect(isSame(after, before)).toBe(false);
  });

  it('unless the changed member is ignored', () => {
    const after = { ...row, pipeline: { status: 'success' } };
    expect(isSame(row, after, ['pipeline'])).toBe(true);
    expect(isSame(row, { ...after, name: 'other' }, ['pipeline'])).toBe(false);
  });
});
