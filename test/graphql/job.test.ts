import { describe, expect, it } from 'vitest';
import { at, codesOf, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

function start(raw: Readonly<Record<string, unknown>> = {}) {
  const world = smallWorld();
  const job = world.job(1001);
  if (job) job.raw = raw;
  return startGateway({ simulator: { world }, token: tokens.alice });
}

const ask = (fields: string) => `{ job(project: "42", id: "1001") { ${fields} } }`;

describe('Query.job', () => {
  it('reads a job by the path of its project and by its number', async () => {
    const { query, calls } = await start();
    for (const project of [small.project, small.projectId]) {
      const answer = await query(`{ job(project: "${project}", id: "1001") { name databaseId } }`);
      expect(answer.data).toEqual({ job: { name: 'unit tests 1/3', databaseId: '1001' } });
    }
    expect(calls()).toEqual(['GET /projects/group%2Fapp/jobs/1001', 'GET /projects/42/jobs/1001']);
  });

  it('accepts ids as numbers', async () => {
    const { query } = await start();
    const answer = await query('{ job(project: 42, id: 1001) { databaseId } }');
    expect(at(answer, 'job.databaseId')).toBe('1001');
  });

  it('is null without error for an unknown id, and for a job of another project', async () => {
    const { query, calls } = await start();
    const answer = await query(`{
      nobody: job(project: "42", id: "9999999") { name }
      other: job(project: "42", id: "${small.secretJob}") { name }
      elsewhere: job(project: "nobody/nowhere", id: "1001") { name }
      hidden: job(project: "group/deploy", id: "1001") { name }
    }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ nobody: null, other: null, elsewhere: null, hidden: null });
    expect(calls()).toHaveLength(4);
  });

  it('is null without error for a trigger job, which GitLab cannot read by id', async () => {
    const { query, calls } = await start();
    const answer = await query(`{ job(project: "42", id: "${small.bridge}") { name } }`);
    expect(answer).toMatchObject({ data: { job: null } });
    expect(answer.errors).toBeUndefined();
    expect(calls()).toEqual(['GET /projects/42/jobs/1003']);
  });

  it('is null without access to the project, and forbidden for a guest who may not see jobs', async () => {
    const { query, bugs } = await start();
    const secret = `{ job(project: "group/secret", id: "${small.secretJob}") { name } }`;
    expect(await query(secret, { token: tokens.mallory })).toMatchObject({ data: { job: null } });
    const answer = await query(secret, { token: tokens.gus });
    expect(answer.data).toEqual({ job: null });
    expect(answer.errors).toMatchObject([
      { message: '403 Forbidden', path: ['job'], extensions: { code: 'FORBIDDEN' } },
    ]);
    expect(bugs).toEqual([]);
  });

  it('shows a status newer than the schema as UNKNOWN, with the word GitLab sent', async () => {
    const { query } = await start({ status: 'daydreaming' });
    const answer = await query(ask('status statusRaw'));
    expect(answer).toMatchObject({
      data: { job: { status: 'UNKNOWN', statusRaw: 'daydreaming' } },
    });
    expect(answer.errors).toBeUndefined();
  });

  it.each([
    'created',
    'waiting_for_resource',
    'preparing',
    'waiting_for_callback',
    'pending',
    'running',
    'success',
    'failed',
    'canceling',
    'canceled',
    'skipped',
    'manual',
    'scheduled',
  ])('shows the status %s', async (status) => {
    const { query } = await start({ status });
    const answer = await query(ask('status statusRaw'));
    expect(answer.data).toEqual({ job: { status: status.toUpperCase(), statusRaw: status } });
  });

  it('shows a runner type newer than the schema as UNKNOWN', async () => {
    const { query } = await start({ runner: { id: 1, runner_type: 'lunar_type' } });
    expect(await query(ask('runner { runnerType paused }'))).toMatchObject({
      data: { job: { runner: { runnerType: 'UNKNOWN', paused: null } } },
    });
  });

  it('shows null for keys that an older server does not have', async () => {
    const missing = Object.fromEntries(
      ['failure_reason', 'runner', 'runner_manager', 'tag_list', 'artifacts', 'archived'].map(
        (key) => [key, undefined],
      ),
    );
    const { query } = await start({ ...missing, erased_at: undefined, project: undefined });
    const answer = await query(
      ask(
        'failureReason runner { id } runnerManager { id } tagList artifacts { size } archived erasedAt project { fullPath }',
      ),
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({
      job: {
        failureReason: null,
        runner: null,
        runnerManager: null,
        tagList: null,
        artifacts: [],
        archived: null,
        erasedAt: null,
        project: { fullPath: 'group/app' },
      },
    });
  });

  it('loses only the field that has an unexpected type', async () => {
    const { query, bugs } = await start({
      name: 12,
      tag: 'yes',
      duration: 'long',
      coverage: { percent: 3 },
      created_at: 1700000000,
      tag_list: 'linux',
      artifacts: {},
      artifacts_file: [],
      artifacts_expire_at: false,
      runner: 'none',
      commit: { id: false },
      user: [],
      project: 42,
      stage: 'kept',
    });
    const answer = await query(
      ask(`name tag duration coverage createdAt tagList artifacts { size } artifactsFile { size }
        artifactsExpireAt runner { id } commit { sha } user { id } stage project { fullPath }`),
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({
      job: {
        name: '12',
        tag: null,
        duration: null,
        coverage: null,
        createdAt: null,
        tagList: null,
        artifacts: [],
        artifactsFile: null,
        artifactsExpireAt: null,
        runner: null,
        commit: null,
        user: null,
        stage: 'kept',
        project: { fullPath: 'group/app' },
      },
    });
    expect(bugs).toEqual([]);
  });

  it('loses only the field whose number is invalid', async () => {
    const { query, bugs } = await start({
      coverage: 'n/a',
      artifacts_file: { filename: 'a.zip', size: 'big' },
      user: { id: 1, username: 'alice', followers: 1.5, following: 3_000_000_000 },
    });
    const answer = await query(
      ask('coverage artifactsFile { filename size } user { username followers following }'),
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({
      job: {
        coverage: null,
        artifactsFile: { filename: 'a.zip', size: null },
        user: { username: 'alice', followers: null, following: null },
      },
    });
    expect(bugs).toEqual([]);
  });

  it.each(['not an address', 'job/-/jobs/1', 'http://host/a%zz/-/jobs/1', '', null])(
    'finds the path of the project by a call where the web address is %j',
    async (webUrl) => {
      const { query, calls, bugs } = await start({ web_url: webUrl });
      const answer = await query(ask('name webUrl project { databaseId fullPath }'));
      expect(answer.errors).toBeUndefined();
      expect(answer.data).toEqual({
        job: {
          name: 'unit tests 1/3',
          webUrl,
          project: { databaseId: '42', fullPath: 'group/app' },
        },
      });
      expect(calls()).toEqual(['GET /projects/42/jobs/1001', 'GET /projects/42']);
      expect(bugs).toEqual([]);
    },
  );

  it('takes the source of the pipeline, and prefers the one of the job where a server sends it', async () => {
    const { query, simulator } = await start();
    expect(await query(ask('source'))).toMatchObject({ data: { job: { source: 'push' } } });
    const job = simulator.world.job(1001);
    if (job) job.raw = { source: 'scan_execution_policy' };
    expect(await query(ask('source'))).toMatchObject({
      data: { job: { source: 'scan_execution_policy' } },
    });
  });

  it('keeps the offset that GitLab wrote times with', async () => {
    const { query } = await start({ started_at: '2026-11-22T10:00:00.123+02:00' });
    expect(at(await query(ask('startedAt')), 'job.startedAt')).toBe(
      '2026-11-22T10:00:00.123+02:00',
    );
  });

  it('shows the artifacts of an erased job as none', async () => {
    const { query } = await start({ artifacts: [], artifacts_file: undefined });
    expect(await query(ask('artifacts { size } artifactsFile { size }'))).toMatchObject({
      data: { job: { artifacts: [], artifactsFile: null } },
    });
  });

  it('has the requested project’s number if the pipeline does not contain it', async () => {
    const { query } = await start({ pipeline: null });
    expect(await query(ask('projectId pipeline { id } project { databaseId }'))).toMatchObject({
      data: { job: { projectId: '42', pipeline: null, project: { databaseId: '42' } } },
    });
  });
});

describe('A job whose pipeline a server leaves out', () => {
  it('has the requested path in its id, and can be read again by it', async () => {
    const { query, calls, bugs } = await start({ pipeline: null });
    const answer = await query(
      '{ job(project: "group/app", id: 1001) { id projectId project { fullPath } } }',
    );
    expect(answer.data).toMatchObject({
      job: { projectId: 'group/app', project: { fullPath: 'group/app' } },
    });
    const again = await query('query ($id: ID!) { node(id: $id) { id } }', {
      variables: { id: at(answer, 'job.id') },
    });
    expect(at(again, 'node.id')).toBe(at(answer, 'job.id'));
    const path = 'GET /projects/group%2Fapp/jobs/1001';
    expect(calls()).toEqual([path, path]);
    expect(bugs).toEqual([]);
  });
});

describe('Big numbers', () => {
  const huge = 2 ** 60;

  it('reads a job whose id is beyond 32 bits', async () => {
    const world = smallWorld();
    world.addJob(700, { id: 12345678901 });
    const { query, calls } = await startGateway({ simulator: { world }, token: tokens.alice });
    const answer = await query('{ job(project: "42", id: "12345678901") { databaseId } }');
    expect(answer.data).toEqual({ job: { databaseId: '12345678901' } });
    expect(calls()).toEqual(['GET /projects/42/jobs/12345678901']);
  });

  it('reads jobs whose ids are beyond 2^53 as far as JSON carries them', async () => {
    const world = smallWorld();
    const pipeline = world.addPipeline('group/app', { id: huge });
    world.addJob(pipeline, { id: huge });
    const { query, calls, bugs } = await startGateway({
      simulator: { world },
      token: tokens.alice,
    });
    const answer = await query(
      `{ job(project: "42", id: "${huge}") { id databaseId pipeline { databaseId duration } } }`,
    );
    expect(answer.errors).toBeUndefined();
    expect(answer).toMatchObject({
      data: { job: { databaseId: String(huge), pipeline: { databaseId: String(huge) } } },
    });
    expect(calls()).toEqual([
      `GET /projects/42/jobs/${huge}`,
      `GET /projects/42/pipelines/${huge}`,
    ]);
    const again = await query('query ($id: ID!) { node(id: $id) { id } }', {
      variables: { id: at(answer, 'job.id') },
    });
    expect(at(again, 'node.id')).toBe(at(answer, 'job.id'));
    expect(bugs).toEqual([]);
  });

  it('passes the largest id of GitLab on digit by digit', async () => {
    const { query, calls } = await start();
    const largest = '9223372036854775807';
    const answer = await query(`{ job(project: "42", id: "${largest}") { id } }`);
    expect(answer.data).toEqual({ job: null });
    expect(calls()).toEqual([`GET /projects/42/jobs/${largest}`]);
  });

  it('shows ids that a server sends as text', async () => {
    const { query } = await start({ id: '1001' });
    expect(await query(ask('databaseId'))).toMatchObject({ data: { job: { databaseId: '1001' } } });
  });

  it('shows sizes beyond 2 GB as numbers, and beyond 2^53 as text', async () => {
    const artifacts = [
      { file_type: 'archive', size: 3 * 1024 ** 3 },
      { file_type: 'archive', size: huge },
      { file_type: 'archive', size: '4096' },
      { file_type: 'trace', size: null },
    ];
    const { query } = await start({ artifacts });
    expect(await query(ask('artifacts { size }'))).toMatchObject({
      data: {
        job: {
          artifacts: [
            { size: 3_221_225_472 },
            { size: String(huge) },
            { size: 4096 },
            { size: null },
          ],
        },
      },
    });
  });
});

describe('An invalid response', () => {
  it('is an upstream error if a job has no id or no status', async () => {
    for (const raw of [{ id: undefined }, { id: {} }, { status: undefined }]) {
      const { query, bugs } = await start(raw);
      const answer = await query(ask('name'));
      expect(answer.data).toEqual({ job: null });
      expect(codesOf(answer)).toEqual({ job: 'UPSTREAM_UNAVAILABLE' });
      expect(bugs).toEqual([]);
    }
  });

  it('costs only the status of a job whose status is null', async () => {
    const { query } = await start({ status: null });
    const answer = await query(ask('status statusRaw name'));
    expect(answer.errors).toBeUndefined();
    expect(answer.data?.['job']).toMatchObject({ status: 'UNKNOWN', statusRaw: '' });
  });
});
