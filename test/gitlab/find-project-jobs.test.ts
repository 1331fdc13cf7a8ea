import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Gitlab } from '../../src/gitlab/client.ts';
import type { GitlabError } from '../../src/gitlab/errors.ts';
import { readJobs } from '../../src/gitlab/lists/jobs-by-id.ts';
import { aJob, connect, type Handler, serve, startUpstream, until } from './upstream.ts';

const request = { kind: 'keyset', direction: 'older', perPage: 5, id: '6' } as const;
const find = (gitlab: Gitlab, ...ids: string[]) =>
  gitlab.findProjectJobs('1', request, new Set(ids));
const namesOf = ({ jobs }: Awaited<ReturnType<typeof find>>) =>
  [...jobs].map(([id, job]) => [id, job.name]);

/** Jobs 5 to 1; `changed` replaces members of some of them. */
const fiveJobs = (changed: Record<number, Record<string, unknown>> = {}) =>
  [5, 4, 3, 2, 1].map((id) => aJob(id, { name: `job ${id}`, ...changed[id] }));

const headers = { 'content-type': 'application/json' };
const send = (json: string): Handler => {
  return (_request, response) => void response.writeHead(200, headers).end(json);
};

describe('finding jobs in a page', () => {
  it('returns the jobs, with their identity, and where the page ends', async () => {
    const { upstream, gitlab } = await serve(send(JSON.stringify(fiveJobs())));
    const found = await find(gitlab, '4', '2', '9');
    expect(namesOf(found)).toEqual([
      ['4', 'job 4'],
      ['2', 'job 2'],
    ]);
    expect(found.jobs.get('4')).toMatchObject({ kind: 'BUILD', project_id: '42' });
    expect([String(found.lastId), found.hasNext]).toEqual(['1', undefined]);
    expect(gitlab.server).toMatchObject({ keyset: true });
    expect(upstream.log).toHaveLength(1);
  });

  it('remembers the number of the project', async () => {
    const { gitlab } = await serve(send(JSON.stringify(fiveJobs())));
    await gitlab.findProjectJobs('group/app', request, new Set(['4']));
    expect(gitlab.findProject('group/app')).toMatchObject({ number: '42' });
  });

  it('ignores invalid rows that are not wanted', async () => {
    const rows = fiveJobs({
      4: { status: null },
      2: { status: undefined },
      1: { pipeline: { id: 9, project_id: 77 }, status: undefined },
    });
    const { gitlab } = await serve(send(JSON.stringify(rows)));
    const outcomes = await readJobs(gitlab, '1', ['5', '3']);
    expect([...outcomes.values()]).toMatchObject([{ name: 'job 5' }, { name: 'job 3' }]);
  });

  it.each([
    ['an invalid row', { 3: { status: undefined } }, 'row 2: status: expected'],
    [
      'a row of another project',
      { 3: { pipeline: { id: 9, project_id: 77 } } },
      'row 2: it belongs to the project 77, not 42',
    ],
  ])('fails if %s is wanted, and reports that', async (_name, changed, message) => {
    const problems: unknown[] = [];
    const upstream = await startUpstream(send(JSON.stringify(fiveJobs(changed))));
    const { gitlab } = connect(upstream.url, { onProblem: (problem) => problems.push(problem) });
    const outcomes = await readJobs(gitlab, '1', ['5', '3']);
    const errors = [...outcomes.values()] as GitlabError[];
    expect(errors.map((error) => error.code)).toEqual(['GITLAB_RESPONSE', 'GITLAB_RESPONSE']);
    expect(errors[0]?.message).toContain(message);
    expect([problems.length, upstream.log.length]).toEqual([1, 1]);
  });

  it.each([
    ['the wanted row is no JSON', '{"id":3,"status":x}'],
    ['the body is cut off', '{"id":3,"status":"success","na'],
  ])('fails if %s', async (_name, last) => {
    const json = JSON.stringify(fiveJobs().slice(0, 2));
    const { gitlab } = await serve(send(`${json.slice(0, -1)},${last}]`));
    await expect(find(gitlab, '3')).rejects.toThrow('broken JSON');
  });

  it('shows no row whose id is another one', async () => {
    const json = JSON.stringify(fiveJobs()).replace('{"id":3,', '{"id":3,"id":8,');
    const { gitlab } = await serve(send(json));
    await expect(find(gitlab, '3')).rejects.toThrow('it has the id 8 instead of 3');
  });

  it('rejects a page that does not follow the cursor', async () => {
    const json = JSON.stringify([aJob(6), ...fiveJobs().slice(1)]);
    const { gitlab } = await serve(send(json));
    await expect(find(gitlab, '3')).rejects.toMatchObject({ cursorIgnored: true });
    expect(gitlab.server.builtCursors).toBe(false);
  });

  it.each([
    ['with spaces', JSON.stringify(fiveJobs(), null, 2)],
    ['with another first member', JSON.stringify(fiveJobs().map((row) => ({ name: 'x', ...row })))],
    [
      'with lists of objects that have ids',
      JSON.stringify(fiveJobs().map((row) => ({ ...row, list: [{ id: 1 }, { id: 2 }] }))),
    ],
  ])('reads JSON %s', async (_name, json) => {
    const { gitlab } = await serve(send(json));
    const found = await find(gitlab, '4', '1');
    expect(namesOf(found)).toEqual([
      ['4', 'job 4'],
      ['1', 'job 1'],
    ]);
    expect(String(found.lastId)).toBe('1');
  });

  it('finds ids beyond 2^53, where neighbors are the same JavaScript number', async () => {
    const first = 2n ** 53n + 3n;
    const ids = [first, first - 1n, first - 2n].map(String);
    const rows = ids.map((id) =>
      JSON.stringify(aJob(0, { name: id })).replace('"id":0', `"id":${id}`),
    );
    const { gitlab } = await serve(send(`[${rows}]`));
    const outcomes = await readJobs(gitlab, '1', [ids[0], ids[2]].map(String));
    expect([...outcomes]).toMatchObject([
      [ids[0], { id: ids[0], name: ids[0] }],
      [ids[2], { id: ids[2], name: ids[2] }],
    ]);
  });

  it('returns nothing for an empty page', async () => {
    const { gitlab } = await serve(send('[]'));
    expect(await find(gitlab, '4')).toMatchObject({ lastId: undefined, hasNext: false });
  });
});

describe('operations that read the same page', () => {
  /** Starts a GitLab that holds its responses back until `answer` is called. */
  async function startHeld() {
    const held: ServerResponse[] = [];
    const upstream = await startUpstream((_request, response) => void held.push(response));
    const answer = async (rows: unknown[]) => {
      await until(() => held.length > 0);
      held[0]?.writeHead(200, headers).end(JSON.stringify(rows));
    };
    return { ...connect(upstream.url), upstream, answer };
  }

  it('share one call, and each gets its own rows', async () => {
    const { gitlab, upstream, answer } = await startHeld();
    const reads = Promise.all([find(gitlab, '4'), find(gitlab, '2', '5'), find(gitlab, '4', '7')]);
    await answer(fiveJobs());
    const [first, second, third] = await reads;
    expect(namesOf(first)).toEqual([['4', 'job 4']]);
    expect(namesOf(second)).toEqual([
      ['5', 'job 5'],
      ['2', 'job 2'],
    ]);
    expect(third.jobs.get('4')).toBe(first.jobs.get('4'));
    expect(upstream.log).toHaveLength(1);
  });

  it('share it with a list of jobs, whichever is first', async () => {
    for (const isListFirst of [true, false]) {
      const { gitlab, upstream, answer } = await startHeld();
      const list = () => gitlab.listProjectJobs('1', {}, request);
      const early = isListFirst ? list() : undefined;
      const found = find(gitlab, '2');
      const listed = early ?? list();
      await answer(fiveJobs());
      expect(namesOf(await found)).toEqual([['2', 'job 2']]);
      expect((await listed).items.map((job) => job.name)).toEqual(
        fiveJobs().map((row) => row['name']),
      );
      expect(upstream.log).toHaveLength(1);
    }
  });

  it('fail only if their own rows are invalid', async () => {
    const { gitlab, answer } = await startHeld();
    const reads = Promise.allSettled([
      find(gitlab, '4'),
      find(gitlab, '3'),
      find(gitlab, '2'),
      gitlab.listProjectJobs('1', {}, request),
    ]);
    await answer(
      fiveJobs({ 2: { pipeline: { project_id: 77, id: 9 } }, 3: { status: undefined } }),
    );
    expect(await reads).toMatchObject([
      { status: 'fulfilled' },
      { reason: { code: 'GITLAB_RESPONSE', status: 200 } },
      { reason: { message: expect.stringContaining('belongs to the project 77, not 42') } },
      { reason: { code: 'GITLAB_RESPONSE' } },
    ]);
  });

  it('get their rows from a cached page that others have read', async () => {
    const asked: unknown[] = [];
    const { gitlab } = await serve((incoming, response) => {
      asked.push(incoming.headers['if-none-match']);
      const etag = 'W/"v1"';
      if (incoming.headers['if-none-match']) return void response.writeHead(304, { etag }).end();
      response.writeHead(200, { ...headers, etag }).end(JSON.stringify(fiveJobs()));
    });
    await find(gitlab, '5');
    const second = await find(gitlab, '4');
    expect(namesOf(second)).toEqual([['4', 'job 4']]);
    expect(namesOf(await find(gitlab, '2', '1'))).toHaveLength(2);
    expect((await gitlab.listProjectJobs('1', {}, request)).items).toHaveLength(5);
    const last = await find(gitlab, '4');
    expect(last.jobs.get('4')).toBe(second.jobs.get('4'));
    expect(asked).toEqual([undefined, ...Array(4).fill('W/"v1"')]);
  });
});
