import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import type { Fault } from '../../src/simulator/simulator.ts';
import { type Answer, type AnswerError, at, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { subscribe } from '../live/subscribe.ts';
import { createMemoryLog } from './memory-log.ts';

/*
 * The fault table: every fault of a request to GitLab, combined with every operation that sends
 * one. For each combination, the failed field must have the error code in `faults`, and other
 * fields must have data. Reads are retried only if that helps, and writes never. No internal detail
 * may be revealed, and the next request must be served.
 */

/**
 * The expected outcome of a fault: for a read, the error code and the number of calls; for a write,
 * the type of the error after one call. Undefined if there is no error.
 */
interface Outcome {
  read: string | undefined;
  readCalls: number;
  write: string | undefined;
  retryAfter?: number | null;
}

const unknown = { write: 'OutcomeUnknownError' };
const unavailable = { read: 'UPSTREAM_UNAVAILABLE' };

const faults: Record<Fault['kind'] | 'refused', Outcome> = {
  '429': { read: 'RATE_LIMITED', readCalls: 1, write: 'RateLimitedError', retryAfter: 60 },
  '429-json': { read: 'RATE_LIMITED', readCalls: 1, write: 'RateLimitedError', retryAfter: null },
  '500': { ...unavailable, readCalls: 1, ...unknown },
  '502': { ...unavailable, readCalls: 3, ...unknown },
  '503': { ...unavailable, readCalls: 3, write: 'UpstreamUnavailableError' },
  '504': { read: 'UPSTREAM_TIMEOUT', readCalls: 1, ...unknown },
  html: { ...unavailable, readCalls: 1, write: 'UpstreamUnavailableError' },
  redirect: { ...unavailable, readCalls: 1, write: 'UpstreamUnavailableError' },
  reset: { ...unavailable, readCalls: 3, ...unknown },
  truncated: { ...unavailable, readCalls: 3, ...unknown },
  hang: { read: 'UPSTREAM_TIMEOUT', readCalls: 1, ...unknown },
  // The Retry-After of this fault is longer than a caller should wait, so there is no retry.
  maintenance: { ...unavailable, readCalls: 1, write: 'UpstreamUnavailableError' },
  refused: { ...unavailable, readCalls: 0, write: 'UpstreamUnavailableError' },
  slow: { read: undefined, readCalls: 1, write: undefined },
};

/**
 * All faults except "hang", whose timeout takes most of a second. A single test runs all operations
 * with "hang".
 */
const quickKinds = (Object.keys(faults) as (keyof typeof faults)[]).filter(
  (kind) => kind !== 'hang',
);

const jobId = (id: string) => toGlobalId('Job', 42, id);
const sibling = `sibling: pipeline(project: "42", id: "${small.pipeline}") { status }`;

/** A read, and a pattern of the requests that fail. */
interface Operation {
  query: string;
  variables?: Record<string, unknown>;
  match: RegExp;
  /** The paths of the expected errors. */
  paths: string[];
  federation?: boolean;
  /** Differences from `faults`. */
  except?: Partial<Record<Fault['kind'], Partial<Outcome>>>;
}

/**
 * Differences for jobs that are read by a page of a list. If the page fails with status 500 or with
 * the list's own rate limit, the jobs are read one by one. The reason of a 500 may be one bad row,
 * or a cursor that GitLab rejects.
 */
const page = {
  except: {
    '500': { read: undefined, readCalls: 2 },
    // This rate limit is only for the list.
    '429-json': { read: undefined, readCalls: 1 },
  },
};

const reads: Record<string, Operation> = {
  query: {
    query: `{ bad: job(project: "42", id: "${small.fullJob}") { name } ${sibling} }`,
    match: /GET .*\/projects\/42\/jobs\/1001$/,
    paths: ['bad'],
  },
  list: {
    query: `{ project(fullPath: "42") { bad: jobs { nodes { name } } } ${sibling} }`,
    match: /GET .*\/projects\/42\/jobs\?/,
    paths: ['project.bad'],
  },
  'list below a pipeline': {
    query: `{ pipeline(project: "42", id: "700") { sha bad: bridges { nodes { name } } } ${sibling} }`,
    match: /GET .*\/(bridges|trigger_jobs)\?/,
    paths: ['pipeline.bad'],
  },
  nodes: {
    query: `{ nodes(ids: ["${jobId('1001')}", "${toGlobalId('Pipeline', 42, 700)}", "${jobId('1002')}"]) { id } ${sibling} }`,
    match: /GET .*\/projects\/42\/jobs\?/,
    paths: ['nodes.0', 'nodes.2'],
    ...page,
  },
  _entities: {
    query: `query ($all: [_Any!]!) { _entities(representations: $all) { ... on Job { name } } ${sibling} }`,
    variables: { all: ['1001', '1002'].map((id) => ({ __typename: 'Job', id: jobId(id) })) },
    match: /GET .*\/projects\/42\/jobs\?/,
    paths: ['_entities.0', '_entities.1'],
    federation: true,
    ...page,
  },
  log: {
    query: `{ job(project: "42", id: "${small.fullJob}") { name bad: trace { byteSize } } ${sibling} }`,
    match: /GET .*\/trace$/,
    paths: ['job.bad'],
    // A log is a stream. When the stream breaks off, a part of the log has already been used, so
    // the request is not retried.
    except: { truncated: { readCalls: 1 } },
  },
};

const EXTERNAL = 'https://gitlab.example.com';
const FAST = { connectMs: 1_000, headersMs: 400, bodyMs: 150, totalMs: 2_000 };

async function start(options: { federation?: boolean | undefined } = {}) {
  const log = createMemoryLog('debug');
  const started = await startGateway({
    simulator: { world: smallWorld(), externalUrl: EXTERNAL },
    config: { federation: options.federation ?? false, gitlabExternalUrl: EXTERNAL },
    token: tokens.alice,
    transport: { timeouts: FAST },
    logger: log.logger,
  });
  return { ...started, log };
}

type Running = Awaited<ReturnType<typeof start>>;

/**
 * From now on, each request that `match` matches fails with the fault `kind`. For `refused`, the
 * simulator is closed, so all requests fail.
 */
async function fail({ simulator }: Running, kind: keyof typeof faults, match: RegExp) {
  if (kind === 'refused') await simulator.close();
  else
    simulator.fail({
      kind,
      match,
      times: Number.POSITIVE_INFINITY,
      delayMs: kind === 'slow' ? 20 : 0,
    });
}

/**
 * Checks that neither the response nor the log contains tokens, stack traces or GitLab's host. Only
 * the log may contain causes of errors.
 */
function expectDiscreet({ log, simulator, bugs }: Running, answer: unknown): void {
  const { host } = new URL(simulator.url);
  for (const text of [JSON.stringify(answer), log.text()]) {
    for (const token of Object.values(tokens)) expect(text).not.toContain(token);
    expect(text).not.toContain(host);
    expect(text).not.toMatch(/ {4}at |node_modules|\/src\//);
  }
  expect(JSON.stringify(answer)).not.toMatch(/ECONN|UND_ERR|socket/i);
  expect(bugs).toEqual([]);
}

/**
 * Checks that the next request is served. It is from another caller, because GitLab may have asked
 * the first one to wait.
 */
async function expectServing({ simulator, query }: Running): Promise<void> {
  simulator.clearFaults();
  const next = await query(`{ job(project: "42", id: "${small.fullJob}") { name } }`, {
    token: tokens.bob,
  });
  expect(next.data).toEqual({ job: { name: 'unit tests 1/3' } });
}

function checkError(error: AnswerError | undefined, outcome: Outcome, kind: string): void {
  const { code, upstream, retryAfter } = error?.extensions ?? {};
  expect(code).toBe(outcome.read);
  expect(error?.message).toMatch(/\w/);
  expect(upstream).toHaveProperty('status');
  if ('retryAfter' in outcome) expect(retryAfter).toBe(outcome.retryAfter);
  if (/^5\d\d$/.test(kind)) expect(upstream).toMatchObject({ status: Number(kind) });
}

async function checkRead(kind: keyof typeof faults, operation: Operation): Promise<void> {
  const { query, variables, match, paths, federation, except } = operation;
  const outcome = { ...faults[kind], ...(kind !== 'refused' && except?.[kind]) };
  const running = await start({ federation });
  await fail(running, kind, match);
  const answer = await running.query(query, variables ? { variables } : {});
  const made = running.simulator.requests.filter(({ method, path }) =>
    match.test(`${method} ${path}`),
  );
  expect(made).toHaveLength(outcome.readCalls);
  expectDiscreet(running, answer);
  if (kind === 'refused') {
    expect(answer.errors?.map(({ extensions }) => extensions['code'])).toContain(outcome.read);
    return;
  }
  const errors = new Map(answer.errors?.map((error) => [error.path?.join('.'), error]));
  expect([...errors.keys()].sort()).toEqual(outcome.read ? paths : []);
  for (const path of paths) {
    if (outcome.read) expect(at(answer, path)).toBeNull();
    else expect(at(answer, path)).toBeTruthy();
    if (outcome.read) checkError(errors.get(path), outcome, kind);
  }
  expect(at(answer, 'sibling')).toEqual({ status: expect.any(String) });
  await expectServing(running);
}

describe.each(Object.entries(reads))('%s', (_name, operation) => {
  it.each(quickKinds)('with fault %s', (kind) => checkRead(kind, operation));
});

const MUTATION = `mutation {
  bad: jobRetry(input: { id: "${jobId(small.fullJob)}" }) { job { name } errors { __typename ... on RateLimitedError { retryAfter } } }
  sibling: jobCancel(input: { id: "${jobId(small.bareJob)}" }) { job { name } errors { code } }
}`;
const MUTATION_CALL = /POST .*\/retry$/;

async function checkMutation(kind: keyof typeof faults): Promise<void> {
  const outcome = faults[kind];
  const running = await start();
  await fail(running, kind, MUTATION_CALL);
  const answer = await running.query(MUTATION);
  const made = running.simulator.requests.filter(({ method, path }) =>
    MUTATION_CALL.test(`${method} ${path}`),
  );
  expect(made).toHaveLength(kind === 'refused' ? 0 : 1);
  expectDiscreet(running, answer);
  expect(answer.errors).toBeUndefined();
  if (outcome.write) {
    const error = {
      __typename: outcome.write,
      ...('retryAfter' in outcome && { retryAfter: outcome.retryAfter }),
    };
    expect(at(answer, 'bad')).toEqual({ job: null, errors: [error] });
  } else {
    expect(at(answer, 'bad')).toEqual({ job: { name: 'unit tests 1/3' }, errors: [] });
  }
  if (kind === 'refused') return;
  // After a 429 with Retry-After, the next field of this caller fails as well.
  const waits = outcome.write === 'RateLimitedError' && outcome.retryAfter !== null;
  if (!waits) expect(at(answer, 'sibling')).toEqual({ job: { name: 'bare' }, errors: [] });
  await expectServing(running);
}

describe('mutation', () => {
  it.each(quickKinds)('with fault %s', checkMutation);
});

const SUBSCRIPTION = `subscription { jobUpdated(id: "${jobId(small.fullJob)}") { name } }`;
const SUBSCRIPTION_CALL = /GET .*\/projects\/42\/jobs\/1001$/;

async function checkSubscription(kind: keyof typeof faults): Promise<void> {
  const outcome = faults[kind];
  const running = await start();
  await fail(running, kind, SUBSCRIPTION_CALL);
  const events = await subscribe(running, SUBSCRIPTION, { token: tokens.alice }).rest();
  expectDiscreet(running, events);
  const codes = events.flatMap(({ errors = [] }: Answer) =>
    errors.map(({ extensions }) => extensions['code']),
  );
  expect(codes).toEqual(outcome.read ? [outcome.read] : []);
  if (!outcome.read) expect(at(events[0] ?? {}, 'jobUpdated.name')).toBe('unit tests 1/3');
  if (kind !== 'refused') await expectServing(running);
}

describe('subscription', () => {
  it.each(quickKinds)('with fault %s', checkSubscription);
});

describe('every operation', () => {
  it('with fault hang', async () => {
    await Promise.all([
      ...Object.values(reads).map((operation) => checkRead('hang', operation)),
      checkMutation('hang'),
      checkSubscription('hang'),
    ]);
  });
});

describe('many callers', () => {
  it('all get a response while GitLab hangs, and are served again afterwards', async () => {
    const running = await start();
    await fail(running, 'hang', /GET/);
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, id) =>
        running.query(`{ job(project: "42", id: "${id + 1}") { name } }`),
      ),
    );
    for (const answer of answers) {
      expect(answer.errors?.[0]?.extensions['code']).toMatch(/^UPSTREAM_(TIMEOUT|UNAVAILABLE)$/);
      expectDiscreet(running, answer);
    }
  });
});
