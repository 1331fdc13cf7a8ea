import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { createWorld } from '../../src/simulator/world.ts';
import { at, startGateway } from '../helpers/start-gateway.ts';
import { startWith } from './own-upstream.ts';

const FIELDS = `
  active complete cancelable playable retryable retried queuedAt failureMessage failureCategory
  groupName parallelIndex parallelTotal matrixValues
  detailedStatus { group text label tooltip action }`;

const pipeline = { id: 9, project_id: 42, status: 'running' };

describe('the derived fields of a job', () => {
  it('follow from its row in one call', async () => {
    const row = {
      id: 5,
      name: 'unit 2/5',
      stage: 'test',
      status: 'failed',
      allow_failure: true,
      failure_reason: 'runner_system_failure',
      started_at: '2026-11-29T10:00:10.000Z',
      queued_duration: 4.5,
      archived: false,
      pipeline,
    };
    const { query, calls, bugs } = await startWith({ '/projects/42/jobs/5': row });
    const answer = await query(`{ job(project: "42", id: "5") { ${FIELDS} } }`);
    expect(answer).toMatchObject({
      data: {
        job: {
          active: false,
          complete: true,
          cancelable: false,
          playable: false,
          retryable: true,
          retried: null,
          queuedAt: '2026-11-29T10:00:05.500Z',
          failureMessage: 'The runner had an error of its own, not the script.',
          failureCategory: 'RUNNER',
          groupName: 'unit',
          parallelIndex: 2,
          parallelTotal: 5,
          matrixValues: null,
          detailedStatus: {
            group: 'failed-with-warnings',
            text: 'Failed',
            label: 'failed (allowed to fail)',
            tooltip: 'failed - (runner system failure) (allowed to fail)',
            action: 'RETRY',
          },
        },
      },
    });
    expect(answer.errors).toBeUndefined();
    expect(calls()).toEqual(['GET /projects/42/jobs/5']);
    expect(bugs).toEqual([]);
  });

  it('follow from a row that has hardly anything', async () => {
    const { query } = await startWith({ '/projects/42/jobs/5': { id: 5, status: '' } });
    const answer = await query(`{ job(project: "42", id: "5") { ${FIELDS} } }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({
      job: {
        active: false,
        complete: false,
        cancelable: false,
        playable: false,
        retryable: false,
        retried: null,
        queuedAt: null,
        failureMessage: null,
        failureCategory: null,
        groupName: null,
        parallelIndex: null,
        parallelTotal: null,
        matrixValues: null,
        detailedStatus: {
          group: 'unknown',
          text: 'unknown',
          label: 'unknown',
          tooltip: 'unknown',
          action: null,
        },
      },
    });
  });

  it('exist for a trigger job, too', async () => {
    const row = { id: 6, name: 'deploy: [eu, blue]', status: 'manual', pipeline };
    const { query, calls } = await startWith({ '/projects/42/pipelines/9/bridges': [row] });
    const answer = await query(
      `{ pipeline(project: "42", id: "9") { bridges { nodes { ${FIELDS} } } } }`,
    );
    expect(at(answer, 'pipeline.bridges.nodes.0')).toMatchObject({
      playable: true,
      retried: false,
      groupName: 'deploy',
      matrixValues: ['eu', 'blue'],
      detailedStatus: { label: 'manual action', action: 'PLAY' },
    });
    expect(calls()).toHaveLength(1);
  });
});

/**
 * Creates a pipeline in which the job "unit" ran three times and "lint" once, and which has a
 * trigger job.
 */
function retriedWorld() {
  const world = createWorld();
  world.addUser({ username: 'alice' });
  world.addToken({ user: 'alice', value: 'glpat-alice' });
  world.addProject({ path: 'group/app', id: 42, members: { alice: 'maintainer' } });
  const added = world.addPipeline('group/app', { id: 700 });
  world.addJob(added, { id: 1, name: 'unit', status: 'failed', retried: true });
  world.addJob(added, { id: 2, name: 'lint', status: 'success' });
  world.addJob(added, { id: 3, name: 'unit', status: 'failed', retried: true });
  world.addJob(added, { id: 4, name: 'unit', status: 'failed' });
  world.addBridge(added, { id: 5, name: 'deploy', status: 'success' });
  return world;
}

const NODES = 'nodes { databaseId retried retryable detailedStatus { action } }';

/**
 * Returns `[id, retried, retryable]` of each job. Checks that `action` is RETRY for retryable jobs
 * and null for others.
 */
function knownOf(nodes: unknown): unknown[] {
  const jobs = nodes as Record<string, unknown>[];
  for (const { retryable, detailedStatus } of jobs) {
    expect(detailedStatus).toEqual({ action: retryable ? 'RETRY' : null });
  }
  return jobs.map(({ databaseId, retried, retryable }) => [databaseId, retried, retryable]);
}

const allAttempts = [
  ['4', false, true],
  ['3', true, false],
  ['2', false, true],
  ['1', true, false],
];
const current = [
  ['4', false, true],
  ['2', false, true],
];
/** Returns the expected values of jobs for which `retried` is unknown: they count as retryable. */
const unknown = (...ids: string[]) => ids.map((id) => [id, null, true]);

describe('retried', () => {
  const start = () => startGateway({ simulator: { world: retriedWorld() }, token: 'glpat-alice' });

  it.each<[string, string, unknown[]]>([
    ['known in a list without retried jobs', 'jobs', current],
    ['known in a page of that list', 'jobs(first: 1)', current.slice(0, 1)],
    ['known in that list with statuses', 'jobs(statuses: [SUCCESS])', current.slice(1)],
    ['known in the list of trigger jobs', 'bridges', [['5', false, true]]],
    ['known in the whole list of attempts', 'jobs(includeRetried: true)', allAttempts],
    [
      'known in its last rows, if these are all',
      'jobs(includeRetried: true, last: 4)',
      allAttempts,
    ],
    ['null in a part of that list', 'jobs(includeRetried: true, first: 3)', unknown('4', '3', '2')],
    [
      'null in that list with statuses',
      'jobs(includeRetried: true, statuses: [FAILED])',
      unknown('4', '3', '1'),
    ],
  ])('is %s', async (_title, list, expected) => {
    const { query, calls, bugs } = await start();
    const answer = await query(
      `{ pipeline(project: "42", id: "700") { list: ${list} { ${NODES} } } }`,
    );
    expect(answer.errors).toBeUndefined();
    expect(knownOf(at(answer, 'pipeline.list.nodes'))).toEqual(expected);
    expect(calls()).toHaveLength(1);
    expect(bugs).toEqual([]);
  });

  it('is known in one list beside another in which it is not', async () => {
    const { query, calls } = await start();
    const answer = await query(`{ pipeline(project: "42", id: "700") {
      current: jobs { ${NODES} } all: jobs(includeRetried: true) { ${NODES} }
      some: jobs(includeRetried: true, first: 1) { ${NODES} } } }`);
    expect(knownOf(at(answer, 'pipeline.current.nodes'))).toEqual(current);
    expect(knownOf(at(answer, 'pipeline.all.nodes'))).toEqual(allAttempts);
    expect(knownOf(at(answer, 'pipeline.some.nodes'))).toEqual(unknown('4'));
    expect(calls()).toHaveLength(3);
  });

  it('is null in the list of a project and for a job by its id', async () => {
    const { query } = await start();
    const answer = await query(`{
      project(fullPath: "42") { jobs { ${NODES} } }
      nodes(ids: ["${toGlobalId('Job', 42, 1)}"]) { ... on Job ${NODES.replace('nodes ', '')} }
    }`);
    expect(knownOf(at(answer, 'project.jobs.nodes'))).toEqual(unknown('4', '3', '2', '1'));
    expect(knownOf(at(answer, 'nodes'))).toEqual(unknown('1'));
  });

  it('is null if GitLab does not count the list', async () => {
    const row = (id: number) => ({ id, name: 'unit', status: 'failed', pipeline });
    const { query } = await startWith({ '/projects/42/pipelines/9/jobs': [row(2), row(1)] });
    const answer = await query(
      `{ pipeline(project: "42", id: "9") { jobs(includeRetried: true) { ${NODES} } } }`,
    );
    expect(knownOf(at(answer, 'pipeline.jobs.nodes'))).toEqual(unknown('2', '1'));
  });
});

describe('the derived fields of a pipeline', () => {
  const ASKED =
    'active complete cancelable retryable detailedStatus { group text label tooltip action }';

  it.each([
    ['created', false, false, 'Created', 'created'],
    ['waiting_for_resource', true, false, 'Waiting', 'waiting for resource'],
    ['preparing', true, false, 'Preparing', 'preparing'],
    ['waiting_for_callback', true, false, 'Waiting', 'waiting for callback'],
    ['pending', true, false, 'Pending', 'pending'],
    ['running', true, false, 'Running', 'running'],
    ['success', false, true, 'Passed', 'passed'],
    ['failed', false, true, 'Failed', 'failed'],
    ['canceling', false, false, 'Canceling', 'canceling'],
    ['canceled', false, true, 'Canceled', 'canceled'],
    ['skipped', false, true, 'Skipped', 'skipped'],
    ['manual', false, false, 'Manual', 'manual action'],
    ['scheduled', false, false, 'Delayed', 'delayed'],
  ])('follow from its row in one call: %s', async (status, active, complete, text, label) => {
    const row = { ...pipeline, status };
    const { query, calls } = await startWith({ '/projects/42/pipelines/9': row });
    const answer = await query(`{ pipeline(project: "42", id: "9") { ${ASKED} } }`);
    expect(answer.errors).toBeUndefined();
    const cancelable = active || status === 'created';
    expect(answer.data).toEqual({
      pipeline: {
        active,
        complete,
        cancelable,
        retryable: null,
        detailedStatus: {
          group: status,
          text,
          label,
          tooltip: label,
          action: cancelable ? 'CANCEL' : null,
        },
      },
    });
    expect(calls()).toEqual(['GET /projects/42/pipelines/9']);
  });

  it('need no call for the pipeline that the row of a job embeds', async () => {
    const { query, calls } = await startWith({
      '/projects/42/jobs/5': { id: 5, status: 'running', pipeline },
      '/projects/42/jobs/6': { id: 6, status: 'running', pipeline: { id: 9, project_id: 42 } },
    });
    const text = (id: number) => `{ job(project: "42", id: "${id}") { pipeline { ${ASKED} } } }`;
    expect(at(await query(text(5)), 'job.pipeline')).toMatchObject({
      active: true,
      detailedStatus: { text: 'Running', action: 'CANCEL' },
    });
    expect(at(await query(text(6)), 'job.pipeline')).toMatchObject({
      active: false,
      detailedStatus: { group: 'unknown', text: 'unknown', action: null },
    });
    expect(calls()).toEqual(['GET /projects/42/jobs/5', 'GET /projects/42/jobs/6']);
  });
});
