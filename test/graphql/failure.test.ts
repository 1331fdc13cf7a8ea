import { describe, expect, it } from 'vitest';
import { failureExamples } from '../../src/simulator/demo-failure-logs.ts';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { at, codesOf, startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';
import { failedTests } from '../trace/runner-log.ts';
import { fullRow, startWith } from './own-upstream.ts';

const PIPELINE = 800;
const JOB = '/projects/42/jobs/2001';
const LIST = `/projects/42/pipelines/${PIPELINE}`;
const TRACE = `GET ${JOB}/trace`;
const KIBIBYTE = 1024;
/**
 * The failure categories of the demo's jobs that failed for another reason than their script, by
 * name.
 */
const otherCategories: Record<string, string> = {
  timeout: 'TIMEOUT',
  'runner system failure': 'RUNNER',
  'image pull failure': 'RUNNER',
};

/**
 * Starts a gateway, and a GitLab with a pipeline of failed jobs. The first has the id 2001; each
 * has a log.
 */
async function start(
  { logs = [failedTests], failureReason = 'script_failure' as string | null } = {},
  { config = {}, ...simulator }: SimulatorOptions & { config?: object } = {},
) {
  const world = smallWorld();
  world.addPipeline('group/app', { id: PIPELINE, user: 'alice' });
  for (const [index, log] of logs.entries()) {
    const id = 2001 + index;
    world.addJob(PIPELINE, { id, name: `job ${id}`, status: 'failed', failureReason, log });
  }
  return startGateway({
    simulator: { version: '19.3', ...simulator, world },
    token: tokens.alice,
    config,
  });
}

const job = (selection: string, id = 2001) =>
  `{ job(project: "42", id: "${id}") { ${selection} } }`;
const onBoard = (selection: string) =>
  `{ pipeline(project: "42", id: "${PIPELINE}") { board { failedJobs { ... on Job { ${selection} } } } } }`;

const FACTS = `failure { reason category retryHelps log(lines: 3) {
  exitCode section command tail { number text } errors { text } whole
} }`;
const facts = {
  reason: 'script_failure',
  category: 'SCRIPT',
  retryHelps: false,
  log: {
    exitCode: 1,
    section: 'step_script',
    command: '$ npm test',
    tail: [
      { number: 7, text: 'Error: expected 1, got 2' },
      { number: 8, text: '    at sub.test.js:4' },
      { number: 9, text: '# fail 1' },
    ],
    errors: [
      { text: 'not ok 2 subtracts' },
      { text: 'Error: expected 1, got 2' },
      { text: '# fail 1' },
    ],
    whole: true,
  },
};

describe('Job.failure', () => {
  it('has the reason, and what the log says, for one call besides the job', async () => {
    const { query, calls, bugs } = await start();
    expect(await query(job(FACTS))).toMatchObject({ data: { job: { failure: facts } } });
    expect(calls()).toEqual([`GET ${JOB}`, TRACE]);
    expect(bugs).toEqual([]);
  });

  it('makes one call per failed job below a board', async () => {
    const { query, calls } = await start({ logs: [failedTests, failedTests] });
    const answer = await query(onBoard(FACTS));
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'pipeline.board.failedJobs')).toEqual([
      { failure: facts },
      { failure: facts },
    ]);
    expect(calls().sort()).toEqual([
      TRACE,
      'GET /projects/42/jobs/2002/trace',
      `GET ${LIST}/bridges?page=1&per_page=100`,
      `GET ${LIST}/jobs?include_retried=true&page=1&per_page=100`,
    ]);
  });

  it('needs no call without its log', async () => {
    const { query, calls } = await start();
    const answer = await query(job('failure { reason category message retryHelps }'));
    expect(answer.data).toEqual({
      job: {
        failure: {
          reason: 'script_failure',
          category: 'SCRIPT',
          message: 'The script ended with an error.',
          retryHelps: false,
        },
      },
    });
    expect(calls()).toEqual([`GET ${JOB}`]);
  });

  it('is null for a job that did not fail, without a call for its log', async () => {
    const { query, calls } = await start();
    const answer = await query(job('status failure { log { exitCode } }', 1001));
    expect(answer.data).toEqual({ job: { status: 'SUCCESS', failure: null } });
    expect(calls()).toEqual(['GET /projects/42/jobs/1001']);
  });

  it('has an unknown reason if GitLab sends none', async () => {
    const { query } = await start({ failureReason: null });
    const answer = await query(job('failure { reason category retryHelps }'));
    expect(at(answer, 'job.failure')).toEqual({
      reason: 'unknown_failure',
      category: 'UNKNOWN',
      retryHelps: null,
    });
  });

  it('finds the failed tests in the demo', async () => {
    const { query } = await startGateway({
      simulator: { world: seedWorld() },
      token: demo.token,
    });
    const answer = await query(`{ job(project: "${demo.project}", id: "${demo.failedJobId}") {
      failure { log { exitCode section command errors { number text } } }
    } }`);
    expect(at(answer, 'job.failure.log')).toMatchObject({
      exitCode: 1,
      section: 'step_script',
      command: '$ npm test -- --coverage --reporter=junit --reporter=default',
      errors: [
        { number: 27, text: expect.stringContaining('1 failed') },
        { number: 28 },
        { number: 30 },
        { number: 31 },
        ...[{}, {}],
      ],
    });
  });
});

describe('The failed jobs of the demo', () => {
  it('say what is in their logs, for two calls and one per job', async () => {
    const { query, calls } = await startGateway({
      simulator: { world: seedWorld() },
      token: demo.token,
    });
    const answer =
      await query(`{ pipeline(project: "${demo.failuresProject}", id: "${demo.failuresPipelineId}") {
      board { failedJobs { name ... on Job { failure {
        reason category log { section command exitCode errors { text } }
      } } } }
    } }`);
    expect(answer.errors).toBeUndefined();
    expect(calls()).toHaveLength(2 + failureExamples.length);
    const jobs = at(answer, 'pipeline.board.failedJobs') as { name: string; failure: object }[];
    const expected = failureExamples.map(({ name, reason, says }) => ({
      name,
      failure: {
        reason,
        category: otherCategories[name] ?? 'SCRIPT',
        log: { ...says, errors: says.errors.map((text) => ({ text })) },
      },
    }));
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect(jobs.toSorted(byName)).toEqual(expected.toSorted(byName));
  });
});

describe('A timeout in the log', () => {
  const log = 'step\nERROR: Job failed: execution took longer than 1h0m0s seconds\n';
  const shown = 'category message retryHelps';

  it('decides the category, message and whether a retry helps if the log is selected', async () => {
    const { query } = await start({ logs: [log] });
    const answer = await query(job(`failureCategory failure { ${shown} log { exitCode } }`));
    expect(answer.data).toEqual({
      job: {
        failureCategory: 'SCRIPT',
        failure: {
          category: 'TIMEOUT',
          message: 'The job ran longer than it may.',
          retryHelps: null,
          log: { exitCode: null },
        },
      },
    });
  });

  it('is not known if the log is not selected', async () => {
    const { query, calls } = await start({ logs: [log] });
    expect(at(await query(job(`failure { ${shown} }`)), 'job.failure.category')).toBe('SCRIPT');
    expect(calls()).toHaveLength(1);
  });
});

describe('The arguments of Job.failure.log', () => {
  it.each([
    ['lines: 0', '`lines` must be from 1 to 200, not 0.'],
    ['lines: 201', '`lines` must be from 1 to 200, not 201.'],
    ['contextBytes: 16383', '`contextBytes` must be from 16384 to 4194304, not 16383.'],
    ['contextBytes: 4194305', '`contextBytes` must be from 16384 to 4194304, not 4194305.'],
  ])('reject %s without a call for the log', async (args, message) => {
    const { query, calls } = await start();
    const answer = await query(job(`failure { reason category log(${args}) { exitCode } }`));
    expect(answer.errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(answer.data).toEqual({
      job: { failure: { reason: 'script_failure', category: 'SCRIPT', log: null } },
    });
    expect(calls()).toEqual([`GET ${JOB}`]);
  });

  it('may be null, or at their bounds', async () => {
    const { query } = await start();
    const answer = await query(
      job(`failure {
        a: log(lines: null, contextBytes: null) { exitCode }
        b: log(lines: 1, contextBytes: 16384) { tail { number } }
        c: log(lines: 200, contextBytes: 4194304) { tail { number } }
      }`),
    );
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'job.failure')).toMatchObject({
      b: { tail: [{ number: 9 }] },
      c: { tail: Array.from({ length: 7 }, (_, index) => ({ number: index + 3 })) },
    });
  });
});

/** A log of about 1 MiB whose failure is at its end. */
const longLog = (() => {
  const noise = `${'progress '.repeat(20)}\n`.repeat(6_000);
  return failedTests.replace('ok 1 adds\n', `ok 1 adds\n${noise}`);
})();
const SIZE = Buffer.byteLength(longLog);

describe('The log of a failure', () => {
  const ask =
    'failure { log(lines: 2) { exitCode section command tail { number text } bytesRead whole } }';
  const end = {
    exitCode: 1,
    section: 'step_script',
    command: null,
    tail: [
      { number: null, text: '    at sub.test.js:4' },
      { number: null, text: '# fail 1' },
    ],
    bytesRead: 256 * KIBIBYTE,
    whole: false,
  };

  it('is requested from its end by its size', async () => {
    const { query, calls } = await start({ logs: [longLog] });
    expect(at(await query(job(ask)), 'job.failure.log')).toEqual(end);
    const offset = SIZE - 256 * KIBIBYTE;
    expect(calls()).toEqual([`GET ${JOB}`, `${TRACE}?byte_offset=${offset}`]);
  });

  it('is the end of what a server sends that ignores the offset', async () => {
    const { query, calls } = await start({ logs: [longLog] }, { version: '18.6' });
    expect(at(await query(job(ask)), 'job.failure.log')).toEqual(end);
    expect(calls()).toHaveLength(2);
  });

  it('is the end of the log if its size is not known', async () => {
    const { query, simulator, calls } = await start({ logs: [longLog] });
    simulator.world.job(2001)!.raw = { artifacts: [] };
    expect(at(await query(job(ask)), 'job.failure.log')).toEqual(end);
    expect(calls()).toEqual([`GET ${JOB}`, TRACE]);
  });

  it('is read again from its beginning if it became shorter', async () => {
    const { query, simulator, calls } = await start({ logs: [longLog] });
    simulator.world.job(2001)!.artifacts = [
      { file_type: 'trace', size: 2 * SIZE, filename: 'job.log', file_format: null },
    ];
    expect(at(await query(job(ask)), 'job.failure.log')).toEqual(end);
    expect(calls()).toEqual([
      `GET ${JOB}`,
      `${TRACE}?byte_offset=${2 * SIZE - 256 * KIBIBYTE}`,
      TRACE,
    ]);
  });

  it('is that of `trace` if the operation selects it, in any order and place', async () => {
    const shown = 'failure { log { tail { number } bytesRead whole } }';
    const orders = [
      job(`${shown} trace { byteSize }`),
      job(`trace { byteSize } ${shown}`),
      `{ a: job(project: "42", id: "2001") { ${shown} } b: job(project: "42", id: "2001") { trace { byteSize } } }`,
    ];
    for (const text of orders) {
      const { query, calls } = await start({ logs: [longLog] });
      const answer = await query(text);
      const log = at(answer, 'job.failure.log') ?? at(answer, 'a.failure.log');
      expect(log).toMatchObject({ bytesRead: SIZE, whole: true });
      expect((log as { tail: object[] }).tail.at(-1)).toEqual({ number: 6009 });
      expect(calls().filter((call) => call.includes('trace'))).toEqual([TRACE]);
    }
  });

  it('is read once for several fields, with the greatest context', async () => {
    const { query, calls } = await start({ logs: [longLog] });
    const answer = await query(
      job(`a: failure { log(contextBytes: 16384) { bytesRead } }
           b: failure { category log(contextBytes: 32768) { bytesRead } }`),
    );
    expect(answer.data).toMatchObject({
      job: { a: { log: { bytesRead: 32768 } }, b: { log: { bytesRead: 32768 } } },
    });
    expect(calls()).toEqual([`GET ${JOB}`, `${TRACE}?byte_offset=${SIZE - 32768}`]);
  });

  it('is read from its end if `trace` is skipped', async () => {
    const { query, calls } = await start({ logs: [longLog] });
    await query(
      `query ($no: Boolean!) ${job('trace @include(if: $no) { byteSize } failure { log { exitCode } }')}`,
      { variables: { no: false } },
    );
    expect(calls()[1]).toContain('byte_offset');
  });

  it('has no lines if it is empty', async () => {
    const { query } = await start({ logs: [''] });
    const answer = await query(
      job(
        'failure { reason log { exitCode runnerMessage section command tail { text } errors { text } bytesRead whole } }',
      ),
    );
    expect(at(answer, 'job.failure')).toEqual({
      reason: 'script_failure',
      log: {
        exitCode: null,
        runnerMessage: null,
        section: null,
        command: null,
        tail: [],
        errors: [],
        bytesRead: 0,
        whole: true,
      },
    });
  });
});

describe('A log that cannot be read', () => {
  const ask = job('failure { reason category message retryHelps log { exitCode } }');
  const row = {
    reason: 'script_failure',
    category: 'SCRIPT',
    message: 'The script ended with an error.',
    retryHelps: false,
  };

  it('is FORBIDDEN in debug mode, while the reason and message stay', async () => {
    const { query, simulator } = await start();
    simulator.world.job(2001)!.debug = true;
    const answer = await query(ask, { token: tokens.gus });
    expect(answer.data).toEqual({ job: { failure: { ...row, log: null } } });
    expect(codesOf(answer)).toEqual({ 'job.failure.log': 'FORBIDDEN' });
  });

  it('is FORBIDDEN with a job token', async () => {
    const { query, simulator } = await start();
    simulator.world.addJob(PIPELINE, { id: 2050, status: 'running', user: 'alice' });
    simulator.world.addToken({ value: 'glcbt-running', job: 2050 });
    const answer = await query(ask, { token: null, headers: { 'job-token': 'glcbt-running' } });
    expect(answer.data).toEqual({ job: { failure: { ...row, log: null } } });
    expect(codesOf(answer)).toEqual({ 'job.failure.log': 'FORBIDDEN' });
  });

  it.each([
    ['429', 'RATE_LIMITED'],
    ['500', 'UPSTREAM_UNAVAILABLE'],
  ] as const)('is an error at its own path after %s', async (kind, code) => {
    const { query, simulator } = await start();
    simulator.fail({ kind, match: '/trace', times: 5 });
    const answer = await query(ask);
    expect(answer.data).toEqual({ job: { failure: { ...row, log: null } } });
    expect(codesOf(answer)).toEqual({ 'job.failure.log': code });
  });

  it('is null if GitLab does not find it', async () => {
    const job = { ...fullRow(2001), status: 'failed' };
    const { query } = await startWith({ '/projects/42/jobs/2001': job });
    const answer = await query(ask);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ job: { failure: { ...row, log: null } } });
  });
});

describe('Many failed jobs on a board', () => {
  it('have their logs within the call budget; the others are errors beside them', async () => {
    const { query, calls } = await start({ logs: Array.from({ length: 60 }, () => failedTests) });
    const answer = await query(onBoard('databaseId failure { reason log { exitCode } }'));
    const jobs = at(answer, 'pipeline.board.failedJobs') as {
      failure: { reason: string; log: object | null };
    }[];
    expect(jobs).toHaveLength(60);
    expect(jobs.filter(({ failure }) => failure.log)).toHaveLength(48);
    expect(jobs.every(({ failure }) => failure.reason === 'script_failure')).toBe(true);
    const codes = codesOf(answer);
    expect(Object.keys(codes)).toHaveLength(12);
    expect(new Set(Object.values(codes))).toEqual(new Set(['OPERATION_TOO_COMPLEX']));
    expect(Object.keys(codes).every((path) => path.endsWith('failure.log'))).toBe(true);
    expect(calls()).toHaveLength(50);
  });
});

it('a log is never shown to another caller', async () => {
  const { query } = await start();
  const tokensInTurn = [tokens.alice, tokens.mallory, tokens.alice];
  const answers = await Promise.all(tokensInTurn.map((token) => query(job(FACTS), { token })));
  expect(answers.map((answer) => at(answer, 'job.failure.log.command'))).toEqual([
    '$ npm test',
    undefined,
    '$ npm test',
  ]);
});
