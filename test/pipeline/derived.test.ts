import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyJob } from '../../src/gitlab/rows.ts';
import {
  actionOf,
  detailedStatusOf,
  failureMessageOf,
  failureReasonOf,
  isActive,
  isCancelable,
  isComplete,
  isPlayable,
  isRetryable,
  type JobName,
  parseJobName,
  queuedAtOf,
  retriedOf,
  statusDetails,
} from '../../src/pipeline/derived.ts';
import { failureCategoryOf } from '../../src/pipeline/failure-reasons.ts';
import { runs } from '../helpers/runs.ts';

function aJob(more: Partial<AnyJob> = {}): AnyJob {
  return { id: 1, kind: 'BUILD', project_id: '42', status: 'success', ...more } as AnyJob;
}

const statuses =
  'created waiting_for_resource preparing waiting_for_callback pending running success failed canceling canceled skipped manual scheduled from_the_future'.split(
    ' ',
  );
const including = (fits: (status: string) => boolean) => statuses.filter(fits).join(' ');

describe('what can be done with a job', () => {
  const active = 'waiting_for_resource preparing waiting_for_callback pending running';

  it('depends on its status', () => {
    expect(including(isActive)).toBe(active);
    expect(including(isComplete)).toBe('success failed canceled skipped');
    expect(including(isCancelable)).toBe(`created ${active}`);
    expect(including((status) => isPlayable(aJob({ status })))).toBe('manual scheduled');
    expect(including((status) => isRetryable(aJob({ status })))).toBe(
      'success failed canceling canceled',
    );
    const actions = statuses.map((status) => [status, actionOf(aJob({ status }))]);
    expect(Object.fromEntries(actions)).toEqual({
      created: 'CANCEL',
      waiting_for_resource: 'CANCEL',
      preparing: 'CANCEL',
      waiting_for_callback: 'CANCEL',
      pending: 'CANCEL',
      running: 'CANCEL',
      success: 'RETRY',
      failed: 'RETRY',
      canceling: 'FORCE_CANCEL',
      canceled: 'RETRY',
      skipped: null,
      manual: 'PLAY',
      scheduled: 'PLAY',
      from_the_future: null,
    });
  });

  it.each([null, undefined, false])('counts archived: %s as not archived', (archived) => {
    expect(isPlayable(aJob({ status: 'manual', archived }))).toBe(true);
    expect(isRetryable(aJob({ archived }))).toBe(true);
  });

  it.each(statuses)('leaves only canceling if an archived job is %s', (status) => {
    const job = aJob({ status, archived: true });
    expect([isPlayable(job), isRetryable(job)]).toEqual([false, false]);
    const isCancel = isCancelable(status) || status === 'canceling';
    expect(actionOf(job) !== null).toBe(isCancel);
  });

  it.each(statuses)('does not include a retry if a job that is %s was retried', (status) => {
    const job = aJob({ status, retried: true });
    expect(isRetryable(job)).toBe(false);
    expect(actionOf(job)).not.toBe('RETRY');
    expect(isPlayable(job)).toBe(isPlayable(aJob({ status })));
  });

  it.each([false, undefined])('includes a retry if retried is %s', (retried) => {
    expect(isRetryable(aJob({ retried }))).toBe(true);
  });
});

describe('retried', () => {
  it('is null if nothing tells', () => expect(retriedOf(aJob())).toBe(null));

  it('is the value of the row', () => {
    expect(retriedOf(aJob({ retried: false }))).toBe(false);
    expect(retriedOf(aJob({ retried: true }))).toBe(true);
  });

  it('is true for each attempt but the last, whatever the row says', () => {
    const attempts = [1, 2, 3].map((id) => aJob({ id }));
    const ofAttempt = (id: number, retried: boolean) => retriedOf(aJob({ id, retried, attempts }));
    expect([ofAttempt(1, false), ofAttempt(2, false), ofAttempt(3, true)]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('when a job began to wait for a runner', () => {
  it.each([
    ['2026-11-29T10:00:10.000Z', 4.5, '2026-11-29T10:00:05.500Z'],
    ['2026-11-29T10:00:10Z', 0, '2026-11-29T10:00:10.000Z'],
    ['2026-11-29T10:00:10.000+02:00', 10, '2026-11-29T08:00:00.000Z'],
    ['2026-11-29T10:00:10.000+0200', 10, '2026-11-29T08:00:00.000Z'],
    ['2026-11-29T10:00:10.123456Z', 0.1, '2026-11-29T10:00:10.023Z'],
    ['2026-11-29T10:00:10.000Z', 4.0003, '2026-11-29T10:00:06.000Z'],
    ['2026-11-29T10:00:10.000Z', 1.001, '2026-11-29T10:00:08.999Z'],
    ['2026-11-29T00:00:00.000Z', 86_400, '2026-11-28T00:00:00.000Z'],
    [null, 4.5, null],
    [undefined, 4.5, null],
    ['2026-11-29T10:00:10.000Z', null, null],
    ['2026-12-31T23:59:60Z', 1, null],
    ['2026-11-29T10:00:10.000Z', 1e300, null],
  ])('started at %s after %s s: %s', (started_at, queued_duration, queuedAt) => {
    expect(queuedAtOf({ started_at, queued_duration })).toBe(queuedAt);
  });
});

const categories = {
  SCRIPT: 'script_failure',
  TIMEOUT:
    'job_execution_timeout job_execution_server_timeout server_timeout_running server_timeout_canceling',
  RUNNER:
    'runner_system_failure runner_unsupported runner_configuration_error runner_external_dependency_failure runner_interrupted no_updates_running no_updates_canceling',
  QUEUE:
    'stuck_or_timeout_failure no_matching_runner stuck_pending_no_matching_runners stuck_pending_with_matching_runners job_router_failure stale_schedule',
  LIMIT:
    'ci_quota_exceeded trace_size_exceeded reached_max_descendant_pipelines_depth reached_max_pipeline_hierarchy_size reached_downstream_pipeline_trigger_rate_limit pipeline_loop_detected',
  DEPENDENCY:
    'missing_dependency_failure unmet_prerequisites secrets_provider_not_found secrets_manager_access_denied',
  DEPLOYMENT:
    'environment_creation_failure deployment_rejected forward_deployment_failure failed_outdated_deployment_job protected_environment_failure',
  PERMISSION:
    'user_blocked builds_disabled ip_restriction_failure insufficient_bridge_permissions insufficient_upstream_permissions job_token_expired id_token_burned_project_path duo_workflow_not_allowed',
  DOWNSTREAM:
    'downstream_bridge_project_not_found upstream_bridge_project_not_found invalid_bridge_trigger bridge_pipeline_is_child_pipeline downstream_pipeline_creation_failed downstream_project_trigger_resolved_to_empty',
  GITLAB:
    'api_failure scheduler_failure data_integrity_failure archived_failure project_deleted duo_workflow_connection_failure',
  UNKNOWN: 'unknown_failure',
};
const reasons = Object.entries(categories).flatMap(([category, names]) =>
  names.split(' ').map((reason): [string, string] => [reason, category]),
);
const failed = (failure_reason?: string | null, more: Partial<AnyJob> = {}) =>
  aJob({ status: 'failed', failure_reason, ...more });

describe('why a job failed', () => {
  it('has a category for each of the 54 reasons', () => {
    expect(reasons).toHaveLength(54);
    expect(reasons.map(([reason]) => [reason, failureCategoryOf(reason)])).toEqual(reasons);
  });

  it.each(reasons)('is a sentence for %s', (reason) => {
    expect(failureMessageOf(failed(reason))).toMatch(/^[A-Z][\w\s.,:/`'-]{10,}\.$/);
  });

  it.each(reasons)('names the tags of a job that no runner took: %s', (reason, category) => {
    const message = failureMessageOf(failed(reason, { tag_list: ['docker', 'gpu'] }));
    expect(message?.endsWith('It requires the tags: docker, gpu.')).toBe(category === 'QUEUE');
    expect(failureMessageOf(failed(reason, { tag_list: [] }))).not.toContain('tags');
    expect(failureMessageOf(failed(reason, { tag_list: null }))).not.toContain('tags');
  });

  it('is the words of a reason that the table lacks', () => {
    expect(failureMessageOf(failed('eaten_by_a_bear'))).toBe('eaten by a bear');
    expect(failureCategoryOf('eaten_by_a_bear')).toBe('UNKNOWN');
    expect(failureMessageOf(failed('constructor'))).toBe('constructor');
  });

  it.each([null, undefined, ''])('is unknown if GitLab sends %o as the reason', (reason) => {
    expect(failureReasonOf(failed(reason))).toBe('unknown_failure');
    expect(failureMessageOf(failed(reason))).toBe('The job failed for an unknown reason.');
  });

  it.each(statuses.filter((status) => status !== 'failed'))('is null if it is %s', (status) => {
    const job = aJob({ status, failure_reason: 'script_failure' });
    expect([failureReasonOf(job), failureMessageOf(job)]).toEqual([null, null]);
  });
});

describe('how a status reads', () => {
  it.each([
    ['created', 'Created', 'created'],
    ['waiting_for_resource', 'Waiting', 'waiting for resource'],
    ['preparing', 'Preparing', 'preparing'],
    ['waiting_for_callback', 'Waiting', 'waiting for callback'],
    ['pending', 'Pending', 'pending'],
    ['running', 'Running', 'running'],
    ['success', 'Passed', 'passed'],
    ['failed', 'Failed', 'failed'],
    ['canceling', 'Canceling', 'canceling'],
    ['canceled', 'Canceled', 'canceled'],
    ['skipped', 'Skipped', 'skipped'],
    ['manual', 'Manual', 'manual action'],
    ['scheduled', 'Delayed', 'delayed'],
  ])('%s: badge %s, label %s', (status, text, label) => {
    const details = { group: status, text, label, tooltip: label };
    expect(statusDetails({ status })).toEqual({ ...details, action: null });
    if (status === 'failed') return;
    const job = aJob({ status, allow_failure: true });
    expect(detailedStatusOf(job)).toEqual({ ...details, action: actionOf(job) });
  });

  it('is as GitLab sent it if it is not known', () => {
    const raw = 'from_the_future';
    const details = { group: 'unknown', text: raw, label: raw, tooltip: raw, action: null };
    expect(statusDetails({ status: raw })).toEqual(details);
    expect(detailedStatusOf(aJob({ status: raw }))).toEqual(details);
  });

  it.each([null, undefined, '', 'UNKNOWN'])('is unknown if it is %o', (status) => {
    const details = { group: 'unknown', text: 'unknown', label: 'unknown', tooltip: 'unknown' };
    expect(statusDetails({ status })).toEqual({ ...details, action: null });
  });

  it('has the warnings of a success, and only of a success', () => {
    expect(statusDetails({ status: 'success', hasWarnings: true })).toEqual({
      group: 'success-with-warnings',
      text: 'Warning',
      label: 'passed with warnings',
      tooltip: 'passed with warnings',
      action: null,
    });
    for (const status of statuses.filter((each) => each !== 'success')) {
      expect(statusDetails({ status, hasWarnings: true })).toEqual(statusDetails({ status }));
    }
  });

  it('has the failure reason of a failed job in the tooltip', () => {
    expect(detailedStatusOf(failed('script_failure'))).toEqual({
      group: 'failed',
      text: 'Failed',
      label: 'failed',
      tooltip: 'failed - (script failure)',
      action: 'RETRY',
    });
    expect(detailedStatusOf(failed(null)).tooltip).toBe('failed - (unknown failure)');
  });

  it('says that a failed job was allowed to fail', () => {
    expect(detailedStatusOf(failed('runner_system_failure', { allow_failure: true }))).toEqual({
      group: 'failed-with-warnings',
      text: 'Failed',
      label: 'failed (allowed to fail)',
      tooltip: 'failed - (runner system failure) (allowed to fail)',
      action: 'RETRY',
    });
  });
});

const aName = (group: string, more: Partial<JobName> = {}): JobName => ({
  group,
  index: null,
  total: null,
  matrix: null,
  ...more,
});

describe('the name of a job', () => {
  it.each<[string, JobName]>([
    ['unit 2/5', aName('unit', { index: 2, total: 5 })],
    ['build ruby 1:3', aName('build ruby', { index: 1, total: 3 })],
    ['build ruby 1 3', aName('build ruby', { index: 1, total: 3 })],
    ['build ruby 1\\3', aName('build ruby', { index: 1, total: 3 })],
    ['build ruby:1 / 3  ', aName('build ruby', { index: 1, total: 3 })],
    ['test: [linux, 20]', aName('test', { matrix: ['linux', '20'] })],
    ['test: [linux, 20] 1/2', aName('test', { index: 1, total: 2, matrix: ['linux', '20'] })],
    ['test 1/2: [linux]', aName('test', { index: 1, total: 2, matrix: ['linux'] })],
    ['deploy 2026 11', aName('deploy', { index: 2026, total: 11 })],
    ['1/2 unit', aName('1/2 unit')],
    ['k8s-1.31', aName('k8s-1.31')],
    ['unit', aName('unit')],
    [' unit ', aName('unit')],
    ['unit1/2', aName('unit1/2')],
    ['unit 1', aName('unit 1')],
    ['unit 1-2', aName('unit 1-2')],
    ['unit 1/2/3', aName('unit 1/2/3')],
    ['test[linux]', aName('test[linux]')],
    ['test [linux', aName('test [linux')],
  ])('%j', (name, parsed) => {
    expect(parseJobName(name)).toEqual(parsed);
  });

  it('loses at most three parts, and has the numbers of the last', () => {
    const name = 'unit 1/2 3/4 5/6 7/8';
    expect(parseJobName(name)).toEqual(aName('unit 1/2', { index: 7, total: 8 }));
  });

  it.each(['1/2', ' 1/2', ': [linux]', '[linux]', ' ', ' 1 2 3 4', '::'])(
    'is its own group if nothing else is left: %j',
    (name) => expect(parseJobName(name)).toEqual(aName(name)),
  );

  it.each<[string, string[]]>([
    ['t: [a[1], b]', ['a[1]', 'b']],
    ['t: [[a], [b]]', ['[a]', '[b]']],
    ['t: [a] [b]', ['a] [b']],
    ['t: [linux,20]', ['linux', '20']],
    ['t: [ linux , 20 ]', ['linux', '20']],
    ['t: [, 20]', ['', '20']],
    ['t: []', ['']],
    ['t: [1/2]', ['1/2']],
  ])('may have odd values in its matrix: %j', (name, matrix) => {
    expect(parseJobName(name)).toEqual(aName('t', { matrix }));
  });

  it('has no numbers that are too large for GraphQL', () => {
    expect(parseJobName('unit 2147483647/2147483647')).toMatchObject({ index: 2 ** 31 - 1 });
    expect(parseJobName('unit 1/2147483648')).toEqual(aName('unit'));
    expect(parseJobName('unit 20261129101112/3')).toEqual(aName('unit'));
  });

  it('is split in linear time', () => {
    for (const part of [' ', ':', '[', ']', ' [', '] ', '1', '1 ', ' 1/1', ',', ': [a] ']) {
      const name = `a${part.repeat(200_000)}`;
      for (const tail of ['', ']', '1']) expect(parseJobName(name + tail).group).not.toBe('');
    }
  });

  it('always has a group, which begins the name', () => {
    const part = fc.oneof(
      fc.constantFrom(' ', ':', '/', '[', ']', ',', '1', '23', 'unit', 'é', '\n'),
      fc.string({ maxLength: 3 }),
    );
    const names = fc.array(part, { maxLength: 20 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(names, (name) => {
        const { group, index, total } = parseJobName(name);
        expect(group === '').toBe(name === '');
        expect(name.trim().startsWith(group.trim())).toBe(true);
        expect(index === null).toBe(total === null);
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('is found again in what parallel and matrix jobs add to it', () => {
    const base = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,10}[a-z]$/);
    const value = fc.stringMatching(/^[a-z0-9.]{1,8}$/);
    const matrices = fc.option(fc.array(value, { minLength: 1, maxLength: 3 }));
    const parallels = fc.option(fc.tuple(fc.nat(), fc.nat()));
    fc.assert(
      fc.property(base, matrices, parallels, (group, matrix, parallel) => {
        const name = [
          group,
          ...(matrix ? [`: [${matrix.join(', ')}]`] : []),
          ...(parallel ? [` ${parallel.join('/')}`] : []),
        ].join('');
        const [index, total] = parallel ?? [null, null];
        expect(parseJobName(name)).toEqual({ group, index, total, matrix });
      }),
      { numRuns: runs(2_000) },
    );
  });
});
