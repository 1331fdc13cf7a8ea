import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../src/simulator/records.ts';
import { versions } from '../../src/simulator/versions.ts';
import { type Around, mirror, type Rest, unshownKeys } from '../helpers/mirror.ts';
import { objectType, selectAll } from '../helpers/select-all.ts';
import { at, codesOf, type Started, startGateway } from '../helpers/start-gateway.ts';
import { addFullJob, small, smallWorld, tokens } from '../helpers/worlds.ts';

/*
 * The gateway must return everything that GitLab sends, and change it only as contract.graphql
 * says, for example the names. Each test reads objects from the simulator over REST, reads them
 * from the gateway over GraphQL, and compares both.
 */

const everyVersion = describe.each(versions.map((version) => ({ version })));

const readAs = (started: Started, token: string) => (path: string) =>
  started.rest(path, { token }) as Promise<Rest>;

/** Reads the projects and pipelines of the jobs in {@link smallWorld} over REST. */
async function aroundOf(started: Started): Promise<Around> {
  const rest = readAs(started, tokens.alice);
  return {
    projects: { 42: await rest('/projects/42'), 44: await rest('/projects/44') },
    pipelines: {
      700: await rest('/projects/42/pipelines/700'),
      720: await rest('/projects/44/pipelines/720'),
    },
  };
}

/**
 * Replaces the values of a row, except its id and lists, by values that differ as far as their
 * types allow, so that a mix-up of two fields is noticed.
 */
function marked(row: Rest, of: string): Rest {
  const minute = (index: number) => String(index).padStart(2, '0');
  const mark = ([key, value]: [string, unknown], index: number): [string, unknown] => {
    if (key === 'id' || Array.isArray(value)) return [key, value];
    if (/_(at|date)$/.test(key)) return [key, `2026-11-22T11:${minute(index)}:00.000+02:00`];
    if (typeof value === 'number') return [key, 1000 + index];
    if (typeof value === 'boolean') return [key, index % 2 === 0];
    return [key, `${key} of ${of}`];
  };
  return Object.fromEntries(Object.entries(row).map(mark));
}

const jobQuery = `{ job(project: "42", id: "${small.fullJob}") ${selectAll(objectType('Job'))} }`;

everyVersion('GitLab $version', ({ version }) => {
  const start = () =>
    startGateway({ simulator: { world: smallWorld(), version }, token: tokens.alice });

  it('returns every field of a full job', async () => {
    const started = await start();
    const rest = await started.rest('/projects/42/jobs/1001');
    const around = await aroundOf(started);

    const answer = await started.query(jobQuery);

    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ job: mirror('Job', rest as Rest, around) });
    expect(started.calls().sort()).toEqual([
      'GET /projects/42',
      'GET /projects/42/jobs/1001',
      'GET /projects/42/pipelines/700',
    ]);
    expect(started.bugs).toEqual([]);
  });

  it('swaps no two fields of a job', async () => {
    const started = await start();
    const job = started.simulator.world.job(1001) as JobRecord;
    const plain = (await started.rest('/projects/42/jobs/1001')) as Rest;
    const nested = ['user', 'commit', 'runner', 'runner_manager', 'artifacts_file'];
    const rows = Object.entries(plain).map(([key, value]) => [
      key,
      nested.includes(key) ? marked(value as Rest, key) : value,
    ]);
    const raw = marked(plain, 'job');
    for (const key of ['status', 'web_url', 'pipeline', 'project']) raw[key] = plain[key];
    job.raw = {
      ...raw,
      ...Object.fromEntries(rows.filter(([key]) => nested.includes(String(key)))),
    };
    const rest = await started.rest('/projects/42/jobs/1001');
    const around = await aroundOf(started);

    const answer = await started.query(jobQuery);

    expect(rest).toMatchObject({ user: { bio: 'bio of user' }, name: 'name of job' });
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ job: mirror('Job', rest as Rest, around) });
    expect(started.bugs).toEqual([]);
  });

  it('returns null for the runner, user and commit that a job lacks', async () => {
    const started = await start();
    const rest = (await started.rest('/projects/42/jobs/1002')) as Rest;
    const around = await aroundOf(started);

    const answer = await started.query(jobQuery.replace(small.fullJob, small.bareJob));

    expect(rest).toMatchObject({ runner: null, user: null, commit: null });
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ job: mirror('Job', rest, around) });
    expect(started.bugs).toEqual([]);
  });

  it('returns the pipeline’s basic fields and the project of a job without a further call', async () => {
    const started = await start();
    const rest = (await started.rest('/projects/42/jobs/1001')) as Rest;
    const answer = await started.query(`{
      job(project: "group/app", id: "1001") {
        pipeline { iid status statusRaw ref sha source createdAt updatedAt webUrl }
        project { id databaseId fullPath webUrl }
      }
    }`);

    const pipeline = mirror('Pipeline', rest['pipeline'] as Rest);
    expect(answer.data).toEqual({
      job: {
        pipeline: expect.objectContaining({ iid: pipeline['iid'], sha: pipeline['sha'] }),
        project: {
          id: mirror('Project', { id: 42 })['id'],
          databaseId: '42',
          fullPath: 'group/app',
          webUrl: `${started.simulator.url}/group/app`,
        },
      },
    });
    expect(pipeline).toMatchObject(at(answer, 'job.pipeline') as Rest);
    expect(started.calls()).toEqual(['GET /projects/group%2Fapp/jobs/1001']);
  });

  it('shows every field of the bridges of a pipeline, with and without what they started', async () => {
    const started = await start();
    const rest = (await started.rest('/projects/42/pipelines/700/bridges')) as Rest[];
    const around = await aroundOf(started);

    const answer = await started.query(
      `{ pipeline(project: "42", id: 700) { bridges { nodes ${selectAll(objectType('Bridge'))} } } }`,
    );

    expect(rest.map((row) => (row['downstream_pipeline'] as Rest | null)?.['id'])).toEqual([
      undefined,
      720,
    ]);
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'pipeline.bridges.nodes')).toEqual(
      rest.map((row) => mirror('Bridge', row, around)),
    );
    expect(started.calls().sort()).toEqual([
      'GET /projects/42',
      'GET /projects/42/pipelines/700',
      'GET /projects/42/pipelines/700/bridges?page=1&per_page=20',
      'GET /projects/44',
      'GET /projects/44/pipelines/720',
    ]);
    expect(started.bugs).toEqual([]);
  });

  it('shows every field of a pipeline read by itself', async () => {
    const started = await start();
    const rest = (await started.rest('/projects/42/pipelines/700')) as Rest;
    const around = await aroundOf(started);

    const answer = await started.query(
      `{ pipeline(project: "42", id: 700) ${selectAll(objectType('Pipeline'))} }`,
    );

    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ pipeline: mirror('Pipeline', rest, around) });
    expect(started.calls().sort()).toEqual(['GET /projects/42', 'GET /projects/42/pipelines/700']);
    expect(started.bugs).toEqual([]);
  });

  it('swaps no two fields of a pipeline', async () => {
    const started = await start();
    const pipeline = started.simulator.world.pipeline(700);
    const plain = (await started.rest('/projects/42/pipelines/700')) as Rest;
    const raw = marked(plain, 'pipeline');
    for (const key of ['iid', 'project_id', 'status', 'web_url', 'user', 'detailed_status']) {
      raw[key] = plain[key];
    }
    if (pipeline) pipeline.raw = { ...raw, coverage: '87.30', duration: 41, queued_duration: 3 };
    const rest = (await started.rest('/projects/42/pipelines/700')) as Rest;
    const around = await aroundOf(started);

    const answer = await started.query(
      `{ pipeline(project: "42", id: 700) ${selectAll(objectType('Pipeline'))} }`,
    );

    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ pipeline: mirror('Pipeline', rest, around) });
    expect(at(answer, 'pipeline.coverage')).toBe(87.3);
  });

  it('shows every field of a project', async () => {
    const started = await start();
    const rest = (await started.rest('/projects/42')) as Rest;

    const answer = await started.query(
      `{ project(fullPath: "group/app") ${selectAll(objectType('Project'))} }`,
    );

    expect(answer.data).toEqual({ project: mirror('Project', rest) });
    expect(started.calls()).toEqual(['GET /projects/group%2Fapp']);
  });

  it('returns the same job from a list as alone', async () => {
    const started = await start();
    const all = selectAll(objectType('Job'));
    const answer = await started.query(`{
      job(project: "42", id: "1001") ${all}
      project(fullPath: "42") { jobs { nodes ${all} } }
      pipeline(project: "42", id: 700) { jobs { nodes ${all} } }
    }`);

    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'project.jobs.nodes.1')).toEqual(at(answer, 'job'));
    expect(at(answer, 'pipeline.jobs.nodes.1')).toEqual(at(answer, 'job'));
    expect(started.bugs).toEqual([]);
  });

  it('returns the same pipeline from the list of its project as alone', async () => {
    const started = await start();
    const all = selectAll(objectType('Pipeline'));
    const answer = await started.query(`{
      pipeline(project: "42", id: 700) ${all}
      project(fullPath: "42") { pipelines { nodes ${all} } }
    }`);

    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'project.pipelines.nodes')).toEqual([at(answer, 'pipeline')]);
    expect(started.bugs).toEqual([]);
  });

  it('returns the fields of a listed pipeline’s row without a further call', async () => {
    const started = await start();
    const [row] = (await started.rest('/projects/42/pipelines')) as Rest[];
    const answer = await started.query(`{ project(fullPath: "42") { pipelines { nodes {
      id databaseId iid projectId status statusRaw ref sha source createdAt updatedAt webUrl name
    } } } }`);

    expect(mirror('Pipeline', row!)).toMatchObject(at(answer, 'project.pipelines.nodes.0') as Rest);
    expect(unshownKeys('Pipeline', row!)).toEqual([]);
    expect(started.calls()).toEqual(['GET /projects/42/pipelines?page=1&per_page=20']);
  });

  it('returns the job and the agents of a job token', async () => {
    const world = smallWorld();
    const headers = { 'job-token': 'glcbt-running-job' };
    const app = world.project(small.project);
    if (app) app.visibility = 'public';
    const job = addFullJob(world, world.pipeline(700)!, { id: 1030, status: 'running' });
    world.addToken({ value: headers['job-token'], job });
    world.addAgent({
      project: 'group/deploy',
      name: 'production',
      access: [
        { path: 'group', configuration: { default_namespace: 'shop', access_as: { agent: {} } } },
      ],
    });
    world.addAgent({ project: 'group/app', id: 9 });
    const started = await startGateway({ simulator: { world, version } });
    const rest = (path: string) => started.rest(path, { headers }) as Promise<Rest>;
    const [current, agents] = [await rest('/job'), await rest('/job/allowed_agents')];
    const around = {
      // With a job token, GitLab returns the project as it does for an anonymous caller, without
      // its settings.
      projects: { 42: { ...(await rest('/projects/42')), ...(current['project'] as Rest) } },
      pipelines: { 700: await rest('/projects/42/pipelines/700') },
    };

    const answer = await started.query(
      `{
        currentJob ${selectAll(objectType('Job'))}
        allowedAgents ${selectAll(objectType('AllowedAgents'))}
      }`,
      { headers },
    );

    const expected = {
      ...agents,
      job: current,
      pipeline: current['pipeline'],
      user: { ...(current['user'] as Rest), ...(agents['user'] as Rest) },
      project: {
        ...around.projects[42],
        ...(current['project'] as Rest),
        ...(agents['project'] as Rest),
      },
    };
    expect(agents).toMatchObject({ environment: { tier: 'production' } });
    expect(codesOf(answer)).toEqual({});
    expect(at(answer, 'currentJob')).toEqual(mirror('Job', current, around));
    expect(at(answer, 'allowedAgents')).toEqual(mirror('AllowedAgents', expected, around));
    expect(started.calls().sort()).toEqual([
      'GET /job',
      'GET /job/allowed_agents',
      'GET /projects/42',
      'GET /projects/42/pipelines/700',
    ]);
    expect(started.bugs).toEqual([]);
  });

  it('covers everything that GitLab sends of jobs, bridges, pipelines and their parts', async () => {
    const started = await start();
    const rest = readAs(started, tokens.alice);
    const job = await rest('/projects/42/jobs/1001');
    const [, bridge] = (await rest('/projects/42/pipelines/700/bridges')) as unknown as Rest[];
    const pipeline = await rest('/projects/42/pipelines/700');
    const rows: [string, unknown][] = [
      ['Job', job],
      ['Bridge', bridge],
      ['Pipeline', pipeline],
      ['Pipeline', job['pipeline']],
      ['User', job['user']],
      ['User', pipeline['user']],
      ['Commit', job['commit']],
      ['Runner', job['runner']],
      ['RunnerManager', job['runner_manager'] ?? {}],
      ['JobArtifactsFile', job['artifacts_file']],
      ['JobArtifact', (job['artifacts'] as Rest[])[0]],
    ];
    expect(rows.map(([type, row]) => [type, unshownKeys(type, row as Rest)])).toEqual(
      rows.map(([type]) => [type, []]),
    );
  });
});
