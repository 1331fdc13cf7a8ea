import { GraphQLObjectType, getNamedType, isLeafType, isObjectType, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { costOfField, sentenceAboutCost } from '../../src/graphql/cost.ts';
import { createCostEstimate } from '../../src/graphql/cost-estimate.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { schema } from '../../src/graphql/schema.ts';
import { sample } from '../helpers/runs.ts';
import { at, codesOf, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

const start = () => startGateway({ simulator: { world: smallWorld() }, token: tokens.alice });

function estimateOf(text: string): number {
  const [operation] = parse(text).definitions;
  if (operation?.kind !== 'OperationDefinition') throw new Error('no operation');
  return createCostEstimate(operation, {
    schema,
    fragments: {},
    createFieldCounter: () => () => {},
  }).calls({}, []);
}

/** All ways to reach an object type, as queries in which `*` stands for a selection on it. */
const ways: Record<string, readonly string[]> = {
  Project: [
    `{ project(fullPath: "${small.project}") { * } }`,
    `{ project(fullPath: "${small.projectId}") { * } }`,
    `{ project(fullPath: "${small.project}") { all: jobs { nodes { name } } * } }`,
    `{ project(fullPath: "${small.project}") { all: pipelines { nodes { status } } * } }`,
    `{ project(fullPath: "${small.project}") { j: job(id: "${small.fullJob}") { name } * } }`,
    `{ node(id: "${toGlobalId('Project', small.projectId)}") { ... on Project { * } } }`,
    `{ job(project: "42", id: "${small.fullJob}") { project { * } } }`,
    `{ project(fullPath: "42") { pipelines(first: 1) { nodes { project { * } } } } }`,
    `{ pipeline(project: "42", id: "${small.pipeline}") { project { * } } }`,
    `{ pipeline(project: "${small.project}", id: "${small.pipeline}") { jobs { nodes { id } } project { * } } }`,
    `{ pipeline(project: "42", id: "${small.pipeline}") { status project { * } } }`,
  ],
  Pipeline: [
    `{ pipeline(project: "${small.project}", id: "${small.pipeline}") { * } }`,
    `{ pipeline(project: "42", id: "${small.pipeline}") { * } }`,
    `{ pipeline(project: "${small.project}", id: "${small.pipeline}") { j: jobs { nodes { name } } * } }`,
    `{ project(fullPath: "42") { pipeline(id: "${small.pipeline}") { * } } }`,
    `{ job(project: "42", id: "${small.fullJob}") { pipeline { * } } }`,
    `{ project(fullPath: "${small.project}") { jobs(first: 1) { nodes { pipeline { * } } } } }`,
    `{ project(fullPath: "${small.project}") { pipelines(first: 1) { nodes { * } } } }`,
    `{ pipeline(project: "42", id: "${small.pipeline}") { down: downstream(first: 1) { pipeline { * } } } }`,
  ],
  Job: [
    `{ job(project: "${small.project}", id: "${small.fullJob}") { * } }`,
    `{ job(project: "42", id: "${small.fullJob}") { * } }`,
    `{ job(project: "${small.project}", id: "${small.fullJob}") { t: trace { byteSize } * } }`,
    `{ job(project: "42", id: "${small.fullJob}") { t: trace { byteSize } * } }`,
    `{ node(id: "${toGlobalId('Job', 42, small.fullJob)}") { ... on Job { * } } }`,
    `{ pipeline(project: "42", id: "${small.pipeline}") { jobs(first: 1) { nodes { * } } } }`,
    `{ pipeline(project: "42", id: "${small.pipeline}") { board(maxJobs: 1) { stages { groups { jobs { ... on Job { * } } } } } } }`,
  ],
};

/**
 * Selections of fields with arguments. They differ from the fields in `ways`, so that nothing is
 * read twice.
 */
const selections: Record<string, string> = {
  'Project.jobs': 'jobs(statuses: [FAILED]) { nodes { name } }',
  'Project.pipelines': 'pipelines(ref: "main") { nodes { name } }',
  'Project.job': 'job(id: 777777) { name }',
  'Project.pipeline': 'pipeline(id: 701) { status }',
  'Pipeline.jobs': 'jobs(statuses: [FAILED]) { nodes { name } }',
  'Pipeline.bridges': 'bridges { nodes { name } }',
  'Project.jobStats': 'jobStats(last: 100) { jobCount }',
  'Job.history': 'history { searchedJobs }',
  'Pipeline.board': 'board(maxJobs: 100) { jobCount }',
  'Pipeline.downstream': 'downstream { depth }',
  'Pipeline.testSummary': 'testSummary { suites { jobIds } }',
  'Job.attempts': 'attempts { name }',
  'Job.artifactText': 'artifactText(path: "reports/junit.xml")',
};

const someTests = { success: 1, failed: 0, skipped: 0, error: 0, time: 1 };

/** A selection on a type: a field such as `name`, or one field of an object: `user { name }`. */
interface Selected {
  text: string;
  /** A text that is equal for fields of one object with equal declared costs. */
  kind: string;
}

function fieldsOf(type: string): Selected[] {
  const found = schema.getType(type);
  if (!isObjectType(found)) throw new Error(`no type ${type}`);
  return Object.values(found.getFields()).flatMap((field): Selected[] => {
    const target = getNamedType(field.type);
    const cost = JSON.stringify(costOfField(field));
    const selection = selections[`${type}.${field.name}`];
    if (selection) return [{ text: selection, kind: field.name }];
    if (isLeafType(target)) return [{ text: field.name, kind: cost }];
    if (!isObjectType(target)) return [];
    return Object.values(target.getFields())
      .filter((leaf) => isLeafType(getNamedType(leaf.type)) && leaf.args.length === 0)
      .map((leaf) => ({
        text: `${field.name} { ${leaf.name} }`,
        kind: `${field.name} ${cost} ${JSON.stringify(costOfField(leaf))}`,
      }));
  });
}

/**
 * Returns the fields to test for a way (by index) to reach a type. Returns all fields for the first
 * way, and for all ways with PROPERTY_RUNS=1. Otherwise returns one field of each kind, and a tenth
 * of all fields, which differs from way to way.
 */
function sampleFor(way: number, fields: readonly Selected[]): Selected[] {
  if (way === 0) return [...fields];
  const sampled = new Set(sample(fields, { step: 10, shift: way }));
  const kinds = new Set(fields.map(({ kind }) => kind));
  const chosen = new Set(
    [...kinds].map((kind) => {
      const same = fields.filter((field) => field.kind === kind);
      return same[way % same.length];
    }),
  );
  return fields.filter((field) => chosen.has(field) || sampled.has(field));
}

/** Returns whether the estimate is a maximum: `history` stops reading when it has found enough. */
const isUpTo = (text: string) => /\bhistory \{/.test(text);

describe.each(Object.entries(ways))('the estimate of each field of %s', (type, queries) => {
  const fields = fieldsOf(type);

  it.each([...queries.entries()])('is the number of calls: way %i, %s', async (way, form) => {
    const world = smallWorld();
    world.addJob(world.addPipeline(small.project, { id: 701 }), { id: 777_777, log: 'x' });
    world.addJob(Number(small.pipeline), { id: 900, tests: someTests });
    const { query, calls, bugs } = await startGateway({ simulator: { world } });
    for (const [index, field] of sampleFor(way, fields).entries()) {
      const text = form.replace('*', field.text);
      // Uses a new credential for each query, for which the gateway has not cached the numeric id
      // of a project.
      const token = `glpat-alice-${index}`;
      world.addToken({ user: 'alice', value: token });
      const answer = await query(text, { token });
      expect(answer.errors, text).toBeUndefined();
      const estimate = estimateOf(text);
      const expected = isUpTo(text) ? expect.toSatisfy((made) => made <= estimate) : estimate;
      expect({ [text]: calls().length }).toEqual({ [text]: expected });
    }
    expect(bugs).toEqual([]);
  });
});

describe('the sentence about calls', () => {
  it('is part of the description of each field that declares a cost', () => {
    const found: string[] = [];
    for (const type of Object.values(schema.getTypeMap())) {
      if (!(type instanceof GraphQLObjectType)) continue;
      for (const field of Object.values(type.getFields())) {
        const sentence = sentenceAboutCost(type.name, costOfField(field));
        const says = /Costs one call/.test(field.description ?? '');
        expect(says, `${type.name}.${field.name}`).toBe(sentence !== undefined);
        if (sentence) found.push(`${type.name}.${field.name}: ${sentence}`);
      }
    }
    expect(found).toEqual(
      expect.arrayContaining([
        'Job.trace: Costs one call.',
        'Pipeline.duration: Costs one call per pipeline.',
        'Pipeline.name: Costs one call per pipeline reached from a job.',
        'Pipeline.jobs: Costs one call per 100 rows.',
        'Pipeline.board: Costs one call per 100 jobs, counting all attempts, and one per 100 trigger jobs: at least two.',
        'Pipeline.downstream: Costs one call per 100 trigger jobs of each pipeline whose trigger jobs are read. If `depth` is 1, that is only the pipeline itself.',
        'Job.attempts: Costs one call per pipeline, and none below a board.',
        'Project.name: Costs one call per project.',
        'Project.fullPath: Costs one call per project requested by numeric id, unless one of its jobs or pipelines is selected below.',
        'Query.currentJob: Costs one call.',
        'Query.jobs: Costs one call per project, and sometimes a few more; the page is shorter if no further calls are allowed.',
      ]),
    );
  });
});

describe('a project whose number its jobs reveal', () => {
  const idAndJobs = (path: string, list = 'jobs') =>
    `{ project(fullPath: "${path}") { id databaseId ${list} { nodes { name } } } }`;

  it('is null where the list is not there', async () => {
    const { query, calls } = await start();
    const answer = await query(idAndJobs('no/where'));
    expect(answer).toMatchObject({ data: { project: null } });
    expect(answer.errors).toBeUndefined();
    expect(calls()).toHaveLength(1);
  });

  it('is read by one call more where the list is empty', async () => {
    const { query, calls } = await start();
    const answer = await query(idAndJobs(small.project, 'jobs(statuses: [SCHEDULED])'));
    expect(answer.data).toMatchObject({ project: { databaseId: '42', jobs: { nodes: [] } } });
    expect(calls()).toEqual([expect.stringContaining('/jobs?'), 'GET /projects/group%2Fapp']);
  });

  it('is read by one call more where the list fails otherwise', async () => {
    const { query, simulator, calls } = await start();
    simulator.fail({ kind: '500', match: '/jobs?' });
    const answer = await query(idAndJobs(small.project));
    expect(answer.data).toMatchObject({ project: { databaseId: '42', jobs: null } });
    expect(codesOf(answer)).toEqual({ 'project.jobs': 'UPSTREAM_UNAVAILABLE' });
    expect(calls()).toHaveLength(2);
  });

  it('is read by one call more where a guest may not see its jobs', async () => {
    const { query } = await start();
    const answer = await query(idAndJobs(small.secret), { token: tokens.gus });
    expect(at(answer, 'project.id')).toEqual(expect.any(String));
    expect(codesOf(answer)).toEqual({ 'project.jobs': 'FORBIDDEN' });
  });

  it('is the one that its jobs are of, under the path of today', async () => {
    const { query, simulator, calls } = await start();
    simulator.world.moveProject(small.project, 'group/renamed');
    const answer = await query(
      '{ project(fullPath: "group/app") { id fullPath jobs(first: 1) { nodes { project { id fullPath } } } } }',
    );
    const project = at(answer, 'project.jobs.nodes.0.project');
    expect(project).toMatchObject({ fullPath: 'group/renamed' });
    expect(answer.data).toMatchObject({ project });
    expect(calls().filter((call) => !call.includes('/jobs'))).toEqual([]);
  });

  it('keeps its jobs where its own GET fails', async () => {
    const { query, simulator } = await start();
    simulator.fail({ kind: '500', match: /projects\/group%2Fapp$/ });
    const answer = await query(
      '{ project(fullPath: "group/app") { id name webUrl jobs(first: 1) { nodes { name } } } }',
    );
    expect(answer.data).toMatchObject({
      project: {
        id: toGlobalId('Project', 42),
        name: null,
        webUrl: expect.stringContaining('/group/app'),
        jobs: { nodes: [{ name: expect.any(String) }] },
      },
    });
    expect(codesOf(answer)).toEqual({ 'project.name': 'UPSTREAM_UNAVAILABLE' });
  });

  it('is null with the error where its own GET fails and nothing else was read', async () => {
    const { query, simulator } = await start();
    simulator.fail({ kind: '500', match: /group%2Fapp/, times: 2 });
    const answer = await query('{ project(fullPath: "group/app") { name jobs { totalCount } } }');
    expect(answer.data).toEqual({ project: null });
    expect(codesOf(answer)).toEqual({ project: 'UPSTREAM_UNAVAILABLE' });
  });
});

describe('a pipeline whose project its jobs reveal', () => {
  const text = (id: string) =>
    `{ pipeline(project: "group/app", id: "${id}") { id projectId jobs { nodes { name } } } }`;

  it('has the same id as by the project’s number', async () => {
    const { query } = await start();
    const answer = await query(text(small.pipeline));
    expect(answer.data).toMatchObject({
      pipeline: { id: toGlobalId('Pipeline', 42, 700), projectId: '42' },
    });
  });

  it('is null where its list is not there', async () => {
    const { query, calls } = await start();
    expect((await query(text('999'))).data).toEqual({ pipeline: null });
    expect(calls()).toHaveLength(1);
  });
});

describe('allowedAgents', () => {
  it.each([
    [
      'the pipeline',
      'pipeline { id databaseId projectId }',
      { id: toGlobalId('Pipeline', 42, 700), databaseId: '700', projectId: '42' },
    ],
    [
      'the job',
      'job { id databaseId projectId kind project { id databaseId } }',
      {
        ...{ id: toGlobalId('Job', 42, 1060), databaseId: '1060', projectId: '42', kind: 'BUILD' },
        project: { id: toGlobalId('Project', 42), databaseId: '42' },
      },
    ],
  ])('costs nothing more for the ids of %s', async (_name, ask, expected) => {
    const world = smallWorld();
    const job = world.addJob(700, { id: 1060, status: 'running' });
    world.addToken({ value: 'glcbt-of-a-job', job });
    const { query, calls } = await startGateway({
      simulator: { world },
      env: { MAX_UPSTREAM_CALLS: '1' },
    });
    const answer = await query(`{ allowedAgents { ${ask} } }`, {
      headers: { 'job-token': 'glcbt-of-a-job' },
    });
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ allowedAgents: { [ask.split(' ', 1)[0]!]: expected } });
    expect(calls()).toEqual(['GET /job/allowed_agents']);
  });
});
