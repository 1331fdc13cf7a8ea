import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import type { ChangeEvent } from '../../src/live/notifications.ts';
import { createWebhookEndpoint } from '../../src/webhooks/endpoint.ts';
import { runs } from '../helpers/runs.ts';
import { at, codesOf, textAt } from '../helpers/start-gateway.ts';
import { addressOf } from '../websocket/web-socket.ts';
import { fullRow, startWith } from './own-upstream.ts';

/**
 * Generates ids as decimal digits. Many are around 2^53, where neighboring ids are the same
 * JavaScript number.
 */
const anyId = fc
  .oneof(
    fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
    fc.bigInt({ min: 2n ** 53n - 5n, max: 2n ** 53n + 50n }),
    fc.bigInt({ min: 1n, max: 2n ** 32n }),
  )
  .map(String);

const POSITIONS = [
  'job',
  'pipeline',
  'project',
  'user',
  'runner',
  'manager',
  'iid',
  'down',
] as const;
type Ids = Record<(typeof POSITIONS)[number], string>;
const anyIds = fc.record(
  Object.fromEntries(POSITIONS.map((name) => [name, anyId])) as Record<keyof Ids, typeof anyId>,
);

/**
 * Returns the JSON of a row in which each string "@name" is replaced with the id of that name, as a
 * number.
 */
function write(row: unknown, ids: Ids): string {
  return JSON.stringify(row).replace(/"@(\w+)"/g, (_, name: keyof Ids) => ids[name]);
}

const base = fullRow('@job');
const row = {
  ...base,
  web_url: 'https://gitlab.example.com/group/app/-/jobs/1',
  user: { ...base.user, id: '@user' },
  runner: { ...base.runner, id: '@runner' },
  runner_manager: { ...base.runner_manager, id: '@manager' },
  pipeline: { ...base.pipeline, id: '@pipeline', iid: '@iid', project_id: '@project' },
};
const bridge = {
  ...row,
  downstream_pipeline: { ...row.pipeline, id: '@down', project_id: '@project' },
};

const FIELDS =
  'id databaseId projectId user { databaseId } pipeline { id databaseId iid projectId project { id } }';
const LISTS = `jobs { nodes { ${FIELDS} runner { databaseId } runnerManager { databaseId } } }
  bridges { nodes { ${FIELDS} downstreamPipeline { id databaseId } } }`;

function expectedOf(ids: Ids) {
  return {
    databaseId: ids.job,
    projectId: ids.project,
    user: { databaseId: ids.user },
    pipeline: {
      id: toGlobalId('Pipeline', ids.project, ids.pipeline),
      databaseId: ids.pipeline,
      iid: ids.iid,
      projectId: ids.project,
      project: { id: toGlobalId('Project', ids.project) },
    },
  };
}

describe('an id of up to 64 bits', () => {
  it('has all its digits wherever it occurs, and a mutation goes to the job with this id', async () => {
    let ids = {} as Ids;
    const { query, calls } = await startWith((path) => {
      if (path.endsWith('/bridges')) return `[${write(bridge, ids)}]`;
      return /\/jobs$/.test(path) ? `[${write(row, ids)}]` : write(row, ids);
    });
    await fc.assert(
      fc.asyncProperty(anyIds, async (generated) => {
        ids = generated;
        const { job, project, pipeline } = ids;
        const answer = await query(
          `query ($project: ID!, $pipeline: ID!) { pipeline(project: $project, id: $pipeline) { ${LISTS} } }`,
          { variables: { project, pipeline } },
        );
        expect(answer.errors).toBeUndefined();
        expect(at(answer, 'pipeline.jobs.nodes.0')).toEqual({
          ...expectedOf(ids),
          id: toGlobalId('Job', project, job),
          runner: { databaseId: ids.runner },
          runnerManager: { databaseId: ids.manager },
        });
        expect(at(answer, 'pipeline.bridges.nodes.0')).toEqual({
          ...expectedOf(ids),
          id: toGlobalId('Bridge', project, pipeline, job),
          downstreamPipeline: {
            id: toGlobalId('Pipeline', project, ids.down),
            databaseId: ids.down,
          },
        });
        calls();
        const id = textAt(answer, 'pipeline.jobs.nodes.0.id');
        await query('mutation ($id: ID!) { jobRetry(input: { id: $id }) { job { databaseId } } }', {
          variables: { id },
        });
        expect(calls()).toEqual([`POST /projects/${project}/jobs/${job}/retry`]);
      }),
      { numRuns: runs(100) },
    );
  });

  it('has all its digits in the response about agents', async () => {
    const large = (last: number) => `900719925474099${last}`;
    const { query } = await startWith({
      '/job/allowed_agents': `{"allowed_agents":[{"id":${large(3)},"config_project":{"id":${large(5)}},"configuration":{}}],
        "job":{"id":${large(7)}},"pipeline":{"id":${large(9)}},"project":{"id":42,"groups":[{"id":${large(7)}}]},"user":{"id":${large(3)}}}`,
    });
    const answer = await query(
      '{ allowedAgents { groupIds user { databaseId } pipeline { databaseId } agents { databaseId configProject { databaseId } } } }',
    );
    expect(answer.data).toEqual({
      allowedAgents: {
        groupIds: [large(7)],
        user: { databaseId: large(3) },
        pipeline: { databaseId: large(9) },
        agents: [{ databaseId: large(3), configProject: { databaseId: large(5) } }],
      },
    });
  });

  it('may be a JSON number in the variables of a request', async () => {
    const { url, calls } = await startWith({});
    const query = 'query ($id: ID!) { job(project: "42", id: $id) { name } }';
    await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'private-token': 'glpat-alice' },
      body: `{"query":${JSON.stringify(query)},"variables":{"id":9007199254740993}}`,
    });
    expect(calls()).toEqual(['GET /projects/42/jobs/9007199254740993']);
  });

  it('may be a JSON number in the variables of a message on a WebSocket', async () => {
    const gateway = await startWith({});
    const socket = new WebSocket(addressOf(gateway), 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send('{"type":"connection_init","payload":{"private-token":"glpat-alice"}}');
    await once(socket, 'message');
    socket.send(
      '{"id":"1","type":"subscribe","payload":{"query":"query ($id: ID!) { job(project: \\"42\\", id: $id) { name } }","variables":{"id":9007199254740993}}}',
    );
    await once(socket, 'message');
    socket.terminate();
    expect(gateway.calls()).toEqual(['GET /projects/42/jobs/9007199254740993']);
  });

  it('has all its digits in a webhook', async () => {
    const events: ChangeEvent[] = [];
    const receive = createWebhookEndpoint('secret', (event) => events.push(event));
    const body =
      '{"object_kind":"build","build_id":9007199254740993,"pipeline_id":9007199254740995}';
    const { status } = await receive({
      method: 'POST',
      header: (name) => (name === 'x-gitlab-token' ? 'secret' : null),
      readBody: async () => Buffer.from(body),
    });
    expect(status).toBe(204);
    expect(events).toMatchObject([
      { topics: ['job/9007199254740993', 'pipeline/9007199254740995'] },
    ]);
  });

  it.each([
    '007',
    '+7',
    ' 7',
    '7 ',
    '1e3',
    '0x10',
    '7.0',
    '-7',
    '',
    '٣',
    '9223372036854775808',
    '99999999999999999999',
  ])('is refused as %j before any call', async (id) => {
    const { query, calls } = await startWith({});
    const fields = [
      `a: job(project: "42", id: ${JSON.stringify(id)}) { name }`,
      `b: pipeline(project: "42", id: ${JSON.stringify(id)}) { status }`,
      `c: project(fullPath: ${JSON.stringify(id)}) { name }`,
      `d: node(id: "${toGlobalId('Job', 42, id)}") { id }`,
      `e: node(id: "${toGlobalId('Job', id, 42)}") { id }`,
    ];
    const answer = await query(`{ ${fields.join(' ')} }`);
    const code = 'BAD_USER_INPUT';
    expect(codesOf(answer)).toEqual({ a: code, b: code, c: code, d: code, e: code });
    expect(calls()).toEqual([]);
  });
});
