import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { createWorld } from '../../src/simulator/world.ts';
import { startGateway } from '../helpers/start-gateway.ts';

const TOKEN = 'glpat-alice';
const [DONE, RUNNING, IN_RUNNING, BRIDGE] = [1, 2, 3, 4];

/**
 * Creates two pipelines. The first has ended, together with its job. The second is running, and has
 * a running job, a finished job and a trigger job.
 */
function createJobs() {
  const world = createWorld();
  world.addUser({ username: 'alice' });
  world.addToken({ user: 'alice', value: TOKEN });
  const project = world.addProject({ id: 42, path: 'group/app', members: { alice: 'maintainer' } });
  const ended = world.addPipeline(project, { id: 700 });
  const running = world.addPipeline(project, { id: 701 });
  world.finishJob(world.addJob(ended, { id: DONE }).id, 'success');
  world.setStatus(world.addJob(running, { id: RUNNING }).id, 'running');
  world.finishJob(world.addJob(running, { id: IN_RUNNING }).id, 'success');
  world.addBridge(701, { id: BRIDGE });
  return world;
}

/** Sends a query and returns the response headers. */
async function headersOf(query: string, given: { accept?: string; federation?: boolean } = {}) {
  const { url } = await startGateway({
    simulator: { world: createJobs() },
    config: { federation: given.federation ?? false },
  });
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'private-token': TOKEN,
      ...(given.accept && { accept: given.accept }),
    },
    body: JSON.stringify({ query }),
  });
  await response.text();
  return response.headers;
}

const job = (id: number | undefined, fields: string) =>
  `{ job(project: "42", id: "${id}") { ${fields} } }`;
const project = (fields: string) => `{ project(fullPath: "group/app") { ${fields} } }`;
const retry = `mutation { jobRetry(input: { id: "${toGlobalId('Job', 42, DONE)}" }) { job { id } } }`;

describe('the Cache-Control header', () => {
  it.each([
    ['a job that has ended, for a minute', job(DONE, 'name status'), 'private, max-age=60'],
    ['a job that runs, for two seconds', job(RUNNING, 'status'), 'private, max-age=2'],
    [
      'a job of a pipeline that runs, for two seconds',
      job(IN_RUNNING, 'pipeline { status }'),
      'private, max-age=2',
    ],
    ['a job that is not there, for two seconds', job(999, 'name'), 'private, max-age=2'],
    [
      'a pipeline that has ended',
      '{ pipeline(project: "42", id: "700") { name } }',
      'private, max-age=60',
    ],
    [
      'a pipeline that runs',
      '{ pipeline(project: "42", id: "701") { name } }',
      'private, max-age=2',
    ],
    ['a list', project('jobs { nodes { id } }'), 'private, max-age=2'],
    ['a log', job(DONE, 'trace { byteSize }'), 'private, max-age=2'],
    ['a project', project('name'), 'private, max-age=60'],
    [
      'two jobs, as the one that changes first',
      `{ a: ${job(DONE, 'id').slice(2, -2)} b: ${job(RUNNING, 'id').slice(2, -2)} }`,
      'private, max-age=2',
    ],
    [
      'a trigger job whose downstream pipeline is not there yet',
      `{ node(id: "${toGlobalId('Bridge', 42, 701, BRIDGE)}") { id } }`,
      'private, max-age=2',
    ],
    [
      'the jobs of a pipeline, ended or not',
      '{ pipeline(project: "42", id: "700") { jobs { nodes { id } } bridges { nodes { id } } } }',
      'private, max-age=2',
    ],
    ['the job of no job token', '{ currentJob { name } }', 'private, max-age=2'],
    ['no call to GitLab', '{ __typename }', 'private, max-age=60'],
    ['the state of the rate limit, not at all', '{ rateLimit { remaining } }', 'no-store'],
    ['a mutation, not at all', retry, 'no-store'],
    ['an error, not at all', '{ job(project: "42", id: "x") { name } }', 'no-store'],
    ['a partial result, not at all', `{ __typename ${job(-1, 'id').slice(2)}`, 'no-store'],
    ['what is no GraphQL, not at all', '{', 'no-store'],
    ['what does not fit the schema, not at all', '{ nothing }', 'no-store'],
  ])('%s', async (_, query, expected) => {
    expect((await headersOf(query)).get('cache-control')).toBe(expected);
  });

  it('the SDL of a subgraph, for a minute', async () => {
    const headers = await headersOf('{ _service { sdl } }', { federation: true });
    expect(headers.get('cache-control')).toBe('private, max-age=60');
  });

  it('a batch as its operation that changes first, and not a batch of none', async () => {
    const { url } = await startGateway({
      simulator: { world: createJobs() },
      env: { MAX_BATCH: '2' },
    });
    const cacheControlOf = async (queries: string[]) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'private-token': TOKEN },
        body: JSON.stringify(queries.map((query) => ({ query }))),
      });
      await response.text();
      return response.headers.get('cache-control');
    };
    expect(await cacheControlOf([job(DONE, 'name'), job(RUNNING, 'status')])).toBe(
      'private, max-age=2',
    );
    expect(await cacheControlOf([])).toBe('no-store');
  });

  it('and that another credential or media type gets another answer', async () => {
    const headers = await headersOf(job(DONE, 'name'), {
      accept: 'application/graphql-response+json',
    });
    expect(headers.get('cache-control')).toBe('private, max-age=60');
    expect(headers.get('vary')?.split(', ')).toEqual(
      expect.arrayContaining(['Accept', 'Authorization', 'PRIVATE-TOKEN', 'JOB-TOKEN']),
    );
  });
});
