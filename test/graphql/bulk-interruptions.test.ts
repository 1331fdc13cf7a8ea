import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { aJob, sendJson, startUpstream } from '../gitlab/upstream.ts';
import { runs } from '../helpers/runs.ts';
import { type Answer, at, startGateway } from '../helpers/start-gateway.ts';
import { jobId, notRetryable, outcomesOf, resultsOf, runBulk as run, tooMany } from './bulk.ts';
import { startBehind } from './own-upstream.ts';

/*
 * Interrupts a bulk mutation at every position with everything that can happen to a request. Each
 * job must have exactly one outcome, and no request may be sent twice.
 */

/** What happens to the request at one position. */
type Event = (typeof events)[number];
const events = [
  'state',
  'conflict',
  '422',
  '429',
  '401',
  'scope',
  'granular scope',
  'reset',
  '503',
  'redirect',
  'connection refused',
] as const;

const scope = (error: string) => ({ error, error_description: 'Not with this token.' });
const responses: Partial<Record<Event, [status: number, body: object]>> = {
  state: [403, notRetryable],
  conflict: [409, { message: '409 Conflict: Resource lock' }],
  '422': [422, { message: '422 Unprocessable Entity' }],
  '429': [429, tooMany],
  '401': [401, { message: '401 Unauthorized' }],
  scope: [403, scope('insufficient_scope')],
  'granular scope': [403, scope('insufficient_granular_scope')],
  '503': [503, { message: 'system is in maintenance mode' }],
};

/** The expected error of the interrupted job, and whether the jobs after it are not tried. */
const expected: Record<Event, [type: string, stops: boolean]> = {
  state: ['JobStateError', false],
  conflict: ['ConflictError', false],
  '422': ['InvalidInputError', false],
  '429': ['RateLimitedError', true],
  '401': ['UnauthenticatedError', true],
  scope: ['ForbiddenError', true],
  'granular scope': ['ForbiddenError', true],
  reset: ['OutcomeUnknownError', false],
  '503': ['UpstreamUnavailableError', true],
  redirect: ['UpstreamUnavailableError', true],
  'connection refused': ['UpstreamUnavailableError', true],
};

interface Interruption {
  event: Event | 'hang';
  /** The requests to which `event` happens, counted from 0. */
  positions: readonly number[];
  /** What happens to each request. Replaces `event` and `positions`. */
  sequence?: readonly (Event | 'nothing')[];
  jobs: number;
  /** Number of projects over which the jobs are distributed, round-robin. */
  projects: number;
  options?: object;
}

/**
 * Starts a gateway, and a GitLab that retries jobs, but interrupts the requests as given.
 */
async function startInterrupted(interruption: Interruption) {
  const { event, positions, sequence, jobs, projects, options } = interruption;
  const eventAt = (position: number) =>
    sequence ? sequence[position] : positions.includes(position) ? event : 'nothing';
  let count = 0;
  let isClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    isClosed = resolve;
  });
  const upstream = await startUpstream(async (request, response) => {
    const [, project = '', id = ''] = /projects\/(\d+)\/jobs\/(\d+)/.exec(request.url ?? '') ?? [];
    const position = count++;
    response.once('close', isClosed);
    const happens = eventAt(position);
    if (happens !== 'nothing') {
      const [status, body] = responses[happens as Event] ?? [];
      if (status) return sendJson(response, body, { status, headers: { 'retry-after': '30' } });
      if (happens === 'hang') return;
      if (happens === 'reset') return void request.socket.resetAndDestroy();
      response.writeHead(302, { location: 'https://elsewhere.example.com/' }).end();
      return;
    }
    const body = aJob(Number(id) + 1_000, {
      status: 'pending',
      pipeline: { id: 9, project_id: Number(project) },
    });
    // Closes the connection after this response, so that the next request needs a new connection,
    // which is refused.
    const isLast = event === 'connection refused' && positions.includes(position + 1);
    sendJson(response, body, isLast ? { headers: { connection: 'close' }, status: 201 } : {});
    if (isLast) await upstream.close();
  });
  const started = await startGateway({
    env: { GITLAB_URL: upstream.url, MAX_UPSTREAM_CALLS: '200' },
    token: 'glpat-alice',
    ...options,
  });
  if (event === 'connection refused' && positions.includes(0)) await upstream.close();
  const ids = Array.from({ length: jobs }, (_, index) =>
    jobId(301 + index, 1 + (index % projects)),
  );
  return { ...started, upstream, closed, ids };
}

/**
 * Checks that each job has one outcome, in order, that nothing was sent twice, and that each sent
 * request belongs to an outcome.
 */
function checkInvariants(answer: Answer, ids: readonly string[], log: readonly string[]) {
  const results = resultsOf(answer, 'jobsRetry');
  expect(results.map(({ id }) => id)).toEqual(ids);
  expect(new Set(log).size).toBe(log.length);
  const { done, refused, notTried, unknown } = at(answer, 'jobsRetry') as Record<string, number>;
  const unsent = results.filter(({ errors, outcome }) =>
    outcome === 'REFUSED' ? /reached/.test(errors[0]?.message ?? '') : false,
  );
  expect(done! + refused! + notTried! + unknown!).toBe(ids.length);
  expect(log).toHaveLength(done! + refused! - unsent.length + unknown!);
  for (const { outcome, errors, job } of results) {
    expect(errors).toHaveLength(outcome === 'DONE' ? 0 : 1);
    expect(job === null).toBe(outcome !== 'DONE');
  }
}

describe.each(events)('a bulk mutation interrupted by %s', (event) => {
  const [type, stops] = expected[event];

  it.each([0, 1, 2, 3])('at position %i of four reports every job', async (position) => {
    const started = await startInterrupted({ event, positions: [position], jobs: 4, projects: 1 });
    const answer = await run(started, 'jobsRetry', { ids: started.ids });
    expect(answer.errors).toBeUndefined();
    const results = resultsOf(answer, 'jobsRetry');
    const outcome = event === 'reset' ? 'UNKNOWN' : 'REFUSED';
    const rest = stops ? 'NOT_TRIED' : 'DONE';
    expect(results.map((result) => result.outcome)).toEqual([
      ...Array(position).fill('DONE'),
      outcome,
      ...Array(3 - position).fill(rest),
    ]);
    const [failed, ...later] = results.slice(position);
    expect(failed?.errors).toMatchObject([{ __typename: type }]);
    for (const { errors } of later) expect(errors).toEqual(stops ? failed?.errors : []);
    if (event !== 'connection refused') {
      checkInvariants(answer, started.ids, started.upstream.log);
    }
    expect(started.upstream.log).toHaveLength(
      position + (stops ? 1 : 4 - position) - Number(event === 'connection refused'),
    );
    expect(started.bugs).toEqual([]);
  });

  it.each([0, 2, 5, 8])('at request %i of nine in three projects reports every job', async (at) => {
    if (event === 'connection refused') return;
    const started = await startInterrupted({ event, positions: [at], jobs: 9, projects: 3 });
    const answer = await run(started, 'jobsRetry', { ids: started.ids });
    expect(answer.errors).toBeUndefined();
    checkInvariants(answer, started.ids, started.upstream.log);
    expect(started.bugs).toEqual([]);
  });
});

describe('a bulk mutation', () => {
  it('of 20 jobs sends nothing after the third is rate-limited', async () => {
    const started = await startInterrupted({
      event: '429',
      positions: [2],
      jobs: 20,
      projects: 1,
    });
    const answer = await run(started, 'jobsRetry', { ids: started.ids });
    expect(at(answer, 'jobsRetry')).toMatchObject({ done: 2, refused: 1, notTried: 17 });
    expect(resultsOf(answer, 'jobsRetry').at(-1)?.errors).toMatchObject([
      { __typename: 'RateLimitedError', retryAfter: 30 },
    ]);
    expect(started.upstream.log).toHaveLength(3);
  });

  it.each([
    ['in a row', [1, 2], ['DONE', 'UNKNOWN', 'UNKNOWN', 'NOT_TRIED', 'NOT_TRIED']],
    ['apart', [0, 2, 4], ['UNKNOWN', 'DONE', 'UNKNOWN', 'DONE', 'UNKNOWN']],
  ])('stops after two unknown outcomes only if they are %s', async (_name, positions, outcomes) => {
    const started = await startInterrupted({ event: 'reset', positions, jobs: 5, projects: 1 });
    const answer = await run(started, 'jobsRetry', { ids: started.ids });
    const results = resultsOf(answer, 'jobsRetry');
    expect(results.map(({ outcome }) => outcome)).toEqual(outcomes);
    checkInvariants(answer, started.ids, started.upstream.log);
  });

  it.each([0, 1, 3])('reports every job if the time is over at position %i', async (position) => {
    const started = await startInterrupted({
      event: 'hang',
      positions: [position],
      jobs: 4,
      projects: 1,
      options: { config: { operationTimeoutMs: position === 0 ? 600 : 2_000 } },
    });
    const answer = await run(started, 'jobsRetry', { ids: started.ids });
    expect(answer.errors).toBeUndefined();
    const results = resultsOf(answer, 'jobsRetry');
    expect(results.map(({ outcome }) => outcome)).toEqual([
      ...Array(position).fill('DONE'),
      'UNKNOWN',
      ...Array(3 - position).fill('NOT_TRIED'),
    ]);
    for (const { errors } of results.slice(position + 1)) {
      expect(errors).toEqual([
        {
          __typename: 'UpstreamUnavailableError',
          code: 'UPSTREAM_UNAVAILABLE',
          message: 'The time was over before it was sent.',
        },
      ]);
    }
    checkInvariants(answer, started.ids, started.upstream.log);
    expect(started.bugs).toEqual([]);
  });

  it('reports the end of the time although several outcomes are unknown then', async () => {
    const started = await startInterrupted({
      event: 'hang',
      positions: [0, 1, 2],
      jobs: 9,
      projects: 3,
      options: { config: { operationTimeoutMs: 600 } },
    });
    const answer = await run(started, 'jobsRetry', { ids: started.ids });
    expect(outcomesOf(answer, 'jobsRetry').map((text) => text.replace(/^\d+ /, ''))).toEqual([
      ...Array(3).fill('UNKNOWN OUTCOME_UNKNOWN'),
      ...Array(6).fill('NOT_TRIED UPSTREAM_UNAVAILABLE'),
    ]);
    expect(started.upstream.log).toHaveLength(3);
  });

  it('does not count a request as sent that still waited for a free slot', async () => {
    const started = await startInterrupted({
      event: 'hang',
      positions: [0],
      jobs: 2,
      projects: 2,
      options: { config: { operationTimeoutMs: 600 }, transport: { perCredential: 1 } },
    });
    const answer = await run(started, 'jobsRetry', { ids: started.ids });
    const outcomes = resultsOf(answer, 'jobsRetry').map(({ outcome }) => outcome);
    expect(outcomes.sort()).toEqual(['NOT_TRIED', 'UNKNOWN']);
    checkInvariants(answer, started.ids, started.upstream.log);
  });

  it('reports that the time was over while the jobs were chosen', async () => {
    const started = await startInterrupted({
      event: 'hang',
      positions: [0, 1],
      jobs: 1,
      projects: 1,
      options: { config: { operationTimeoutMs: 300 } },
    });
    const answer = await run(started, 'jobsRetry', {
      pipeline: { id: toGlobalId('Pipeline', 1, 900) },
    });
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'jobsRetry')).toMatchObject({
      results: [],
      errors: [{ message: 'The time was over before it was sent.' }],
    });
  });

  it.each([0, 1, 2])('begins nothing after the caller left at position %i', async (position) => {
    const started = await startInterrupted({
      event: 'hang',
      positions: [position],
      jobs: 4,
      projects: 1,
    });
    const { upstream, ids, query } = started;
    const caller = new AbortController();
    const answer = run({ query }, 'jobsRetry', { ids }, { signal: caller.signal }).catch(
      () => 'left',
    );
    await expect.poll(() => upstream.log.length).toBe(position + 1);
    const ended = new Promise((resolve) => upstream.requests.at(-1)?.socket.once('close', resolve));
    caller.abort();
    expect(await answer).toBe('left');
    await ended;
    // This operation of the same caller is executed later. If the first operation sent further
    // requests, they would be in the log before this one.
    await run({ query }, 'jobsCancel', { ids: [jobId(999)] });
    expect(upstream.log).toEqual([
      ...ids
        .slice(0, position + 1)
        .map((_, index) => `POST /api/v4/projects/1/jobs/${301 + index}/retry`),
      'POST /api/v4/projects/1/jobs/999/cancel',
    ]);
    expect(started.bugs).toEqual([]);
  });

  it('acts on at most four projects at once, and on one job of each', async () => {
    const underWay = new Map<string, number>();
    let most = 0;
    const started = await startBehind(async (request, response) => {
      const project = /projects\/(\d+)/.exec(request.url ?? '')?.[1] ?? '';
      underWay.set(project, (underWay.get(project) ?? 0) + 1);
      expect(underWay.get(project)).toBe(1);
      most = Math.max(most, underWay.size);
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      underWay.delete(project);
      const id = Number(/jobs\/(\d+)/.exec(request.url ?? '')?.[1]);
      sendJson(response, aJob(id, { pipeline: { id: 9, project_id: Number(project) } }));
    });
    const ids = Array.from({ length: 24 }, (_, index) => jobId(301 + index, 1 + (index % 6)));
    const answer = await run(started, 'jobsPlay', { ids, max: 24 });
    expect(outcomesOf(answer, 'jobsPlay')).toEqual(ids.map((_, index) => `${301 + index} DONE`));
    expect(most).toBe(4);
    for (let project = 1; project <= 6; project++) {
      const sent = started.upstream.log.filter((line) => line.includes(`/projects/${project}/`));
      expect(sent).toEqual([...sent].sort());
    }
    expect(started.bugs).toEqual([]);
  });
});

/**
 * Returns the expected results for the jobs of one project, by a model that contains only the
 * rules.
 */
function predict(sequence: readonly (Event | 'nothing')[]): string[] {
  let unknown = 0;
  let reason: string | undefined;
  return sequence.map((event) => {
    if (reason) return `NOT_TRIED ${reason}`;
    if (event === 'nothing') {
      unknown = 0;
      return 'DONE';
    }
    const [type, stops] = expected[event];
    unknown = type === 'OutcomeUnknownError' ? unknown + 1 : 0;
    if (stops || unknown === 2) reason = type;
    return `${type === 'OutcomeUnknownError' ? 'UNKNOWN' : 'REFUSED'} ${type}`;
  });
}

describe('a bulk mutation with any sequence of events', () => {
  const any = fc.oneof(
    { weight: 4, arbitrary: fc.constant('nothing' as const) },
    {
      weight: 3,
      arbitrary: fc.constantFrom('state', 'conflict', '422', 'reset'),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('429', '401', 'scope', 'granular scope', '503', 'redirect'),
    },
  ) as fc.Arbitrary<Event | 'nothing'>;
  const sequences = fc.array(any, { minLength: 1, maxLength: 20 });
  const startSequence = (sequence: readonly (Event | 'nothing')[], projects: number) =>
    startInterrupted({ event: 'hang', positions: [], sequence, jobs: sequence.length, projects });

  it('in one project has the outcomes that the rules say', async () => {
    await fc.assert(
      fc.asyncProperty(sequences, async (sequence) => {
        const started = await startSequence(sequence, 1);
        const answer = await run(started, 'jobsRetry', { ids: started.ids });
        expect(answer.errors).toBeUndefined();
        const found = resultsOf(answer, 'jobsRetry').map(({ outcome, errors }) =>
          [outcome, ...errors.map(({ __typename }) => __typename)].join(' '),
        );
        expect(found).toEqual(predict(sequence));
        checkInvariants(answer, started.ids, started.upstream.log);
        expect(started.bugs).toEqual([]);
      }),
      { numRuns: runs(100) },
    );
  });

  it('in several projects reports every job once', async () => {
    const projects = fc.integer({ min: 2, max: 6 });
    await fc.assert(
      fc.asyncProperty(sequences, projects, async (sequence, count) => {
        const started = await startSequence(sequence, count);
        const answer = await run(started, 'jobsRetry', { ids: started.ids });
        expect(answer.errors).toBeUndefined();
        checkInvariants(answer, started.ids, started.upstream.log);
        expect(started.bugs).toEqual([]);
      }),
      { numRuns: runs(100) },
    );
  });
});
