import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { at, codesOf } from '../helpers/start-gateway.ts';
import {
  build,
  pipelineRow,
  type Row,
  retriedPipeline,
  startPipelines,
  type UpstreamPipeline,
} from './pipeline-upstream.ts';

const bridgesOf = (project: string, id: number) =>
  `GET /projects/${project}/pipelines/${id}/bridges?page=1&per_page=100`;

/** Returns the row of a trigger job that started a pipeline of a project. */
function bridge(id: number, project: number, pipeline: number): Row {
  const row = pipelineRow(pipeline, { project, status: 'running', jobs: [], bridges: [] });
  return build(id, `trigger ${id}`, { downstream_pipeline: row });
}

const pipeline = (project: number, bridges: Row[]): UpstreamPipeline => ({
  project,
  status: 'success',
  jobs: [],
  bridges,
});

const downstream = (args: string, selection = 'pipeline { databaseId } depth') =>
  `{ pipeline(project: "1", id: "900") { downstream${args} { ${selection} } } }`;

describe('the downstream pipelines', () => {
  it('cost one call for each pipeline that is looked into', async () => {
    const pipelines = { 900: retriedPipeline(), 950: pipeline(2, []) };
    const { query, calls } = await startPipelines(pipelines);
    const answer = await query(`{ pipeline(project: "group/app", id: "900") { downstream(depth: 2) {
      pipeline { databaseId projectId status } bridge { databaseId } parentId depth gap { code }
    } } }`);
    expect(answer.data).toEqual({
      pipeline: {
        downstream: [
          {
            pipeline: { databaseId: '950', projectId: '2', status: 'RUNNING' },
            bridge: { databaseId: '207' },
            parentId: toGlobalId('Pipeline', 1, 900),
            depth: 1,
            gap: null,
          },
        ],
      },
    });
    expect(calls()).toEqual([bridgesOf('group%2Fapp', 900), bridgesOf('2', 950)]);
  });

  it('are looked for once, while the pipeline itself is read', async () => {
    const { query, calls } = await startPipelines({
      900: pipeline(1, [bridge(1, 1, 901)]),
      901: pipeline(1, [bridge(2, 2, 902)]),
      902: pipeline(2, []),
    });
    const answer = await query(`{ pipeline(project: "group/app", id: "900") {
      status downstream(depth: 3) { depth }
    } }`);
    expect(answer.extensions?.upstream).toMatchObject({ calls: 4, coalesced: 0 });
    expect(calls()).toHaveLength(4);
  });

  it('share the list of trigger jobs with the board', async () => {
    const { query, calls } = await startPipelines({ 900: retriedPipeline() });
    await query(`{ pipeline(project: "1", id: "900") {
      downstream { depth } board { jobCount } bridges(first: 100) { nodes { name } }
    } }`);
    expect(calls()).toHaveLength(2);
  });

  it('are in breadth-first order, each once, even if they start each other', async () => {
    const { query, calls } = await startPipelines({
      900: pipeline(1, [bridge(1, 2, 901), bridge(2, 2, 902)]),
      901: pipeline(2, [bridge(3, 3, 903), bridge(4, 1, 900)]),
      902: pipeline(2, [bridge(5, 3, 903), bridge(6, 3, 904)]),
      903: pipeline(3, [bridge(7, 2, 901)]),
      904: pipeline(3, []),
    });
    const answer = await query(downstream('(depth: 5)'));
    expect(at(answer, 'pipeline.downstream')).toEqual([
      { pipeline: { databaseId: '901' }, depth: 1 },
      { pipeline: { databaseId: '902' }, depth: 1 },
      { pipeline: { databaseId: '903' }, depth: 2 },
      { pipeline: { databaseId: '904' }, depth: 2 },
    ]);
    expect(calls()).toHaveLength(5);
  });

  it('are cut at `first`, without further calls', async () => {
    const { query, calls } = await startPipelines({
      900: pipeline(1, [bridge(1, 2, 901), bridge(2, 2, 902)]),
      901: pipeline(2, [bridge(3, 3, 903)]),
    });
    const answer = await query(downstream('(depth: 3, first: 2)', 'gap { code }'));
    expect(at(answer, 'pipeline.downstream')).toEqual([{ gap: null }, { gap: null }]);
    expect(calls()).toHaveLength(1);
  });

  it('begin with that of the oldest trigger job, however many there are', async () => {
    const bridges = Array.from({ length: 501 }, (_, at) => bridge(at + 1, 2, 901 + at));
    const { query, calls } = await startPipelines({ 900: pipeline(1, bridges) });
    const answer = await query(downstream('(first: 1)'));
    expect(at(answer, 'pipeline.downstream')).toEqual([
      { pipeline: { databaseId: '901' }, depth: 1 },
    ]);
    expect(calls()).toHaveLength(6);
  });

  it('are an error if the call budget does not suffice for all trigger jobs', async () => {
    const bridges = Array.from({ length: 201 }, (_, at) => bridge(at + 1, 2, 901 + at));
    const { query } = await startPipelines(
      { 900: pipeline(1, bridges) },
      { env: { MAX_UPSTREAM_CALLS: '2' } },
    );
    expect(codesOf(await query(downstream('')))).toEqual({
      'pipeline.downstream': 'OPERATION_TOO_COMPLEX',
    });
  });

  it('have a gap where the caller cannot read further', async () => {
    const { query } = await startPipelines({
      900: pipeline(1, [bridge(1, 2, 901), bridge(2, 2, 902)]),
      902: pipeline(2, []),
    });
    const selection = 'pipeline { databaseId ref webUrl } parentId gap { part code }';
    const answer = await query(downstream('(depth: 2)', selection));
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'pipeline.downstream')).toMatchObject([
      {
        pipeline: { databaseId: '901', ref: 'main' },
        parentId: toGlobalId('Pipeline', 1, 900),
        gap: { part: 'BRIDGES', code: 'NOT_FOUND' },
      },
      { pipeline: { databaseId: '902' }, gap: null },
    ]);
  });

  it('are null if the pipeline does not exist, and an error if its trigger jobs fail', async () => {
    const { query, faults } = await startPipelines({});
    expect(await query(downstream(''))).toMatchObject({ data: { pipeline: { downstream: null } } });
    faults['/projects/1/pipelines/900/bridges'] = { status: 403 };
    expect(await query(downstream(''))).toMatchObject({
      errors: [{ path: ['pipeline', 'downstream'], extensions: { code: 'FORBIDDEN' } }],
    });
  });

  it.each(['(depth: 0)', '(depth: 6)', '(first: 0)', '(first: 51)'])(
    'refuse %s before any call',
    async (args) => {
      const { query, calls } = await startPipelines({ 900: retriedPipeline() });
      const answer = await query(downstream(args));
      expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
      expect(calls()).toEqual([]);
    },
  );
});
