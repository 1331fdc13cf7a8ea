import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/simulator.ts';
import { codesOf, type StartOptions, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

const start = (options: StartOptions = {}) =>
  startGateway({ simulator: { world: smallWorld() }, token: tokens.alice, ...options });

const globalId = (...parts: string[]) => Buffer.from(parts.join(':')).toString('base64url');

/** All ways to read, each with the path of its error and the call that it makes. */
const reads = [
  ['job', 'job(project: "42", id: "1001") { name }', 'job', '/jobs/1001'],
  [
    'job of a project',
    'project(fullPath: "42") { job(id: 1001) { name } }',
    'project.job',
    '/jobs/1001',
  ],
  [
    'jobs of a project',
    'project(fullPath: "42") { jobs { nodes { name } } }',
    'project.jobs',
    '/projects/42/jobs?',
  ],
  ['project', 'project(fullPath: "group/app") { name }', 'project', '/projects/group%2Fapp'],
  [
    'one of projects',
    'projects(fullPaths: ["group/app"]) { name }',
    'projects.0',
    '/projects/group%2Fapp',
  ],
  ['pipeline', 'pipeline(project: "42", id: 700) { status }', 'pipeline', '/pipelines/700'],
  [
    'jobs of a pipeline',
    'pipeline(project: "42", id: 700) { jobs { nodes { name } } }',
    'pipeline.jobs',
    '/pipelines/700/jobs',
  ],
  [
    'bridges of a pipeline',
    'pipeline(project: "42", id: 700) { bridges { nodes { name } } }',
    'pipeline.bridges',
    '/pipelines/700/bridges',
  ],
  [
    'count of a list',
    'pipeline(project: "42", id: 700) { jobs { totalCount } }',
    'pipeline.jobs',
    '/pipelines/700/jobs',
  ],
  ['log', 'job(project: "42", id: "1001") { trace { byteSize } }', 'job.trace', '/jobs/1001/trace'],
  ['node', `node(id: "${globalId('Job', '42', '1001')}") { id }`, 'node', '/jobs/1001'],
  [
    'one of nodes',
    `nodes(ids: ["${globalId('Pipeline', '42', '700')}"]) { id }`,
    'nodes.0',
    '/pipelines/700',
  ],
  [
    'bridge by id',
    `node(id: "${globalId('Bridge', '42', '700', '1003')}") { id }`,
    'node',
    '/bridges',
  ],
  ['current job', 'currentJob { name }', 'currentJob', '/job'],
  ['agents', 'allowedAgents { groupIds }', 'allowedAgents', '/job/allowed_agents'],
] as const;

/** Faults of GitLab, each with the error that the client receives and the number of calls. */
const refusals: [fault: Fault, told: Record<string, unknown>, calls: number][] = [
  [
    { kind: '429' },
    {
      message: 'Retry later',
      extensions: { code: 'RATE_LIMITED', retryAfter: 60, upstream: { status: 429 } },
    },
    1,
  ],
  [
    { kind: '429-json' },
    {
      message: 'This endpoint has been requested too many times. Try again later.',
      extensions: { code: 'RATE_LIMITED', retryAfter: null, upstream: { status: 429 } },
    },
    1,
  ],
  [
    { kind: '500' },
    {
      message: '500 Internal Server Error',
      extensions: { code: 'UPSTREAM_UNAVAILABLE', upstream: { status: 500 } },
    },
    1,
  ],
  [
    { kind: '502' },
    {
      message: 'GitLab is not available, or did not give a usable answer.',
      extensions: { code: 'UPSTREAM_UNAVAILABLE', upstream: { status: 502 } },
    },
    3,
  ],
  [{ kind: '503' }, { extensions: { code: 'UPSTREAM_UNAVAILABLE', upstream: { status: 503 } } }, 3],
  [
    { kind: '504' },
    {
      message: 'GitLab did not answer in time.',
      extensions: { code: 'UPSTREAM_TIMEOUT', upstream: { status: 504 } },
    },
    1,
  ],
  [
    { kind: 'html' },
    { extensions: { code: 'UPSTREAM_UNAVAILABLE', upstream: { status: 200 } } },
    1,
  ],
  [
    { kind: 'redirect' },
    { extensions: { code: 'UPSTREAM_UNAVAILABLE', upstream: { status: 302 } } },
    1,
  ],
  [
    { kind: 'reset' },
    {
      message: 'GitLab is not available, or did not give a usable answer.',
      extensions: {
        code: 'UPSTREAM_UNAVAILABLE',
        upstream: { status: null, requestId: null },
      },
    },
    3,
  ],
  [{ kind: 'truncated' }, { extensions: { code: 'UPSTREAM_UNAVAILABLE' } }, 3],
];

describe.each(refusals)('A read that GitLab answers with %o', (fault, told, times) => {
  it.each(reads)('is an error at the path of the %s', async (_name, query, path, call) => {
    const world = smallWorld();
    if (world.job(1001)) world.setStatus(1001, 'running');
    world.addToken({ value: 'glcbt-of-a-job', job: 1001 });
    const { simulator, bugs, post, calls } = await start({ simulator: { world } });
    simulator.fail({ ...fault, times: Number.POSITIVE_INFINITY });
    const needsJob = call.startsWith('/job') && !call.startsWith('/jobs');
    const options = needsJob ? { token: null, headers: { 'job-token': 'glcbt-of-a-job' } } : {};

    const response = await post(`{ __typename ${query} }`, options);
    const text = await response.text();
    const answer = JSON.parse(text);

    expect(answer.errors).toHaveLength(1);
    expect(answer.errors[0]).toMatchObject({ ...told, path: path.split('.').map(toKey) });
    expect(answer.data).toMatchObject({ __typename: 'Query' });
    // A log is a stream. After its first bytes were received, the request is not retried.
    const asked = fault.kind === 'truncated' && call.endsWith('/trace') ? 1 : times;
    expect(calls()).toEqual(Array(asked).fill(expect.stringContaining(call)));
    expect(text).not.toMatch(/glpat-|glcbt-|\/work\/|127\.0\.0\.1|stack/);
    expect(bugs).toEqual([]);
  });
});

function toKey(part: string): string | number {
  return /^\d+$/.test(part) ? Number(part) : part;
}

describe('An error', () => {
  it('contains GitLab’s status and request id', async () => {
    const { query } = await start();
    const answer = await query('{ job(project: "42", id: "1001") { name } }', {
      token: tokens.aliceExpired,
    });
    expect(answer.errors).toMatchObject([
      {
        message:
          'invalid_token: Token is expired. You can either do re-authorization or token refresh.',
        extensions: {
          code: 'UNAUTHENTICATED',
          upstream: { status: 401, requestId: expect.stringMatching(/^[0-9A-Z]{26}$/) },
        },
      },
    ]);
  });

  it.each([
    ['no credential', null],
    ['an unknown token', 'glpat-nobody-knows-it'],
  ])('is UNAUTHENTICATED for %s', async (_name, token) => {
    const { query, calls, bugs } = await start();
    const answer = await query('{ job(project: "42", id: "1001") { name } }', { token });
    expect(answer.data).toEqual({ job: null });
    expect(answer.errors).toMatchObject([
      { message: '401 Unauthorized', extensions: { code: 'UNAUTHENTICATED' } },
    ]);
    expect(calls()).toEqual(['GET /projects/42/jobs/1001']);
    expect(bugs).toEqual([]);
  });

  it.each([
    ['job', `job(project: "group/secret", id: "${small.secretJob}") { name }`, 'job'],
    [
      'list of a project',
      'project(fullPath: "group/secret") { jobs { nodes { name } } }',
      'project.jobs',
    ],
    ['pipeline', 'pipeline(project: "group/secret", id: 710) { status }', 'pipeline'],
    [
      'list of a pipeline',
      'pipeline(project: "43", id: 710) { jobs { nodes { name } } }',
      'pipeline.jobs',
    ],
    ['log', `job(project: "43", id: "${small.secretJob}") { trace { byteSize } }`, 'job.trace'],
  ])('is FORBIDDEN for a guest who may not see a %s', async (_name, query, path) => {
    const started = await start();
    const answer = await started.query(`{ ${query} }`, { token: tokens.gus });
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors).toMatchObject([{ message: '403 Forbidden', path: path.split('.') }]);
    expect(codesOf(answer)).toEqual({ [path]: 'FORBIDDEN' });
    expect(started.calls()).toHaveLength(1);
  });

  it.each([
    ['429', 'RATE_LIMITED'],
    ['maintenance', 'UPSTREAM_UNAVAILABLE'],
    ['500', 'UPSTREAM_UNAVAILABLE'],
  ] as const)('contains retryAfter if GitLab sends it with %s', async (kind, code) => {
    const { query, simulator } = await start();
    simulator.fail({ kind, retryAfter: 3600 });
    const answer = await query('{ job(project: "42", id: "1001") { name } }');
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code, retryAfter: 3600 });
  });

  it('contains no retryAfter if GitLab sends none with another failure than 429', async () => {
    const { query, simulator } = await start();
    simulator.fail({ kind: '500' });
    const answer = await query('{ job(project: "42", id: "1001") { name } }');
    expect(answer.errors?.[0]?.extensions).not.toHaveProperty('retryAfter');
  });

  it('does not affect sibling fields', async () => {
    const { query, simulator, bugs } = await start();
    simulator.fail({ kind: '500', match: '/jobs/1001', times: 9 });
    simulator.fail({ kind: '500', match: '/pipelines/700/bridges', times: 9 });
    const answer = await query(`{
      broken: job(project: "42", id: "1001") { name }
      whole: job(project: "group/deploy", id: "1020") { name pipeline { duration } }
      pipeline(project: "42", id: 700) { status jobs { nodes { name } } bridges { nodes { name } } }
      project(fullPath: "42") { fullPath }
    }`);
    expect(codesOf(answer)).toEqual({
      broken: 'UPSTREAM_UNAVAILABLE',
      'pipeline.bridges': 'UPSTREAM_UNAVAILABLE',
    });
    expect(answer.data).toEqual({
      broken: null,
      whole: { name: 'roll out', pipeline: { duration: 60 } },
      pipeline: {
        status: 'RUNNING',
        jobs: { nodes: [{ name: 'bare' }, { name: 'unit tests 1/3' }] },
        bridges: null,
      },
      project: { fullPath: 'group/app' },
    });
    expect(bugs).toEqual([]);
  });

  it('in a job’s details does not affect the job', async () => {
    const { query, simulator } = await start();
    simulator.fail({ kind: '500', match: '/pipelines/700' });
    simulator.fail({ kind: '500', match: '/trace' });
    const answer = await query(
      '{ job(project: "42", id: "1001") { name pipeline { status duration } trace { byteSize } } }',
    );
    expect(answer.data).toEqual({
      job: {
        name: 'unit tests 1/3',
        pipeline: { status: 'RUNNING', duration: null },
        trace: null,
      },
    });
    expect(codesOf(answer)).toEqual({
      'job.pipeline.duration': 'UPSTREAM_UNAVAILABLE',
      'job.trace': 'UPSTREAM_UNAVAILABLE',
    });
  });

  it('of one item does not affect the others', async () => {
    const { query, simulator } = await start();
    simulator.fail({ kind: '500', match: '/projects/43' });
    const ids = [
      globalId('Job', '42', '1001'),
      globalId('Job', '43', '1010'),
      globalId('Job', '42', '9999'),
      'not an id',
      globalId('Pipeline', '42', '700'),
    ];
    const answer = await query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      variables: { ids },
    });
    expect(answer.data).toEqual({ nodes: [{ id: ids[0] }, null, null, null, { id: ids[4] }] });
    expect(codesOf(answer)).toEqual({
      'nodes.1': 'UPSTREAM_UNAVAILABLE',
      'nodes.3': 'BAD_USER_INPUT',
    });
  });

  it('that is temporary is hidden: reads are retried after 502, 503 and a broken connection', async () => {
    for (const kind of ['502', '503', 'reset'] as const) {
      const { query, simulator, calls } = await start();
      simulator.fail({ kind, times: 2 });
      const answer = await query('{ job(project: "42", id: "1001") { name } }');
      expect(answer.errors).toBeUndefined();
      expect(answer.data).toEqual({ job: { name: 'unit tests 1/3' } });
      expect(calls()).toHaveLength(3);
      expect(answer.extensions?.upstream?.calls).toBe(3);
    }
  });
});

describe('A GitLab that', () => {
  it('does not answer is UPSTREAM_TIMEOUT after one call, and sibling fields are returned', async () => {
    const { query, simulator, calls, bugs } = await start({
      transport: { timeouts: { headersMs: 700 } },
    });
    simulator.fail({ kind: 'hang', match: '/jobs/1001' });
    const answer = await query(`{
      job(project: "42", id: "1001") { name }
      project(fullPath: "42") { name }
    }`);
    expect(answer.data).toEqual({ job: null, project: { name: 'The App' } });
    expect(answer.errors).toMatchObject([
      {
        message: 'GitLab did not answer in time.',
        path: ['job'],
        extensions: { code: 'UPSTREAM_TIMEOUT', upstream: { status: null, requestId: null } },
      },
    ]);
    expect(calls().sort()).toEqual(['GET /projects/42', 'GET /projects/42/jobs/1001']);
    expect(bugs).toEqual([]);
  });

  it('exceeds the timeout of the operation is UPSTREAM_TIMEOUT', async () => {
    const started = await startGateway({
      simulator: { world: smallWorld() },
      token: tokens.alice,
      config: { operationTimeoutMs: 300 },
    });
    started.simulator.fail({ kind: 'hang', times: 9 });
    const answer = await started.query('{ job(project: "42", id: "1001") { name } }');
    expect(answer.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_TIMEOUT' } }]);
    expect(started.bugs).toEqual([]);
  });

  it('is unreachable is UPSTREAM_UNAVAILABLE, without its address', async () => {
    const started = await start();
    await started.simulator.close();
    const answer = await started.query('{ job(project: "42", id: "1001") { name } }');
    expect(answer.data).toEqual({ job: null });
    expect(answer.errors).toMatchObject([
      {
        message: 'GitLab is not available, or did not give a usable answer.',
        path: ['job'],
        extensions: {
          code: 'UPSTREAM_UNAVAILABLE',
          upstream: { status: null, requestId: null },
        },
      },
    ]);
    expect(started.bugs).toEqual([]);
  });
});

describe('An internal error', () => {
  const bug = new Error('secret detail of /home/gateway');

  it('is masked, reported, and does not affect sibling fields', async () => {
    const { post, bugs } = await start({
      transport: {
        onCall: ({ template }) => {
          if (template === '/projects/:id/jobs/:id') throw bug;
        },
      },
    });
    const response = await post(
      '{ job(project: "42", id: "1001") { name } project(fullPath: "42") { name } }',
    );
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      data: { job: null, project: { name: 'The App' } },
      errors: [
        {
          message: 'Internal error of the gateway.',
          path: ['job'],
          extensions: { code: 'INTERNAL_SERVER_ERROR' },
        },
      ],
    });
    expect(text).not.toMatch(/secret|\/home/);
    expect(bugs).toEqual([bug]);
  });
});

describe.each([
  ['compiled', 'true'],
  ['general', 'false'],
])('where very many fields fail, by the %s executor', (_way, compiled) => {
  it('at most 500 errors are returned, each with its location, and the number of the others', async () => {
    const world = smallWorld();
    for (let id = 0; id < 30; id++) world.addJob(700, { id: 60_000 + id });
    const { query, simulator, bugs } = await startGateway({
      simulator: { world },
      token: tokens.alice,
      env: { COMPILED_EXECUTION: compiled },
    });
    simulator.fail({ kind: '500', match: /projects\/42$/, times: Number.POSITIVE_INFINITY });
    const names = Array.from({ length: 20 }, (_, at) => `n${at}: name`).join(' ');
    const lines = [
      `{ job(project: "42", id: "${small.fullJob}") { name }`,
      `project(fullPath: "group/app") { jobs(first: 30) { nodes { project { ${names} } } } } }`,
    ];
    const { data, errors = [] } = await query(lines.join('\n'));
    expect(data).toMatchObject({ job: { name: 'unit tests 1/3' } });
    expect(errors).toHaveLength(501);
    expect(errors[0]).toMatchObject({
      path: ['project', 'jobs', 'nodes', 0, 'project', 'n0'],
      locations: [{ line: 2, column: Number(lines[1]?.indexOf('n0')) + 1 }],
      extensions: { code: 'UPSTREAM_UNAVAILABLE', upstream: { status: 500 } },
    });
    expect(errors[500]).toEqual({
      message: '100 more errors are left out.',
      extensions: { code: 'TOO_MANY_ERRORS' },
    });
    expect(bugs).toEqual([]);
  });
});
