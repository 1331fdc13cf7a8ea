import { describe, expect, it } from 'vitest';
import { compositeStatus } from '../../src/pipeline/composite-status.ts';
import { build } from './rows.ts';

/** Returns jobs by their statuses, such as "failed". "failed?" is a job that is allowed to fail. */
const jobsOf = (words: string) =>
  words
    .split(' ')
    .map((word, at) =>
      build({ id: at + 1, status: word.replace('?', ''), allow_failure: word.endsWith('?') }),
    );

const statusOf = (words: string) => compositeStatus(jobsOf(words)).status;

describe('the status of several jobs', () => {
  it.each([
    ['skipped', 'skipped'],
    ['skipped manual?', 'skipped'],
    ['manual?', 'skipped'],
    ['success', 'success'],
    ['success skipped failed? canceled? manual?', 'success'],
    ['failed?', 'success'],
    ['canceled? skipped', 'success'],
    ['created', 'created'],
    ['created failed? manual?', 'created'],
    ['preparing', 'preparing'],
    ['preparing canceled? manual?', 'preparing'],
    ['canceled', 'canceled'],
    ['canceled success skipped failed? manual?', 'canceled'],
    ['pending', 'pending'],
    ['pending created skipped failed? manual?', 'pending'],
    ['created skipped', 'pending'],
  ])('of nothing but %s is %s', (words, status) => expect(statusOf(words)).toBe(status));

  it.each([
    ['canceling running', 'canceling'],
    ['running failed', 'running'],
    ['pending success', 'running'],
    ['waiting_for_resource success', 'waiting_for_resource'],
    ['waiting_for_callback success', 'waiting_for_callback'],
    ['manual success', 'manual'],
    ['manual', 'manual'],
    ['scheduled success', 'scheduled'],
    ['preparing success', 'preparing'],
    ['created success', 'running'],
    ['created canceled', 'running'],
    ['new_in_gitlab success', 'UNKNOWN'],
    ['new_in_gitlab', 'UNKNOWN'],
    ['failed success', 'failed'],
    ['failed canceled skipped', 'failed'],
    ['failed manual?', 'failed'],
  ])('with %s is %s', (words, status) => expect(statusOf(words)).toBe(status));

  it('is that of the status that comes first in this order', () => {
    const order = [
      ['canceling', 'canceling'],
      ['running', 'running'],
      ['pending', 'running'],
      ['waiting_for_resource', 'waiting_for_resource'],
      ['waiting_for_callback', 'waiting_for_callback'],
      ['manual', 'manual'],
      ['scheduled', 'scheduled'],
      ['preparing', 'preparing'],
      ['created', 'running'],
      ['new_in_gitlab', 'UNKNOWN'],
      ['failed', 'failed'],
    ];
    // Adds a successful job, so that no rule applies that needs all jobs to have certain statuses.
    const statuses = order.map((_, from) =>
      statusOf(
        `success ${order
          .slice(from)
          .map(([word]) => word)
          .join(' ')}`,
      ),
    );
    expect(statuses).toEqual(order.map(([, status]) => status));
  });

  it('has warnings if a job failed or was canceled that is allowed to fail', () => {
    const hasWarnings = (words: string) => compositeStatus(jobsOf(words)).hasWarnings;
    expect(['success failed?', 'canceled?', 'running failed?'].map(hasWarnings)).toEqual([
      true,
      true,
      true,
    ]);
    expect(['failed', 'canceled', 'success?', 'manual?'].map(hasWarnings)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
