import { describe, expect, it } from 'vitest';
import { aJob, sendJson } from '../gitlab/upstream.ts';
import { codesOf, type StartOptions, startGateway } from '../helpers/start-gateway.ts';
import { addFullJob, smallWorld, tokens } from '../helpers/worlds.ts';
import { startBehind } from './own-upstream.ts';

const token = 'glcbt-of-a-running-job';
const asJob = { token: null, headers: { 'job-token': token } };

function start(options: StartOptions['simulator'] = {}) {
  const world = smallWorld();
  const job = addFullJob(world, world.pipeline(700)!, { id: 1060, status: 'running' });
  world.addToken({ value: token, job });
  world.addAgent({
    id: 5,
    project: 'group/deploy',
    access: [{ path: 'group', configuration: { default_namespace: 'shop' } }],
  });
  return startGateway({ simulator: { world, ...options }, token: tokens.alice });
}

describe('Query.currentJob', () => {
  it.each([
    ['JOB-TOKEN', { 'job-token': token }],
    ['Bearer', { authorization: `Bearer ${token}` }],
  ])('is the job whose token was sent as %s', async (_name, headers) => {
    const { query, calls, bugs } = await start();
    const answer = await query('{ currentJob { databaseId project { fullPath } } }', {
      token: null,
      headers,
    });
    expect(answer.data).toEqual({
      currentJob: { databaseId: '1060', project: { fullPath: 'group/app' } },
    });
    expect(calls()).toEqual(['GET /job']);
    expect(bugs).toEqual([]);
  });

  it('is null without error for a personal token', async () => {
    const { query, calls } = await start();
    const answer = await query('{ currentJob { name } allowedAgents { groupIds } }');
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ currentJob: null, allowedAgents: null });
    expect(calls().sort()).toEqual(['GET /job', 'GET /job/allowed_agents']);
  });

  it('is UNAUTHENTICATED without a credential, and after the job has ended', async () => {
    const { query, simulator } = await start();
    const ask = '{ currentJob { name } allowedAgents { groupIds } }';
    const refused = { currentJob: 'UNAUTHENTICATED', allowedAgents: 'UNAUTHENTICATED' };
    expect(codesOf(await query(ask, { token: null }))).toEqual(refused);
    simulator.world.finishJob(1060, 'success');
    expect(codesOf(await query(ask, asJob))).toEqual(refused);
  });

  it('returns all but its log, which a job token may not read', async () => {
    const { query } = await start();
    const answer = await query('{ currentJob { databaseId trace { byteSize } } }', asJob);
    expect(answer.data).toEqual({ currentJob: { databaseId: '1060', trace: null } });
    expect(codesOf(answer)).toEqual({ 'currentJob.trace': 'UNAUTHENTICATED' });
  });
});

describe('Query.allowedAgents', () => {
  it('returns agents, and what else the response contains without a further call', async () => {
    const { query, calls, bugs } = await start();
    const answer = await query(
      `{
        allowedAgents {
          agents { databaseId configuration configProject { fullPath } }
          groupIds rolesInProject
          project { id databaseId }
          user { username }
          environment { slug tier }
        }
      }`,
      asJob,
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({
      allowedAgents: {
        agents: [
          {
            databaseId: '5',
            configuration: { default_namespace: 'shop' },
            configProject: { fullPath: 'group/deploy' },
          },
        ],
        groupIds: ['7'],
        rolesInProject: expect.arrayContaining(['guest', 'developer', 'maintainer']),
        project: { id: Buffer.from('Project:42').toString('base64url'), databaseId: '42' },
        user: { username: 'alice' },
        environment: { slug: 'production', tier: 'production' },
      },
    });
    expect(calls()).toEqual(['GET /job/allowed_agents']);
    expect(bugs).toEqual([]);
  });

  it('takes the path of a private project, which a job token may not read, from its job', async () => {
    const { query, calls } = await start();
    const answer = await query(
      '{ allowedAgents { job { databaseId } project { fullPath } } }',
      asJob,
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({
      allowedAgents: { job: { databaseId: '1060' }, project: { fullPath: 'group/app' } },
    });
    expect(calls().sort()).toEqual(['GET /job', 'GET /job/allowed_agents']);
  });

  it('takes the profile of the user from the job, whose user it is', async () => {
    const { query, calls } = await start();
    const ask = '{ allowedAgents { user { id username } } currentJob { user { id } } }';
    const { currentJob, allowedAgents } = (await query(ask, asJob)).data as Record<string, object>;
    expect(allowedAgents).toMatchObject(currentJob ?? {});
    calls();
    const answer = await query('{ allowedAgents { user { username name } } }', asJob);
    expect(answer.data).toEqual({
      allowedAgents: { user: { username: 'alice', name: expect.any(String) } },
    });
    expect(calls().sort()).toEqual(['GET /job', 'GET /job/allowed_agents']);
  });

  it('reads the pipeline if a job token may', async () => {
    const ask = '{ allowedAgents { pipeline { databaseId status } } }';
    const newer = await start();
    expect((await newer.query(ask, asJob)).data).toEqual({
      allowedAgents: { pipeline: { databaseId: '700', status: 'RUNNING' } },
    });
    const older = await start({ version: '18.0' });
    const answer = await older.query(ask, asJob);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ allowedAgents: { pipeline: null } });
  });

  it('has no environment and no groups if the job has none', async () => {
    const world = smallWorld();
    world.addProject({ id: 50, path: 'bob/tool' });
    const pipeline = world.addPipeline('bob/tool', { id: 750, user: 'bob' });
    const job = world.addJob(pipeline, { id: 1070, status: 'running' });
    world.addToken({ value: token, job });
    const { query } = await startGateway({ simulator: { world } });
    const answer = await query(
      '{ allowedAgents { agents { id } groupIds environment { slug } } }',
      asJob,
    );
    expect(answer.data).toEqual({
      allowedAgents: { agents: [], groupIds: [], environment: null },
    });
  });
});

describe('A job token', () => {
  it('reads jobs by id through lists, because it may not read single jobs', async () => {
    const { query, calls } = await start();
    const answer = await query(
      '{ a: job(project: "group/app", id: 1001) { name } b: job(project: "group/app", id: 999) { name } }',
      asJob,
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ a: { name: 'unit tests 1/3' }, b: null });
    const lists = calls();
    expect(lists).not.toHaveLength(0);
    for (const call of lists) expect(call).toContain('GET /projects/group%2Fapp/jobs?');
  });

  it('reads even one job through the list', async () => {
    const { query, calls } = await start();
    const answer = await query('{ job(project: "42", id: 1001) { name } }', asJob);
    expect(answer.data).toEqual({ job: { name: 'unit tests 1/3' } });
    expect(calls()).toEqual([expect.stringContaining('GET /projects/42/jobs?')]);
  });

  it('is not reported as invalid if a proxy removes the cursor of the list', async () => {
    const { query, calls } = await startBehind((request, response) =>
      request.url?.includes('/jobs?')
        ? sendJson(response, [aJob(9), aJob(8)])
        : sendJson(response, { message: '401 Unauthorized' }, { status: 401 }),
    );
    for (let time = 0; time < 2; time += 1) {
      const answer = await query('{ job(project: "42", id: 5) { name } }', asJob);
      expect(codesOf(answer)).toEqual({ job: 'UPSTREAM_UNAVAILABLE' });
      expect(calls()).toEqual([expect.stringContaining('GET /projects/42/jobs?')]);
    }
  });
});
