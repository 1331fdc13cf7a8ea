import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { Secret } from '../../src/util/secret.ts';
import { at, codesOf, type StartOptions } from '../helpers/start-gateway.ts';
import { jobId, notRetryable, outcomesOf, resultsOf, runBulk as run, tooMany } from './bulk.ts';
import { build, type Row, startPipelines } from './pipeline-upstream.ts';

const P900 = toGlobalId('Pipeline', 1, 900);

const LISTS = [
  'GET /projects/1/pipelines/900/jobs?include_retried=true&page=1&per_page=100',
  'GET /projects/1/pipelines/900/bridges?page=1&per_page=100',
].sort();

/**
 * Starts a gateway, and a GitLab with these jobs in pipeline 900. GitLab answers POST requests with
 * 404 until a test adds responses.
 */
async function startJobs(
  jobs: Row[],
  { bridges = [], ...options }: StartOptions & { bridges?: Row[] } = {},
) {
  const pipeline = { project: 1, status: 'failed', jobs, bridges };
  const started = await startPipelines({ 900: pipeline }, options);
  const answer = (job: number, action: string, status: number, body: object, headers = {}) => {
    started.faults[`/projects/1/jobs/${job}/${action}`] = { status, body, headers };
  };
  const split = () => {
    const calls = started.calls();
    return {
      gets: calls.filter((call) => call.startsWith('GET')).sort(),
      posts: calls.filter((call) => call.startsWith('POST')),
    };
  };
  return { ...started, answer, split };
}

const failed = (id: number, name: string, more: Partial<Row> = {}) =>
  build(id, name, { status: 'failed', ...more });
const four = () => [301, 302, 303, 304].map((id) => failed(id, `job ${id}`));
/** Returns GitLab's response to a successful write. */
const written = (id: number, status = 'pending') => ({
  ...build(id, `job ${id}`, { status }),
  pipeline: { id: 900, project_id: 1 },
});

describe('jobsRetry by pipeline', () => {
  it('reports the outcome of every job, and sends nothing after a rate limit', async () => {
    const started = await startJobs(four());
    started.answer(301, 'retry', 201, written(311));
    started.answer(302, 'retry', 403, notRetryable);
    started.answer(303, 'retry', 429, tooMany, { 'retry-after': '30' });
    const answer = await run(started, 'jobsRetry', {
      pipeline: { id: P900, stage: 'test' },
      clientMutationId: 'one',
    });
    expect(answer.errors).toBeUndefined();
    const rateLimited = {
      __typename: 'RateLimitedError',
      code: 'RATE_LIMITED',
      message: 'This endpoint has been requested too many times.',
      retryAfter: 30,
    };
    expect(answer.data).toEqual({
      jobsRetry: {
        results: [
          {
            id: jobId(301),
            name: 'job 311',
            outcome: 'DONE',
            job: { databaseId: '311', name: 'job 311', status: 'PENDING' },
            errors: [],
          },
          {
            id: jobId(302),
            name: 'job 302',
            outcome: 'REFUSED',
            job: null,
            errors: [
              {
                __typename: 'JobStateError',
                code: 'JOB_NOT_RETRYABLE',
                message: '403 Forbidden - Job is not retryable',
              },
            ],
          },
          { id: jobId(303), name: 'job 303', outcome: 'REFUSED', job: null, errors: [rateLimited] },
          {
            id: jobId(304),
            name: 'job 304',
            outcome: 'NOT_TRIED',
            job: null,
            errors: [rateLimited],
          },
        ],
        done: 1,
        refused: 2,
        notTried: 1,
        unknown: 0,
        errors: [],
        clientMutationId: 'one',
      },
    });
    expect(started.split()).toEqual({
      gets: LISTS,
      posts: [301, 302, 303].map((id) => `POST /projects/1/jobs/${id}/retry`),
    });
    expect(started.bugs).toEqual([]);
  });

  it('plans without a write if it is a dry run', async () => {
    const started = await startJobs(four());
    const answer = await run(started, 'jobsRetry', { pipeline: { id: P900 }, dryRun: true });
    expect(outcomesOf(answer, 'jobsRetry')).toEqual([
      '301 PLANNED',
      '302 PLANNED',
      '303 PLANNED',
      '304 PLANNED',
    ]);
    expect(resultsOf(answer, 'jobsRetry')[0]).toMatchObject({
      name: 'job 301',
      job: { databaseId: '301', status: 'FAILED' },
    });
    expect(at(answer, 'jobsRetry')).toMatchObject({ done: 0, notTried: 0, errors: [] });
    expect(started.split()).toEqual({ gets: LISTS, posts: [] });
  });

  it.each([false, true])('does nothing for more jobs than `max` (dry run: %s)', async (dryRun) => {
    const started = await startJobs(four());
    const input = { pipeline: { id: P900 }, max: 3, dryRun };
    const answer = await run(started, 'jobsRetry', input);
    expect(at(answer, 'jobsRetry')).toMatchObject({
      results: [],
      errors: [
        {
          __typename: 'InvalidInputError',
          code: 'BAD_USER_INPUT',
          message: '4 jobs fit, more than max 3',
        },
      ],
    });
    expect(started.split().posts).toEqual([]);
  });

  it('has empty results if no job fits', async () => {
    const started = await startJobs([build(301, 'job 301')]);
    const answer = await run(started, 'jobsRetry', { pipeline: { id: P900 } });
    expect(at(answer, 'jobsRetry')).toMatchObject({ results: [], errors: [] });
    expect(started.split()).toEqual({ gets: LISTS, posts: [] });
  });

  const mixed = () => [
    failed(301, 'unit 10', { stage: 'test' }),
    failed(302, 'unit 2', { stage: 'test', allow_failure: true }),
    failed(303, 'rspec 1/2', { stage: 'test' }),
    failed(304, 'rspec 2/2', { stage: 'test' }),
    build(305, 'canceled', { stage: 'deploy', status: 'canceled' }),
    build(306, 'good', { stage: 'deploy' }),
    failed(307, 'archived', { stage: 'deploy', archived: true }),
    build(308, 'runs', { stage: 'deploy', status: 'running' }),
    failed(309, 'again', { stage: 'deploy' }),
    build(310, 'again', { stage: 'deploy' }),
  ];

  it.each<[string, object, number[]]>([
    ['all', {}, [303, 304, 302, 301, 305]],
    ['those of a stage', { stage: 'deploy' }, [305]],
    ['those with names', { names: ['unit 2', 'good', 'canceled'] }, [302, 305]],
    ['none for an empty list of names', { names: [] }, []],
    ['those of groups', { groupNames: ['rspec'] }, [303, 304]],
    ['those with statuses', { statuses: ['SUCCESS'] }, [310, 306]],
    ['all for an empty list of statuses', { statuses: [] }, [303, 304, 302, 301, 305]],
    ['those that may not fail', { includeAllowedToFail: false }, [303, 304, 301, 305]],
  ])('chooses current jobs in the order of stages, then names: %s', async (_name, more, ids) => {
    const started = await startJobs(mixed());
    const input = { pipeline: { id: P900, ...more }, dryRun: true };
    const answer = await run(started, 'jobsRetry', input);
    expect(answer.errors).toBeUndefined();
    expect(outcomesOf(answer, 'jobsRetry')).toEqual(ids.map((id) => `${id} PLANNED`));
  });

  it.each<[string, string, object, string]>([
    [
      'jobs is a 404',
      '/jobs',
      { status: 404, body: { message: '404 Not found' } },
      'NotFoundError',
    ],
    [
      'bridges is a 404',
      '/bridges',
      { status: 404, body: { message: '404 Not found' } },
      'NotFoundError',
    ],
    [
      'jobs is forbidden',
      '/jobs',
      { status: 403, body: { message: '403 Forbidden' } },
      'ForbiddenError',
    ],
    [
      'bridges is forbidden',
      '/bridges',
      { status: 403, body: { message: '403 Forbidden' } },
      'ForbiddenError',
    ],
    ['bridges is limited', '/bridges', { status: 429, body: tooMany }, 'RateLimitedError'],
    ['jobs fails', '/jobs', { status: 500, body: {} }, 'UpstreamUnavailableError'],
    ['bridges fails', '/bridges', { status: 500, body: {} }, 'UpstreamUnavailableError'],
  ])('sends nothing if the list of %s', async (_name, list, fault, type) => {
    const started = await startJobs(four());
    started.faults[`/projects/1/pipelines/900${list}`] = fault as never;
    const answer = await run(started, 'jobsRetry', { pipeline: { id: P900 } });
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'jobsRetry')).toMatchObject({ results: [], errors: [{ __typename: type }] });
    expect(started.split().posts).toEqual([]);
    expect(started.bugs).toEqual([]);
  });

  it('fails if the credential is rejected by the lists', async () => {
    const started = await startJobs(four());
    started.faults['/projects/1/pipelines/900/jobs'] = {
      status: 401,
      body: { message: '401 Unauthorized' },
    };
    const answer = await run(started, 'jobsRetry', { pipeline: { id: P900 } });
    expect(codesOf(answer)).toEqual({ jobsRetry: 'UNAUTHENTICATED' });
    expect(started.split().posts).toEqual([]);
  });

  it('sends nothing if the pipeline has more rows than are read', async () => {
    const jobs = Array.from({ length: 2_001 }, (_, index) => build(1_000 + index, `job ${index}`));
    const started = await startJobs([...jobs, failed(9_000, 'broken')]);
    const answer = await run(started, 'jobsRetry', { pipeline: { id: P900 } });
    expect(at(answer, 'jobsRetry')).toMatchObject({
      results: [],
      errors: [{ __typename: 'InvalidInputError', message: expect.stringContaining('2000') }],
    });
    expect(started.split().posts).toEqual([]);
  });

  it('does nothing if the calls that are left do not suffice', async () => {
    const jobs = Array.from({ length: 250 }, (_, index) => build(1_000 + index, `job ${index}`));
    const started = await startJobs([...jobs, ...four()], { env: { MAX_UPSTREAM_CALLS: '6' } });
    const answer = await run(started, 'jobsRetry', { pipeline: { id: P900 }, max: 4 });
    expect(codesOf(answer)).toEqual({ jobsRetry: 'OPERATION_TOO_COMPLEX' });
    expect(started.split()).toMatchObject({ gets: { length: 4 }, posts: [] });
  });

  it('acts on the project by its number, which the lists contain', async () => {
    const started = await startJobs([failed(301, 'unit')], {
      bridges: [failed(302, 'trigger')],
    });
    for (const list of ['jobs', 'bridges']) {
      const path = `/pipelines/900/${list}`;
      const location = `https://gitlab.example.com/api/v4/projects/1${path}`;
      started.faults[`/projects/old%2Fapp${path}`] = { status: 301, headers: { location } };
    }
    for (const id of [301, 302]) started.answer(id, 'retry', 201, written(id + 10));
    const pipeline = { id: toGlobalId('Pipeline', 'old/app', 900) };
    const answer = await run(started, 'jobsRetry', { pipeline });
    expect(outcomesOf(answer, 'jobsRetry')).toEqual(['302 DONE', '301 DONE']);
    expect(started.split().posts).toEqual([
      'POST /projects/1/jobs/302/retry',
      'POST /projects/1/jobs/301/retry',
    ]);
  });

  it('shows the new state below it, without reading it twice', async () => {
    const started = await startJobs([failed(301, 'unit')]);
    started.answer(301, 'retry', 201, written(311));
    const answer = await started.query(
      `mutation ($input: JobsActionInput!) { jobsRetry(input: $input) {
         results { job { status pipeline { status board { jobCount } } ... on Job { tagList } } }
       } }`,
      { variables: { input: { pipeline: { id: P900 } } } },
    );
    expect(answer.errors).toBeUndefined();
    const calls = started.calls();
    expect(calls.map((call) => call.replace(/\?.*/, ''))).toEqual([
      ...LISTS.map((call) => call.replace(/\?.*/, '')).toReversed(),
      'POST /projects/1/jobs/301/retry',
      ...LISTS.map((call) => call.replace(/\?.*/, '')).toReversed(),
    ]);
  });
});

describe('jobsPlay and jobsCancel by pipeline', () => {
  it('plays a stage: manual and delayed jobs, nothing else', async () => {
    const deploy = (id: number, status: string) =>
      build(id, `job ${id}`, { stage: 'deploy', status });
    const started = await startJobs([
      deploy(301, 'manual'),
      deploy(302, 'running'),
      deploy(303, 'manual'),
      build(304, 'other', { status: 'manual' }),
    ]);
    started.answer(301, 'play', 200, written(301));
    started.answer(303, 'play', 200, written(303));
    const input = { pipeline: { id: P900, stage: 'deploy' } };
    const answer = await run(started, 'jobsPlay', input);
    expect(outcomesOf(answer, 'jobsPlay')).toEqual(['301 DONE', '303 DONE']);
    expect(started.split().posts).toEqual([
      'POST /projects/1/jobs/301/play',
      'POST /projects/1/jobs/303/play',
    ]);
  });

  it('cancels what can be canceled, and says what GitLab did not cancel', async () => {
    const states = ['pending', 'running', 'created', 'success', 'manual', 'canceling'];
    const jobs = states.map((status, index) => build(301 + index, `job ${index}`, { status }));
    const started = await startJobs(jobs, {
      bridges: [build(350, 'trigger', { status: 'running' })],
    });
    started.answer(301, 'cancel', 201, written(301, 'canceled'));
    started.answer(302, 'cancel', 201, written(302, 'canceling'));
    started.answer(303, 'cancel', 201, written(303, 'success'));
    const answer = await run(started, 'jobsCancel', { pipeline: { id: P900 } });
    expect(outcomesOf(answer, 'jobsCancel')).toEqual([
      '301 DONE',
      '302 DONE',
      '303 REFUSED JOB_NOT_CANCELABLE',
      '350 REFUSED NOT_FOUND',
    ]);
    expect(resultsOf(answer, 'jobsCancel')[2]).toMatchObject({
      job: { status: 'SUCCESS' },
      errors: [{ __typename: 'JobStateError' }],
    });
    expect(started.split().posts).toHaveLength(4);
  });
});

describe('a bulk mutation by ids', () => {
  it('reads nothing, acts in the given order, and once on a job that is named twice', async () => {
    const started = await startJobs(four());
    for (const id of [303, 301]) started.answer(id, 'retry', 201, written(id + 10));
    const ids = [jobId(303), jobId(301), jobId(303)];
    const answer = await run(started, 'jobsRetry', { ids });
    expect(outcomesOf(answer, 'jobsRetry')).toEqual(['303 DONE', '301 DONE']);
    expect(started.calls()).toEqual([
      'POST /projects/1/jobs/303/retry',
      'POST /projects/1/jobs/301/retry',
    ]);
  });

  it('plans without any call', async () => {
    const started = await startJobs(four());
    const answer = await run(started, 'jobsPlay', { ids: [jobId(301)], dryRun: true });
    expect(resultsOf(answer, 'jobsPlay')).toEqual([
      { id: jobId(301), name: null, outcome: 'PLANNED', job: null, errors: [] },
    ]);
    expect(started.calls()).toEqual([]);
  });

  it('has empty results for no ids', async () => {
    const started = await startJobs(four());
    const answer = await run(started, 'jobsRetry', { ids: [] });
    expect(at(answer, 'jobsRetry')).toMatchObject({ results: [], errors: [] });
  });

  it('does nothing for more ids than `max`', async () => {
    const started = await startJobs(four());
    const ids = Array.from({ length: 27 }, (_, index) => jobId(301 + index));
    const answer = await run(started, 'jobsRetry', { ids });
    expect(at(answer, 'jobsRetry.errors.0.message')).toBe('27 jobs fit, more than max 20');
    expect(started.calls()).toEqual([]);
  });

  it.each([
    ['both ids and a pipeline', { ids: [jobId(301)], pipeline: { id: P900 } }],
    ['neither ids nor a pipeline', {}],
    ['a wrong id', { ids: [jobId(301), 'wrong'] }],
    ['the id of a pipeline as that of a job', { ids: [P900] }],
    ['the id of a job as that of a pipeline', { pipeline: { id: jobId(301) } }],
    ['max 0', { ids: [jobId(301)], max: 0 }],
    ['max 101', { ids: [jobId(301)], max: 101 }],
    ['the status UNKNOWN', { pipeline: { id: P900, statuses: ['UNKNOWN'] } }],
  ])('rejects %s before any call', async (_name, input) => {
    const started = await startJobs(four());
    const answer = await run(started, 'jobsCancel', input);
    expect(answer.data).toEqual({ jobsCancel: null });
    expect(codesOf(answer)).toEqual({ jobsCancel: 'BAD_USER_INPUT' });
    expect(started.calls()).toEqual([]);
  });

  it.each([
    ['pipeline', { pipeline: { id: P900 }, max: 49 }, 51, 'max'],
    ['ids', { ids: Array.from({ length: 51 }, (_, at) => jobId(at + 1)), max: 100 }, 51, 'ids'],
  ])('counts each call beforehand, by %s', async (_name, input, estimatedCalls, argument) => {
    const started = await startJobs(four());
    const answer = await run(started, 'jobsRetry', input);
    expect(answer.errors).toMatchObject([
      { extensions: { code: 'OPERATION_TOO_COMPLEX', estimatedCalls, argument } },
    ]);
    expect(started.calls()).toEqual([]);
  });

  it('counts no calls for a negative `max`, so that other fields count in full', async () => {
    const started = await startJobs(four());
    const plays = Array.from(
      { length: 60 },
      (_, at) => `play${at}: jobPlay(input: { id: "${jobId(at + 1)}" }) { job { id } }`,
    );
    const input = `{ pipeline: { id: "${P900}" }, max: -100 }`;
    const answer = await started.query(
      `mutation { jobsRetry(input: ${input}) { done } ${plays.join(' ')} }`,
    );
    expect(answer.errors).toMatchObject([{ extensions: { code: 'OPERATION_TOO_COMPLEX' } }]);
    expect(started.calls()).toEqual([]);
  });

  it.each([{ ids: [jobId(301)] }, { pipeline: { id: P900 } }])(
    'is UNAUTHENTICATED with the gateway’s own token, and sends nothing: %j',
    async (input) => {
      const started = await startJobs(four(), {
        config: { gitlabToken: new Secret('glpat-own'), gitlabTokenWrites: false },
      });
      const answer = await run(started, 'jobsRetry', input, { token: null });
      expect(codesOf(answer)).toEqual({ jobsRetry: 'UNAUTHENTICATED' });
      expect(started.calls()).toEqual([]);
    },
  );
});
