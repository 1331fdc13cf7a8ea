import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { at, codesOf, type Started, startGateway, textAt } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';

/**
 * Starts a gateway and a simulated GitLab. Jobs 2000 to 2004 are in pipeline 700 of project 42, and
 * jobs 3000 to 3004 in pipeline 720 of project 44.
 */
async function start(): Promise<Started> {
  const world = smallWorld();
  for (let id = 2000; id < 2005; id++) world.addJob(700, { id });
  for (let id = 3000; id < 3005; id++) world.addJob(720, { id });
  return startGateway({ simulator: { world }, token: tokens.alice });
}

const page = 'nodes { databaseId } pageInfo { startCursor endCursor hasNextPage }';
const projectJobs = (args: string) => `jobs(${args}) { ${page} }`;

/** All ways to select project 42 and its pipeline 700. */
const owners = {
  jobs: [
    'project(fullPath: "group/app")',
    'project(fullPath: "Group/App")',
    'project(fullPath: "42")',
    `node(id: "${toGlobalId('Project', 42)}")`,
  ],
  pipeline: [
    'pipeline(project: "group/app", id: "700")',
    'pipeline(project: "42", id: "700")',
    `node(id: "${toGlobalId('Pipeline', 42, 700)}")`,
  ],
};

const within = (owner: string, selection: string) =>
  owner.startsWith('node')
    ? `{ owner: ${owner} { ... on Project { ${selection} } ... on Pipeline { ${selection} } } }`
    : `{ owner: ${owner} { ${selection} } }`;

const idsIn = (data: unknown) =>
  (data as { owner: { jobs: { nodes: { databaseId: string }[] } } }).owner.jobs.nodes.map(
    ({ databaseId }) => databaseId,
  );

describe.each(Object.entries(owners))('a cursor of a list of %s', (_kind, names) => {
  it('is valid however the owner is named', async () => {
    const { query } = await start();
    for (const first of names) {
      const answer = await query(within(first, projectJobs('first: 2')));
      const cursor = textAt(answer, 'owner.jobs.pageInfo.endCursor');
      for (const second of names) {
        const next = await query(within(second, projectJobs(`first: 2, after: "${cursor}"`)));
        expect(next.errors, second).toBeUndefined();
        expect(idsIn(next.data)).toEqual(['2002', '2001']);
      }
    }
  });
});

describe('a cursor of another project', () => {
  const foreign = async ({ query }: Started) =>
    textAt(
      await query(within('project(fullPath: "44")', projectJobs('first: 1'))),
      'owner.jobs.pageInfo.endCursor',
    );
  const ask = (project: string, cursor: string) =>
    within(`project(fullPath: "${project}")`, projectJobs(`first: 2, after: "${cursor}"`));

  it('is refused before any call if the number of the project is known', async () => {
    const started = await start();
    const cursor = await foreign(started);
    await started.query('{ project(fullPath: "group/app") { id } }');
    started.calls();
    for (const project of ['42', 'group/app', 'GROUP/app']) {
      const answer = await started.query(ask(project, cursor));
      expect(codesOf(answer)).toEqual({ 'owner.jobs': 'BAD_USER_INPUT' });
      expect(answer.errors?.[0]?.message).toContain('another project');
    }
    expect(started.calls()).toEqual([]);
  });

  it('is refused after the page that shows the number if it is not known', async () => {
    const started = await start();
    const cursor = await foreign(started);
    started.calls();
    const answer = await started.query(ask('group/app', cursor));
    expect(codesOf(answer)).toEqual({ 'owner.jobs': 'BAD_USER_INPUT' });
    expect(at(answer, 'owner.jobs')).toBeNull();
    expect(started.calls()).toHaveLength(1);
    expect(codesOf(await started.query(ask('group/app', cursor)))).toEqual({
      'owner.jobs': 'BAD_USER_INPUT',
    });
    expect(started.calls()).toEqual([]);
  });

  it('is refused for the list of a pipeline, too', async () => {
    const started = await start();
    const pipeline = (project: string, args: string) =>
      within(`pipeline(project: "${project}", id: "700")`, projectJobs(args));
    const cursor = textAt(
      await started.query(pipeline('42', 'first: 1')),
      'owner.jobs.pageInfo.endCursor',
    );
    started.calls();
    const answer = await started.query(pipeline('44', `first: 1, after: "${cursor}"`));
    expect(codesOf(answer)).toEqual({ 'owner.jobs': 'BAD_USER_INPUT' });
    expect(started.calls()).toEqual([]);
  });
});

it('a cursor of the list of another pipeline or kind is refused before any call', async () => {
  const { query, calls } = await start();
  const ofPipeline = textAt(
    await query(within('pipeline(project: "42", id: "700")', projectJobs('first: 1'))),
    'owner.jobs.pageInfo.endCursor',
  );
  calls();
  for (const owner of ['project(fullPath: "42")', 'pipeline(project: "42", id: "720")']) {
    const answer = await query(within(owner, projectJobs(`first: 1, after: "${ofPipeline}"`)));
    expect(codesOf(answer)).toEqual({ 'owner.jobs': 'BAD_USER_INPUT' });
    expect(answer.errors?.[0]?.message).toContain('another list');
  }
  const bridges = `bridges(first: 1, after: "${ofPipeline}") { nodes { id } }`;
  const answer = await query(within('pipeline(project: "42", id: "700")', bridges));
  expect(codesOf(answer)).toEqual({ 'owner.bridges': 'BAD_USER_INPUT' });
  expect(calls()).toEqual([]);
});
