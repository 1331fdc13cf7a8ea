import { describe, expect, it } from 'vitest';
import { versions } from '../../src/simulator/versions.ts';
import { allFields, objectType, selectAll } from '../helpers/select-all.ts';
import { type Answer, startGateway } from '../helpers/start-gateway.ts';
import { addFullJob, small, smallWorld, tokens } from '../helpers/worlds.ts';

/*
 * An object must have the same field values in all queries that reach it. Otherwise, a client that
 * caches objects by id could replace a value by null.
 */

type Json = Record<string, unknown>;

/** Returns all objects of a response that have an id, by their id. */
function objectsById(value: unknown, found = new Map<string, Json[]>()): Map<string, Json[]> {
  if (typeof value !== 'object' || value === null) return found;
  const { id } = value as Json;
  if (typeof id === 'string') found.set(id, [...(found.get(id) ?? []), value as Json]);
  for (const member of Object.values(value)) objectsById(member, found);
  return found;
}

/** Replaces an object that has an id by that id, because its own fields are compared separately. */
const shallow = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shallow);
  const id = (value as Json | null)?.['id'];
  return id === undefined ? value : { id };
};

/** Fields that are not compared, because the operations below select different parts of them. */
const LISTS = ['jobs', 'bridges', 'pipelines'];
/** Fields that are not compared, because null means that the value was not read. */
const UNREAD = ['retried'];

function differences(objects: Json[]): string[] {
  const names = new Set(objects.flatMap((object) => Object.keys(object)));
  return [...names]
    .filter((name) => !LISTS.includes(name) && !UNREAD.includes(name))
    .filter((name) => {
      const values = objects.filter((object) => name in object).map((object) => object[name]);
      return new Set(values.map((value) => JSON.stringify(shallow(value)))).size > 1;
    });
}

function compare(answers: Answer[]): { types: Set<string>; wrong: string[] } {
  const found = new Map<string, Json[]>();
  for (const { data } of answers) objectsById(data, found);
  const names = [...found.keys()].map((id) => [id, Buffer.from(id, 'base64url').toString()]);
  const wrong = names.flatMap(([id = '', name]) =>
    differences(found.get(id) ?? []).map((field) => `${name} ${field}`),
  );
  const repeated = names.filter(([id = '']) => (found.get(id)?.length ?? 0) > 1);
  return { types: new Set(repeated.map(([, name = '']) => name.split(':')[0] ?? '')), wrong };
}

const all = (type: string) => selectAll(objectType(type), allFields);
const TOKEN = 'glcbt-running-job';

describe.each(versions.map((version) => ({ version })))('GitLab $version', ({ version }) => {
  it('returns one value of each field of an object, wherever it is reached', async () => {
    const world = smallWorld();
    const app = world.project(small.project);
    if (app) app.visibility = 'public';
    const job = addFullJob(world, world.pipeline(700)!, { id: 1030, status: 'running' });
    world.addToken({ value: TOKEN, job });
    world.addAgent({ project: 'group/app', id: 9 });
    const { query, bugs } = await startGateway({
      simulator: { world, version },
      token: tokens.alice,
    });
    const asJob = { token: null, headers: { 'job-token': TOKEN } };
    const answers = [
      await query(`{
        job(project: "group/app", id: "${small.fullJob}") ${all('Job')}
        project(fullPath: "GROUP/App") { ${all('Project').slice(1, -1)} jobs { nodes ${all('Job')} } }
        listed: project(fullPath: "group/app") { id pipelines { nodes ${all('Pipeline')} } }
        byNumber: project(fullPath: "42") { id fullPath webUrl jobs { nodes { id } } }
      }`),
      await query(`{
        pipeline(project: "Group/app", id: "700") { ${all('Pipeline').slice(1, -1)}
          jobs { nodes ${all('Job')} } bridges { nodes ${all('Bridge')} } }
        byJobs: pipeline(project: "Group/app", id: "700") { id project { id fullPath } jobs { nodes { id } } }
        started: pipeline(project: "44", id: "720") ${all('Pipeline')}
      }`),
      await query(`{ currentJob ${all('Job')} allowedAgents ${all('AllowedAgents')} }`, asJob),
      await query('{ allowedAgents { user { id username } project { id } } }', asJob),
    ];
    const [first, second] = [compare(answers.slice(0, 2)), compare(answers.slice(2))];
    expect([...first.wrong, ...second.wrong]).toEqual([]);
    const types = [...new Set([...first.types, ...second.types])];
    const expected = ['Commit', 'Job', 'Pipeline', 'Project', 'Runner', 'User'];
    expect(types).toEqual(expect.arrayContaining(expected));
    expect(bugs).toEqual([]);
  });
});
