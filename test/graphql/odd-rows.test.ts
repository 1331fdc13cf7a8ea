import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../helpers/runs.ts';
import { allFields, derivedFields, objectType, selectAll } from '../helpers/select-all.ts';
import { at, codesOf } from '../helpers/start-gateway.ts';
import { fullRow, startWith } from './own-upstream.ts';

const EXTERNAL = 'https://gitlab.example.com';
const config = { gitlabExternalUrl: EXTERNAL };

type Json = Record<string, unknown>;

/** Returns all paths of members in a value: `user`, `user.id`, `artifacts.1.size`. */
function pathsOf(value: unknown, above = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    `${above}${key}`,
    ...pathsOf(member, `${above}${key}.`),
  ]);
}

function replace(row: unknown, path: string, value: unknown): unknown {
  const [key = '', ...rest] = path.split('.');
  const copy = (Array.isArray(row) ? [...row] : { ...(row as Json) }) as Json;
  copy[key] = rest.length === 0 ? value : replace(copy[key], rest.join('.'), value);
  return copy;
}

const project = {
  id: 42,
  path_with_namespace: 'group/app',
  name: 'App',
  web_url: `${EXTERNAL}/group/app`,
  ci_job_token_scope_enabled: true,
};
const others: Record<string, unknown> = {
  '/projects/42': project,
  '/projects/42/pipelines/900': fullRow(1).pipeline,
};
const all = selectAll(objectType('Job'), allFields);
const QUERY = `{ project(fullPath: "42") { jobs { nodes ${all} } } }`;

const camelCase = (key: string) =>
  key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/**
 * Fields that depend on a member of a row, by the member's name. A member without an entry affects
 * only the field with its name in camel case.
 */
const affected: Record<string, string[]> = {
  status: ['status', 'statusRaw'],
  pipeline: ['pipeline', 'source'],
  project: ['project', 'pipeline'],
  web_url: ['webUrl', 'project', 'pipeline'],
};

const rows = [fullRow(1003), fullRow(1002), fullRow(1001)] as const;
const path = fc.constantFrom(...pathsOf(fullRow(1002)));
const odd = fc.oneof(
  fc.constantFrom(null, '', 'odd', '12.5', 5, -1, 1e300, true, [], {}, [null], { id: null }),
  fc.jsonValue({ maxDepth: 2 }),
);

describe('an odd value in a row', () => {
  it('changes nothing else in the row, and no other row', async () => {
    let body: unknown[] = [...rows];
    // Answers 404 for others, such as a pipeline whose id is the odd value.
    const answer = (path: string) => (path === '/projects/42/jobs' ? body : others[path]);
    const { query, bugs } = await startWith(answer, { config });
    const plain = at(await query(QUERY), 'project.jobs.nodes') as Json[];
    expect(plain[1]).toMatchObject({ name: 'job 1002', project: { fullPath: 'group/app' } });
    await fc.assert(
      fc.asyncProperty(path, odd, async (member, value) => {
        body = [rows[0], replace(rows[1], member, value), rows[2]];
        const answer = await query(QUERY);
        const [top = ''] = member.split('.');
        // A row without id or status cannot be represented, and a row of another project does not
        // belong here. So the list fails.
        if (answer.errors) {
          expect(['id', 'status', 'pipeline.project_id']).toContain(member);
          expect(codesOf(answer)).toEqual({ 'project.jobs': 'UPSTREAM_UNAVAILABLE' });
          return;
        }
        const [first, changed = {}, last] = at(answer, 'project.jobs.nodes') as Json[];
        expect([first, last]).toEqual([plain[0], plain[2]]);
        if (member === 'id') return;
        const fields = [...(affected[top] ?? [camelCase(top)]), ...(derivedFields['Job'] ?? [])];
        const differs = Object.keys(changed).filter(
          (name) => JSON.stringify(changed[name]) !== JSON.stringify(plain[1]?.[name]),
        );
        expect(differs.filter((name) => !fields.includes(name))).toEqual([]);
      }),
      { numRuns: runs(700) },
    );
    expect(bugs).toEqual([]);
  });

  it.each<[string, unknown, string, unknown]>([
    [
      'artifacts.0.file_type',
      null,
      'artifacts { fileType size }',
      [{ fileType: 'trace', size: 34 }],
    ],
    [
      'artifacts.0.size',
      'large',
      'artifacts { fileType size }',
      [
        { fileType: 'archive', size: null },
        { fileType: 'trace', size: 34 },
      ],
    ],
    ['tag_list.0', null, 'tagList', ['linux']],
    ['tag_list.0', 7, 'tagList', ['7', 'linux']],
    ['commit.parent_ids.0', null, 'commit { title parentIds }', { title: 'Title', parentIds: [] }],
    ['duration', '12.5', 'duration', 12.5],
    ['created_at', '', 'createdAt', null],
    ['created_at', '2026-05-04 03:02:01 UTC', 'createdAt', '2026-05-04T03:02:01Z'],
    ['status', 'meditating', 'status', 'UNKNOWN'],
    ['runner.runner_type', 5, 'runner { runnerType }', { runnerType: 'UNKNOWN' }],
    ['user.id', null, 'user { name }', null],
    ['pipeline.id', 'x', 'pipeline { status }', null],
    ['archived', 'true', 'archived', true],
  ])('%s: %j', async (member, value, selection, expected) => {
    const { query } = await startWith(() => replace(fullRow(1), member, value), { config });
    const answer = await query(`{ job(project: "42", id: "1") { field: ${selection} } }`);
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'job.field')).toEqual(expected);
  });

  it.each<[string, unknown, string, unknown]>([
    ['status', 'meditating', 'status', 'UNKNOWN'],
    ['status', null, 'statusRaw', ''],
    ['name', {}, 'name', null],
    ['iid', 'x', 'iid', null],
    ['project_id', 'x', 'projectId', '42'],
    ['updated_at', '2026-05-04 03:02:01 UTC', 'updatedAt', '2026-05-04T03:02:01Z'],
  ])('of a listed pipeline, %s: %j', async (member, value, selection, expected) => {
    const row = { ...fullRow(1).pipeline, name: 'Nightly', [member]: value };
    const { query, calls } = await startWith({ '/projects/42/pipelines': [row] });
    const answer = await query(
      `{ project(fullPath: "42") { pipelines { nodes { field: ${selection} } } } }`,
    );
    expect(answer.errors).toBeUndefined();
    expect(at(answer, 'project.pipelines.nodes')).toEqual([{ field: expected }]);
    expect(calls()).toHaveLength(1);
  });

  it('does not change the id of a trigger job, which can still be read and canceled', async () => {
    const row = { ...fullRow(3), pipeline: 'odd' };
    const { query, calls } = await startWith((path) => (path.endsWith('bridges') ? [row] : row));
    const list = await query('{ pipeline(project: "42", id: "900") { bridges { nodes { id } } } }');
    const id = at(list, 'pipeline.bridges.nodes.0.id');
    const variables = { id };
    const again = await query('query ($id: ID!) { node(id: $id) { id } }', { variables });
    expect(again.data).toEqual({ node: { id } });
    calls();
    const canceled = await query(
      'mutation ($id: ID!) { jobCancel(input: { id: $id }) { job { id } } }',
      { variables },
    );
    expect(canceled.data).toEqual({ jobCancel: { job: { id } } });
    expect(calls()).toEqual(['POST /projects/42/jobs/3/cancel']);
  });
});
