import { describe, expect, it } from 'vitest';
import type { JobOptions } from '../../src/simulator/build-jobs.ts';
import type { Fault } from '../../src/simulator/simulator.ts';
import type { Version } from '../../src/simulator/versions.ts';
import { Secret } from '../../src/util/secret.ts';
import { at, codesOf, type Started, startGateway, textAt } from '../helpers/start-gateway.ts';
import { addFullJob, small, smallWorld, tokens } from '../helpers/worlds.ts';

const globalId = (...parts: (string | number)[]) =>
  Buffer.from(parts.join(':')).toString('base64url');
const jobId = (id: number | string) => globalId('Job', 42, id);
const bridgeId = (id: number | string) => globalId('Bridge', 42, 700, id);

/**
 * Starts a gateway and a simulated GitLab with the small world and job 1050, which has the given
 * options.
 */
async function startWith(
  job: JobOptions = {},
  options: { version?: Version; token?: string; bridge?: boolean } = {},
): Promise<Started> {
  const world = smallWorld();
  const pipeline = world.pipeline(700)!;
  const frozen = { id: 1050, name: 'subject', plan: { frozen: true }, ...job };
  if (options.bridge) world.addBridge(pipeline, frozen);
  else world.addJob(pipeline, frozen);
  const { version, token = tokens.alice } = options;
  return startGateway({ simulator: { world, version }, token });
}

const errors = 'errors { __typename code message ... on RateLimitedError { retryAfter } }';
const job = 'job { __typename id databaseId name status }';
const fields = {
  jobCancel: `${job} canceled`,
  jobRetry: `${job} retriedJobId`,
  jobErase: job,
  jobPlay: job,
};
type Mutation = keyof typeof fields;
const mutations = Object.keys(fields) as Mutation[];

function mutate(started: Started, mutation: Mutation, input: Record<string, unknown> = {}) {
  const type = `J${mutation.slice(1)}Input`;
  return started.query(
    `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${fields[mutation]} ${errors} clientMutationId } }`,
    { variables: { input: { id: jobId(1050), ...input } } },
  );
}

/** For each mutation, the options of a job that it changes. */
const suitable: Record<Mutation, JobOptions> = {
  jobCancel: { status: 'pending' },
  jobRetry: { status: 'failed' },
  jobErase: { status: 'success', log: 'something\n' },
  jobPlay: { status: 'manual' },
};

describe('jobCancel', () => {
  const waiting = [
    'created',
    'waiting_for_resource',
    'preparing',
    'waiting_for_callback',
    'pending',
    'scheduled',
    'manual',
  ];

  it.each(waiting)('cancels a job that is %s', async (status) => {
    const started = await startWith({ status });
    const answer = await mutate(started, 'jobCancel');
    expect(answer.data).toEqual({
      jobCancel: {
        job: {
          __typename: 'Job',
          id: jobId(1050),
          databaseId: '1050',
          name: 'subject',
          status: 'CANCELED',
        },
        canceled: true,
        errors: [],
        clientMutationId: null,
      },
    });
    expect(started.calls()).toEqual(['POST /projects/42/jobs/1050/cancel']);
    expect(started.bugs).toEqual([]);
  });

  it.each([
    ['runs on a runner that ends gracefully', { status: 'running' }, '19.3', 'CANCELING', true],
    [
      'runs on an older runner',
      { status: 'running', gracefulCancel: false },
      '19.3',
      'CANCELED',
      true,
    ],
    ['runs on an older GitLab', { status: 'running' }, '16.0', 'CANCELED', true],
    ['is canceling', { status: 'canceling' }, '19.3', 'CANCELING', true],
    ['was canceled before', { status: 'canceled' }, '19.3', 'CANCELED', true],
    ['succeeded', { status: 'success' }, '19.3', 'SUCCESS', false],
    ['failed', { status: 'failed' }, '19.3', 'FAILED', false],
    ['was skipped', { status: 'skipped' }, '19.3', 'SKIPPED', false],
  ] as const)(
    'tells what became of a job that %s',
    async (_name, options, version, status, canceled) => {
      const started = await startWith(options, { version });
      const answer = await mutate(started, 'jobCancel');
      expect(at(answer, 'jobCancel')).toMatchObject({ job: { status }, canceled, errors: [] });
      expect(started.calls()).toHaveLength(1);
    },
  );

  it.each([
    ['ends a job that hangs in CANCELING', 'canceling', 'CANCELED', true],
    ['does nothing to a running job', 'running', 'RUNNING', false],
    ['does nothing to a pending job', 'pending', 'PENDING', false],
    ['does nothing to a finished job', 'success', 'SUCCESS', false],
  ])('by force %s', async (_name, status, after, canceled) => {
    const started = await startWith({ status });
    const answer = await mutate(started, 'jobCancel', { force: true });
    expect(at(answer, 'jobCancel')).toMatchObject({ job: { status: after }, canceled, errors: [] });
    expect(started.simulator.requests.map(({ body }) => body)).toEqual([{ force: true }]);
  });

  it.each([
    [
      'is refused to a developer',
      '19.3',
      { job: null, canceled: false, errors: [{ code: 'FORBIDDEN' }] },
    ],
    [
      'is an ordinary cancel on a GitLab that has no force',
      '18.0',
      { job: { status: 'CANCELING' }, canceled: true },
    ],
  ] as const)('by force %s', async (_name, version, expected) => {
    const started = await startWith({ status: 'running' }, { token: tokens.bob, version });
    const answer = await mutate(started, 'jobCancel', { force: true });
    expect(at(answer, 'jobCancel')).toMatchObject(expected);
  });

  it.each([undefined, false, null])('sends no force for %j', async (force) => {
    const started = await startWith({ status: 'pending' });
    await mutate(started, 'jobCancel', { force });
    expect(started.simulator.requests.map(({ body }) => body)).toEqual([undefined]);
  });

  it('does not find a trigger job, which GitLab cannot cancel', async () => {
    const started = await startWith({ status: 'running' }, { bridge: true });
    const answer = await mutate(started, 'jobCancel', { id: bridgeId(1050) });
    expect(at(answer, 'jobCancel')).toMatchObject({
      job: null,
      canceled: false,
      errors: [{ __typename: 'NotFoundError', code: 'NOT_FOUND', message: '404 Not found' }],
    });
  });
});

describe('jobRetry', () => {
  it.each(['success', 'failed', 'canceled', 'canceling'])(
    'runs a job that is %s again, as a new job',
    async (status) => {
      const started = await startWith({ status });
      const answer = await mutate(started, 'jobRetry', { clientMutationId: 'one' });
      expect(answer.data).toEqual({
        jobRetry: {
          job: {
            __typename: 'Job',
            id: jobId(1051),
            databaseId: '1051',
            name: 'subject',
            status: 'PENDING',
          },
          retriedJobId: jobId(1050),
          errors: [],
          clientMutationId: 'one',
        },
      });
      expect(started.calls()).toEqual(['POST /projects/42/jobs/1050/retry']);
      expect(started.bugs).toEqual([]);
    },
  );

  it.each(['created', 'pending', 'running', 'manual', 'skipped'])(
    'says that a job that is %s cannot be retried',
    async (status) => {
      const started = await startWith({ status });
      const answer = await mutate(started, 'jobRetry');
      expect(at(answer, 'jobRetry')).toMatchObject({
        job: null,
        retriedJobId: null,
        errors: [
          {
            __typename: 'JobStateError',
            code: 'JOB_NOT_RETRYABLE',
            message: '403 Forbidden - Job is not retryable',
          },
        ],
      });
      expect(started.calls()).toHaveLength(1);
    },
  );

  it('says that a job cannot be retried twice', async () => {
    const started = await startWith({ status: 'failed' });
    await mutate(started, 'jobRetry');
    expect(at(await mutate(started, 'jobRetry'), 'jobRetry.errors.0.code')).toBe(
      'JOB_NOT_RETRYABLE',
    );
  });

  it('is forbidden for an archived job', async () => {
    const started = await startWith({ status: 'failed', archived: true });
    expect(at(await mutate(started, 'jobRetry'), 'jobRetry.errors')).toMatchObject([
      { __typename: 'ForbiddenError', code: 'FORBIDDEN', message: '403 Forbidden' },
    ]);
  });

  it('sends inputs under both names that GitLab has for them', async () => {
    const started = await startWith({ status: 'failed', inputs: { target: {}, count: {} } });
    const inputs = [
      { name: 'target', value: 'staging' },
      { name: 'count', value: 3 },
    ];
    const answer = await mutate(started, 'jobRetry', { inputs });
    const sent = { target: 'staging', count: 3 };
    expect(at(answer, 'jobRetry.errors')).toEqual([]);
    expect(started.simulator.requests.map(({ body }) => body)).toEqual([
      { inputs: sent, job_inputs: sent },
    ]);
  });

  it.each([
    [{ name: 'nothing', value: 'x' }, '400 Bad request - Unknown input: nothing'],
    [
      { name: 'environment', value: 'development' },
      '400 Bad request - `environment` input: `development` cannot be used because it is not in the list of allowed options',
    ],
  ])('reports what is wrong with the input %j', async (input, message) => {
    const environment = { options: ['staging', 'production'] };
    const started = await startWith({ status: 'failed', inputs: { environment } });
    const answer = await mutate(started, 'jobRetry', { inputs: [input] });
    expect(at(answer, 'jobRetry')).toMatchObject({
      job: null,
      errors: [{ __typename: 'InvalidInputError', code: 'BAD_USER_INPUT', message }],
    });
  });

  it('retries a trigger job as a new one that can be read by its id', async () => {
    const started = await startWith({ status: 'failed' }, { bridge: true });
    const old = bridgeId(1050);
    const answer = await mutate(started, 'jobRetry', { id: old });
    expect(at(answer, 'jobRetry')).toMatchObject({
      job: { __typename: 'Bridge', id: bridgeId(1051), databaseId: '1051' },
      retriedJobId: old,
      errors: [],
    });
    const read = await started.query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      variables: { ids: [old, bridgeId(1051)] },
    });
    expect(read.errors).toBeUndefined();
    expect(read.data).toEqual({ nodes: [null, { id: bridgeId(1051) }] });
  });

  it('does not find a trigger job before GitLab 17', async () => {
    const started = await startWith({ status: 'failed' }, { bridge: true, version: '16.0' });
    const answer = await mutate(started, 'jobRetry', { id: bridgeId(1050) });
    expect(at(answer, 'jobRetry.errors')).toMatchObject([{ __typename: 'NotFoundError' }]);
  });
});

describe('jobErase', () => {
  it('deletes log and artifacts and keeps the status', async () => {
    const world = smallWorld();
    const started = await startGateway({ simulator: { world }, token: tokens.alice });
    const answer = await started.query(`mutation {
      jobErase(input: { id: "${jobId(small.fullJob)}", clientMutationId: "two" }) {
        job { status erasedAt artifacts { fileType } artifactsFile { size } artifactsExpireAt }
        ${errors}
        clientMutationId
      }
    }`);
    expect(answer.data).toEqual({
      jobErase: {
        job: {
          status: 'SUCCESS',
          erasedAt: new Date(world.now).toISOString(),
          artifacts: [],
          artifactsFile: null,
          artifactsExpireAt: null,
        },
        errors: [],
        clientMutationId: 'two',
      },
    });
    expect(started.calls()).toEqual(['POST /projects/42/jobs/1001/erase']);
    expect(started.bugs).toEqual([]);
  });

  it.each([
    ['still runs', { status: 'running', log: 'x\n' }],
    ['has nothing to erase', { status: 'success' }],
  ])('says that a job that %s cannot be erased', async (_name, options) => {
    const started = await startWith(options);
    expect(at(await mutate(started, 'jobErase'), 'jobErase')).toMatchObject({
      job: null,
      errors: [
        {
          __typename: 'JobStateError',
          code: 'JOB_NOT_ERASABLE',
          message: '403 Forbidden - Job is not erasable!',
        },
      ],
    });
  });

  it('says that a job cannot be erased twice', async () => {
    const started = await startWith(suitable.jobErase);
    expect(at(await mutate(started, 'jobErase'), 'jobErase.errors')).toEqual([]);
    expect(at(await mutate(started, 'jobErase'), 'jobErase.errors.0.code')).toBe(
      'JOB_NOT_ERASABLE',
    );
  });

  it('is forbidden for a developer who does not own the job', async () => {
    const started = await startWith(suitable.jobErase, { token: tokens.bob });
    expect(at(await mutate(started, 'jobErase'), 'jobErase.errors')).toMatchObject([
      { __typename: 'ForbiddenError', message: '403 Forbidden' },
    ]);
  });

  it('is allowed for a developer who owns the job', async () => {
    const started = await startWith({ ...suitable.jobErase, user: 'bob' }, { token: tokens.bob });
    expect(at(await mutate(started, 'jobErase'), 'jobErase.errors')).toEqual([]);
  });

  it('reports a conflict with a refresh of the project’s statistics', async () => {
    const started = await startWith(suitable.jobErase);
    const project = started.simulator.world.project('group/app');
    if (project) project.statsRefreshing = true;
    expect(at(await mutate(started, 'jobErase'), 'jobErase.errors')).toEqual([
      {
        __typename: 'ConflictError',
        code: 'CONFLICT',
        message:
          'Action temporarily disabled. The project this pipeline belongs to is undergoing stats refresh.',
      },
    ]);
  });

  it('does not find a trigger job', async () => {
    const started = await startWith({}, { bridge: true });
    const answer = await mutate(started, 'jobErase', { id: bridgeId(1050) });
    expect(at(answer, 'jobErase.errors')).toMatchObject([{ __typename: 'NotFoundError' }]);
  });
});

describe('jobPlay', () => {
  it.each(['manual', 'scheduled'])('starts a %s job as the caller', async (status) => {
    const started = await startWith({ status, user: 'alice' }, { token: tokens.bob });
    const answer = await started.query(
      `mutation { jobPlay(input: { id: "${jobId(1050)}" }) { job { id status user { username } } ${errors} } }`,
    );
    expect(answer.data).toEqual({
      jobPlay: {
        job: { id: jobId(1050), status: 'PENDING', user: { username: 'bob' } },
        errors: [],
      },
    });
    expect(started.calls()).toEqual(['POST /projects/42/jobs/1050/play']);
    expect(started.simulator.world.job(1050)?.variables).toEqual([]);
  });

  it('starts a manual job that ran before as a new job', async () => {
    const started = await startWith({ status: 'success', when: 'manual' });
    expect(at(await mutate(started, 'jobPlay'), 'jobPlay')).toMatchObject({
      job: { id: jobId(1051) },
      errors: [],
    });
  });

  it.each([
    ['an ordinary job', { status: 'success' }],
    ['a manual job that runs', { status: 'running', when: 'manual' }],
  ] as const)('says that %s cannot be played', async (_name, options) => {
    const started = await startWith(options);
    expect(at(await mutate(started, 'jobPlay'), 'jobPlay')).toMatchObject({
      job: null,
      errors: [
        {
          __typename: 'JobStateError',
          code: 'JOB_NOT_PLAYABLE',
          message: '400 Bad request - Unplayable Job',
        },
      ],
    });
  });

  it('sends variables and inputs for this run', async () => {
    const started = await startWith({ status: 'manual', inputs: { region: {} } });
    const variables = [
      { key: 'DEPLOY_TO', value: 'eu' },
      { key: 'EMPTY', value: '' },
    ];
    const inputs = [{ name: 'region', value: ['eu', 'us'] }];
    const answer = await mutate(started, 'jobPlay', { variables, inputs });
    expect(at(answer, 'jobPlay.errors')).toEqual([]);
    expect(started.simulator.requests.map(({ body }) => body)).toEqual([
      { job_variables_attributes: variables, job_inputs: { region: ['eu', 'us'] } },
    ]);
    expect(started.simulator.world.job(1050)?.variables).toEqual(variables);
  });

  it('sends nothing for empty lists', async () => {
    const started = await startWith({ status: 'manual' });
    await mutate(started, 'jobPlay', { variables: [], inputs: [] });
    expect(started.simulator.requests.map(({ body }) => body)).toEqual([undefined]);
  });

  it('is forbidden with variables for a caller who may not set them', async () => {
    const started = await startWith({ status: 'manual' }, { token: tokens.bob });
    const project = started.simulator.world.project('group/app');
    if (project) project.variablesRole = 'maintainer';
    const variables = [{ key: 'A', value: 'b' }];
    expect(at(await mutate(started, 'jobPlay', { variables }), 'jobPlay.errors')).toMatchObject([
      { __typename: 'ForbiddenError' },
    ]);
    expect(at(await mutate(started, 'jobPlay'), 'jobPlay.errors')).toEqual([]);
  });

  it('reports what is wrong with an input', async () => {
    const started = await startWith({ status: 'manual' });
    const inputs = [{ name: 'nothing', value: 1 }];
    expect(at(await mutate(started, 'jobPlay', { inputs }), 'jobPlay.errors')).toEqual([
      {
        __typename: 'InvalidInputError',
        code: 'BAD_USER_INPUT',
        message: '400 Bad request - Unknown input: nothing',
      },
    ]);
  });

  it('starts a trigger job', async () => {
    const started = await startWith({ status: 'manual' }, { bridge: true });
    const answer = await mutate(started, 'jobPlay', { id: bridgeId(1050) });
    expect(at(answer, 'jobPlay')).toMatchObject({
      job: { __typename: 'Bridge', id: bridgeId(1050), status: 'PENDING' },
      errors: [],
    });
  });
});

const callOf = (mutation: Mutation) =>
  `POST /projects/42/jobs/1050/${mutation.slice(3).toLowerCase()}`;

const unknown: Fault['kind'][] = ['500', '502', '504', 'truncated', 'reset'];

/**
 * Checks the result if GitLab applies the mutation, but the response fails with the given fault.
 */
async function checkUnknown(mutation: Mutation, kind: Fault['kind']): Promise<void> {
  const world = smallWorld();
  world.addJob(700, { id: 1050, plan: { frozen: true }, ...suitable[mutation] });
  const started = await startGateway({
    simulator: { world },
    token: tokens.alice,
    transport: { timeouts: { headersMs: 150 } },
  });
  started.simulator.fail({ kind, times: 9, afterHandling: true });
  const answer = await mutate(started, mutation);
  expect(answer.errors).toBeUndefined();
  expect(at(answer, mutation)).toMatchObject({
    job: null,
    errors: [{ __typename: 'OutcomeUnknownError', code: 'OUTCOME_UNKNOWN' }],
  });
  expect(started.calls()).toEqual([callOf(mutation)]);
  expect(started.bugs).toEqual([]);
}

async function checkOperationTimeout(mutation: Mutation): Promise<void> {
  const world = smallWorld();
  world.addJob(700, { id: 1050, plan: { frozen: true }, ...suitable[mutation] });
  const config = { operationTimeoutMs: 600 };
  const started = await startGateway({ simulator: { world }, token: tokens.alice, config });
  started.simulator.fail({ kind: 'hang' });
  const answer = await mutate(started, mutation);
  expect(at(answer, `${mutation}.errors`)).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
  expect(started.calls()).toEqual([callOf(mutation)]);
  expect(started.bugs).toEqual([]);
}

describe('each mutation, all waiting at the same time,', () => {
  it('may have been applied after hang, and is not retried', async () => {
    await Promise.all(mutations.map((mutation) => checkUnknown(mutation, 'hang')));
  });

  it('may have been applied when the operation times out', async () => {
    await Promise.all(mutations.map(checkOperationTimeout));
  });
});

describe.each(mutations)('%s', (mutation) => {
  const path = callOf(mutation);

  it('is NOT_FOUND for an unknown job, and without access to the project', async () => {
    const started = await startWith(suitable[mutation]);
    const gone = await mutate(started, mutation, { id: jobId(777) });
    const expected = { job: null, errors: [{ __typename: 'NotFoundError', code: 'NOT_FOUND' }] };
    expect(at(gone, mutation)).toMatchObject(expected);
    const hidden = await startWith(suitable[mutation], { token: tokens.mallory });
    expect(at(await mutate(hidden, mutation), mutation)).toMatchObject(expected);
    expect(hidden.calls()).toEqual([path]);
  });

  it('is FORBIDDEN for a guest', async () => {
    const started = await startWith(suitable[mutation], { token: tokens.gus });
    expect(at(await mutate(started, mutation), mutation)).toMatchObject({
      job: null,
      errors: [{ __typename: 'ForbiddenError', code: 'FORBIDDEN', message: '403 Forbidden' }],
    });
  });

  it('is FORBIDDEN with a read-only token', async () => {
    const started = await startWith(suitable[mutation], { token: tokens.aliceReadOnly });
    expect(at(await mutate(started, mutation), mutation)).toMatchObject({
      job: null,
      errors: [
        {
          __typename: 'ForbiddenError',
          message:
            'insufficient_scope: The request requires higher privileges than provided by the access token.',
        },
      ],
    });
  });

  it('is an error with a credential that GitLab refuses', async () => {
    const started = await startWith(suitable[mutation], { token: tokens.aliceExpired });
    const answer = await mutate(started, mutation);
    expect(answer.data).toEqual({ [mutation]: null });
    expect(codesOf(answer)).toEqual({ [mutation]: 'UNAUTHENTICATED' });
    expect(started.calls()).toEqual([path]);
  });

  it('reports a conflict with a concurrent write', async () => {
    const started = await startWith({ ...suitable[mutation], locked: true });
    expect(at(await mutate(started, mutation), `${mutation}.errors`)).toEqual([
      { __typename: 'ConflictError', code: 'CONFLICT', message: '409 Conflict: Resource lock' },
    ]);
    expect(started.calls()).toEqual([path]);
  });

  const notDone: [Fault, object][] = [
    [
      { kind: '429', retryAfter: 7 },
      {
        __typename: 'RateLimitedError',
        code: 'RATE_LIMITED',
        message: 'Retry later',
        retryAfter: 7,
      },
    ],
    [{ kind: '429-json' }, { __typename: 'RateLimitedError', retryAfter: null }],
    [
      { kind: 'html' },
      {
        __typename: 'UpstreamUnavailableError',
        message: expect.stringContaining('Another server answered instead of GitLab'),
      },
    ],
    [
      { kind: 'redirect', location: 'https://sign-in.example.com/users?token=x' },
      {
        __typename: 'UpstreamUnavailableError',
        message: expect.stringContaining(' to https://sign-in.example.com (status 302)'),
      },
    ],
    [{ kind: '503' }, { __typename: 'UpstreamUnavailableError', code: 'UPSTREAM_UNAVAILABLE' }],
    [
      { kind: 'maintenance' },
      { __typename: 'UpstreamUnavailableError', message: 'system is in maintenance mode' },
    ],
  ];

  it.each(notDone)(
    'was certainly not applied after %o, and is not retried',
    async (fault, expected) => {
      const started = await startWith(suitable[mutation]);
      const before = started.simulator.world.job(1050)?.status;
      started.simulator.fail({ ...fault, times: 9 });
      const answer = await mutate(started, mutation);
      expect(answer.errors).toBeUndefined();
      expect(at(answer, mutation)).toMatchObject({ job: null, errors: [expected] });
      expect(started.calls()).toEqual([path]);
      expect(started.simulator.world.job(1050)?.status).toBe(before);
      expect(started.bugs).toEqual([]);
    },
  );

  it('was certainly not applied on an older GitLab in maintenance mode', async () => {
    const started = await startWith(suitable[mutation], { version: '16.0' });
    started.simulator.fail({ kind: 'maintenance' });
    expect(at(await mutate(started, mutation), `${mutation}.errors`)).toEqual([
      {
        __typename: 'UpstreamUnavailableError',
        code: 'UPSTREAM_UNAVAILABLE',
        message: 'You cannot perform write operations on a read-only instance',
      },
    ]);
  });

  it('was certainly not applied if GitLab is unreachable', async () => {
    const started = await startWith(suitable[mutation]);
    await started.simulator.close();
    expect(at(await mutate(started, mutation), `${mutation}.errors`)).toMatchObject([
      { __typename: 'UpstreamUnavailableError', code: 'UPSTREAM_UNAVAILABLE' },
    ]);
  });

  it.each(unknown)('may have been applied after %s, and is not retried', (kind) =>
    checkUnknown(mutation, kind),
  );

  it.each([
    ['a pipeline', globalId('Pipeline', 42, 700)],
    ['a project', globalId('Project', 42)],
    ['a user', globalId('User', 1)],
    ['nothing', 'gid://gitlab/Ci::Build/1050'],
    ['GitLab’s own', '1050'],
  ])('refuses an id of %s', async (_name, id) => {
    const started = await startWith(suitable[mutation]);
    const answer = await mutate(started, mutation, { id });
    expect(answer.data).toEqual({ [mutation]: null });
    expect(codesOf(answer)).toEqual({ [mutation]: 'BAD_USER_INPUT' });
    expect(started.calls()).toEqual([]);
  });

  describe('with the token of the gateway', () => {
    const withToken = (gitlabTokenWrites: boolean) => {
      const world = smallWorld();
      world.addJob(700, { id: 1050, plan: { frozen: true }, ...suitable[mutation] });
      const config = { gitlabToken: new Secret(tokens.alice), gitlabTokenWrites };
      return startGateway({ simulator: { world }, config });
    };

    it('is UNAUTHENTICATED without a call, because that token is for reads', async () => {
      const started = await withToken(false);
      const answer = await mutate(started, mutation);
      expect(answer.data).toEqual({ [mutation]: null });
      expect(codesOf(answer)).toEqual({ [mutation]: 'UNAUTHENTICATED' });
      expect(started.calls()).toEqual([]);
    });

    it('is sent if GITLAB_TOKEN_WRITES allows it', async () => {
      const started = await withToken(true);
      const answer = await mutate(started, mutation);
      expect(at(answer, `${mutation}.errors`)).toEqual([]);
      expect(started.simulator.requests.map(({ headers }) => headers['private-token'])).toEqual([
        tokens.alice,
      ]);
    });

    it('is sent with the credential of a caller who has one', async () => {
      const started = await withToken(false);
      const headers = { authorization: `Bearer ${tokens.bob}` };
      await started.query(
        `mutation { ${mutation}(input: { id: "${jobId(1050)}" }) { ${errors} } }`,
        { headers },
      );
      const [request] = started.simulator.requests;
      expect(request?.headers).toMatchObject(headers);
      expect(request?.headers).not.toHaveProperty('private-token');
    });
  });
});

describe('After a mutation', () => {
  it('everything selected below it is read again', async () => {
    const world = smallWorld();
    const pipeline = world.pipeline(700)!;
    addFullJob(world, pipeline, { id: 1050 });
    const started = await startGateway({ simulator: { world }, token: tokens.alice });
    const below = `id erasedAt ... on Job { trace { byteSize } } pipeline { status duration jobs(first: 2) { nodes { databaseId erasedAt } } }`;
    const answer = await started.query(`mutation {
      first: jobErase(input: { id: "${jobId(1001)}" }) { job { ${below} } ${errors} }
      second: jobErase(input: { id: "${jobId(1050)}" }) { job { ${below} } ${errors} }
      third: jobRetry(input: { id: "${jobId(1050)}" }) { job { ${below} } ${errors} }
    }`);
    const erasedAt = new Date(world.now).toISOString();
    const nodes = (...rows: [string, string | null][]) => ({
      nodes: rows.map(([databaseId, at]) => ({ databaseId, erasedAt: at })),
    });
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toMatchObject({
      first: {
        job: { trace: { byteSize: 0 }, pipeline: { jobs: nodes(['1050', null], ['1002', null]) } },
      },
      second: {
        job: {
          trace: { byteSize: 0 },
          pipeline: { jobs: nodes(['1050', erasedAt], ['1002', null]) },
        },
      },
      third: { job: { pipeline: { jobs: nodes(['1051', null], ['1002', null]) } } },
    });
    const calls = started.calls();
    expect(calls.filter((call) => call.startsWith('POST'))).toEqual([
      'POST /projects/42/jobs/1001/erase',
      'POST /projects/42/jobs/1050/erase',
      'POST /projects/42/jobs/1050/retry',
    ]);
    expect(calls).toHaveLength(12);
    expect(started.bugs).toEqual([]);
  });

  it('a query returns the new state', async () => {
    const started = await startWith({ status: 'manual' });
    const read = () => started.query('{ job(project: "42", id: "1050") { status } }');
    expect((await read()).data).toEqual({ job: { status: 'MANUAL' } });
    await mutate(started, 'jobPlay');
    expect((await read()).data).toEqual({ job: { status: 'PENDING' } });
  });

  it('the job’s own fields make no further call', async () => {
    const started = await startWith({ status: 'pending' });
    const answer = await started.query(`mutation {
      jobCancel(input: { id: "${jobId(1050)}" }) {
        canceled
        job {
          id status statusRaw finishedAt webUrl
          user { username } commit { sha }
          pipeline { id databaseId ref sha status source webUrl }
          project { id databaseId fullPath webUrl }
          ... on Job { artifacts { size } runner { description } tagList }
        }
      }
    }`);
    expect(answer.errors).toBeUndefined();
    expect(textAt(answer, 'jobCancel.job.project.fullPath')).toBe('group/app');
    expect(started.calls()).toEqual(['POST /projects/42/jobs/1050/cancel']);
  });

  it('that failed, the next one is still sent', async () => {
    const started = await startWith({ status: 'pending' });
    const answer = await started.query(`mutation {
      a: jobRetry(input: { id: "${jobId(1050)}" }) { errors { code } }
      b: jobErase(input: { id: "no id" }) { errors { code } }
      c: jobCancel(input: { id: "${jobId(1050)}" }) { canceled }
    }`);
    expect(answer.data).toEqual({
      a: { errors: [{ code: 'JOB_NOT_RETRYABLE' }] },
      b: null,
      c: { canceled: true },
    });
    expect(codesOf(answer)).toEqual({ b: 'BAD_USER_INPUT' });
  });
});
