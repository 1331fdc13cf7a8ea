import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { Secret } from '../../src/util/secret.ts';
import { at, codesOf, type StartOptions, startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';
import { build, pipelineRow, type Row, startPipelines } from './pipeline-upstream.ts';

const P700 = toGlobalId('Pipeline', 42, 700);
const P900 = toGlobalId('Pipeline', 1, 900);
const errors = 'errors { __typename code message }';

type Mutation = 'pipelineRetry' | 'pipelineCancel';
const mutations: Mutation[] = ['pipelineRetry', 'pipelineCancel'];
const pathOf = (mutation: Mutation) =>
  `POST /projects/42/pipelines/700/${mutation.slice('pipeline'.length).toLowerCase()}`;

const text = (mutation: Mutation, id: string, fields: string) =>
  `mutation { ${mutation}(input: { id: "${id}", clientMutationId: "one" }) { ${fields} ${errors} clientMutationId } }`;

/**
 * Starts a gateway and a simulated GitLab with a failed, a canceled, a running and a skipped job in
 * pipeline 700.
 */
function start(options: StartOptions = {}) {
  const world = smallWorld();
  const jobs = ['failed', 'canceled', 'running', 'skipped'];
  for (const [index, status] of jobs.entries()) {
    const stage = status === 'skipped' ? 'last' : 'first';
    world.addJob(700, { id: 1051 + index, name: status, status, stage, plan: { frozen: true } });
  }
  return startGateway({ simulator: { world }, token: tokens.alice, ...options });
}

describe('pipelineRetry', () => {
  it('retries what failed or was canceled, in one call', async () => {
    const started = await start();
    const answer = await started.query(
      text('pipelineRetry', P700, 'pipeline { id databaseId status ref duration }'),
    );
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'pipelineRetry')).toMatchObject({
      pipeline: { id: P700, databaseId: '700', status: 'RUNNING', ref: 'main' },
      errors: [],
      clientMutationId: 'one',
    });
    expect(started.calls()).toEqual([pathOf('pipelineRetry')]);
    expect(started.simulator.requests).toEqual([]);
    expect(started.bugs).toEqual([]);
  });

  it('reads the new jobs after it, if they are selected', async () => {
    const started = await start();
    started.simulator.world.advance(60_000);
    const answer = await started.query(
      text('pipelineRetry', P700, 'changedJobs { name status retried }'),
    );
    expect(at(answer, 'pipelineRetry.changedJobs')).toEqual([
      // The trigger job `idle` failed when the clock advanced by a minute, so it is retried, too.
      { name: 'idle', status: 'PENDING', retried: false },
      { name: 'canceled', status: 'PENDING', retried: false },
      { name: 'failed', status: 'PENDING', retried: false },
    ]);
    const calls = started.calls();
    expect(calls[0]).toBe(pathOf('pipelineRetry'));
    expect(calls).toHaveLength(3);
  });

  it('is rate-limited above five a minute', async () => {
    const started = await start();
    const retryOnce = () => started.query(text('pipelineRetry', P700, 'pipeline { id }'));
    for (let count = 0; count < 5; count++) {
      expect(at(await retryOnce(), 'pipelineRetry.errors')).toEqual([]);
    }
    expect(at(await retryOnce(), 'pipelineRetry')).toMatchObject({
      pipeline: null,
      errors: [{ __typename: 'RateLimitedError' }],
    });
  });
});

describe('pipelineCancel', () => {
  it('reads the canceled jobs after it, if they are selected', async () => {
    const started = await start();
    started.simulator.world.advance(60_000);
    const answer = await started.query(text('pipelineCancel', P700, 'changedJobs { name status }'));
    expect(at(answer, 'pipelineCancel.changedJobs')).toEqual([
      { name: 'bare', status: 'CANCELED' },
      { name: 'running', status: 'CANCELING' },
    ]);
    expect(started.calls()).toHaveLength(3);
  });

  it('succeeds if nothing can be canceled', async () => {
    const started = await start();
    await started.query(text('pipelineCancel', P700, 'pipeline { id }'));
    started.simulator.world.advance(60_000);
    const answer = await started.query(text('pipelineCancel', P700, 'changedJobs { name }'));
    expect(at(answer, 'pipelineCancel.errors')).toEqual([]);
  });
});

it('shows the state after each of two actions', async () => {
  const started = await start();
  const board = 'pipeline { board { statusCounts { status count } } }';
  const answer = await started.query(`mutation {
    first: pipelineRetry(input: { id: "${P700}" }) { ${board} }
    second: pipelineCancel(input: { id: "${P700}" }) { ${board} }
  }`);
  const statusesOf = (field: string) =>
    (at(answer, `${field}.pipeline.board.statusCounts`) as { status: string }[]).map(
      ({ status }) => status,
    );
  expect(statusesOf('first')).toContain('PENDING');
  expect(statusesOf('second')).not.toContain('PENDING');
  expect(started.calls()).toHaveLength(2 * (1 + 2));
});

describe('changedJobs', () => {
  const DATE = 'Sun, 29 Nov 2026 12:00:00 GMT';
  const since = (ms: number) => new Date(Date.parse(DATE) + ms).toISOString();

  /**
   * Starts a GitLab with a pipeline. The response to a POST request has the header `date: DATE`,
   * unless `headers` says otherwise.
   */
  async function startAt(jobs: Row[], headers: Record<string, string> = { date: DATE }) {
    const pipeline = { project: 1, status: 'running', jobs, bridges: [] as Row[] };
    const started = await startPipelines({ 900: pipeline });
    for (const [action, status] of [
      ['retry', 201],
      ['cancel', 200],
    ] as const) {
      started.faults[`/projects/1/pipelines/900/${action}`] = {
        status,
        body: pipelineRow(900, pipeline),
        headers,
      };
    }
    return started;
  }

  it('after a retry are those created since, with a second for the precision of Date', async () => {
    const started = await startAt([
      build(1, 'long ago'),
      build(2, 'just before', { created_at: since(-60_000) }),
      build(3, 'within the second', { created_at: since(-1_000) }),
      build(4, 'then', { created_at: since(0) }),
      build(5, 'without time', { created_at: null }),
    ]);
    const answer = await started.query(text('pipelineRetry', P900, 'changedJobs { name }'));
    expect(at(answer, 'pipelineRetry.changedJobs')).toEqual([
      { name: 'then' },
      { name: 'within the second' },
    ]);
  });

  it('after a cancel are those canceling, and those canceled since', async () => {
    const canceled = (id: number, name: string, finished: number) =>
      build(id, name, { status: 'canceled', finished_at: since(finished) });
    const started = await startAt([
      canceled(1, 'before', -60_000),
      canceled(2, 'by this', 0),
      build(3, 'ends', { status: 'canceling', finished_at: null }),
      build(4, 'finished', { finished_at: since(0) }),
    ]);
    const answer = await started.query(text('pipelineCancel', P900, 'changedJobs { name }'));
    expect(at(answer, 'pipelineCancel.changedJobs')).toEqual([
      { name: 'by this' },
      { name: 'ends' },
    ]);
  });

  it.each(['/jobs', '/bridges'])('are null if %s cannot be read', async (list) => {
    const started = await startAt([build(1, 'new', { created_at: since(0) })]);
    started.faults[`/projects/1/pipelines/900${list}`] = { status: 500 };
    const answer = await started.query(
      text('pipelineRetry', P900, 'pipeline { id } changedJobs { name }'),
    );
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'pipelineRetry')).toMatchObject({
      pipeline: { id: P900 },
      changedJobs: null,
      errors: [],
    });
  });

  it('are null if the action failed', async () => {
    const started = await startAt([]);
    started.faults['/projects/1/pipelines/900/retry'] = {
      status: 403,
      body: { message: '403 Forbidden' },
    };
    const answer = await started.query(text('pipelineRetry', P900, 'changedJobs { name }'));
    expect(at(answer, 'pipelineRetry')).toMatchObject({
      changedJobs: null,
      errors: [{ __typename: 'ForbiddenError' }],
    });
    expect(started.calls()).toHaveLength(1);
  });
});

describe.each(mutations)('%s', (mutation) => {
  it.each([
    [tokens.mallory, 'NotFoundError'],
    [tokens.gus, 'ForbiddenError'],
    [tokens.aliceReadOnly, 'ForbiddenError'],
  ])('with the token %s is a %s', async (token, type) => {
    const started = await start({ token });
    const answer = await started.query(text(mutation, P700, 'pipeline { id }'));
    expect(answer.errors).toBeUndefined();
    expect(at(answer, mutation)).toMatchObject({ pipeline: null, errors: [{ __typename: type }] });
    expect(started.calls()).toEqual([pathOf(mutation)]);
  });

  it('is an error with a credential that GitLab rejects', async () => {
    const started = await start({ token: tokens.aliceExpired });
    const answer = await started.query(text(mutation, P700, 'pipeline { id }'));
    expect(codesOf(answer)).toEqual({ [mutation]: 'UNAUTHENTICATED' });
  });

  it('reports a conflict with a concurrent write', async () => {
    const started = await start();
    started.simulator.world.addJob(700, { id: 1060, status: 'running', locked: true });
    const answer = await started.query(text(mutation, P700, 'pipeline { id }'));
    expect(at(answer, `${mutation}.errors`)).toMatchObject([{ __typename: 'ConflictError' }]);
  });

  it.each([
    ['429', 'RateLimitedError'],
    ['503', 'UpstreamUnavailableError'],
    ['500', 'OutcomeUnknownError'],
    ['reset', 'OutcomeUnknownError'],
  ] as const)('is sent once if GitLab answers %s', async (kind, type) => {
    const started = await start();
    started.simulator.fail({ kind, times: 9 });
    const answer = await started.query(text(mutation, P700, 'pipeline { id }'));
    expect(at(answer, `${mutation}.errors`)).toMatchObject([{ __typename: type }]);
    expect(started.calls()).toEqual([pathOf(mutation)]);
  });

  it('is UNAUTHENTICATED with the gateway’s own token, and sends nothing', async () => {
    const config = { gitlabToken: new Secret(tokens.alice), gitlabTokenWrites: false };
    const started = await start({ config, token: '' });
    const answer = await started.query(text(mutation, P700, 'pipeline { id }'), { token: null });
    expect(codesOf(answer)).toEqual({ [mutation]: 'UNAUTHENTICATED' });
    expect(started.calls()).toEqual([]);
  });

  it('refuses the id of a job', async () => {
    const started = await start();
    const id = toGlobalId('Job', 42, 1001);
    const answer = await started.query(text(mutation, id, 'pipeline { id }'));
    expect(codesOf(answer)).toEqual({ [mutation]: 'BAD_USER_INPUT' });
    expect(started.calls()).toEqual([]);
  });
});
