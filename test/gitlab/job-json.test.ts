import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJobParser } from '../../src/gitlab/job-json.ts';
import { listedJob, restJob } from '../../src/gitlab/rows.ts';
import { runs } from '../helpers/runs.ts';

type Row = Record<string, unknown>;

/** Parses the rows of one list. Calls the parser with a row in the middle of a longer body. */
function parseList(rows: readonly string[]): Row[] {
  const parse = createJobParser();
  return rows.map((json) => {
    const body = Buffer.from(`[{"é":1},${json},{"id":1}]`);
    const start = Buffer.byteLength('[{"é":1},');
    const row = parse(body, start, start + Buffer.byteLength(json)) as Row;
    expect(listedJob.mismatch(row)).toBeUndefined();
    return row;
  });
}

/** Parses and validates a row as a whole. */
function parseWhole(json: string): Row {
  const row = JSON.parse(json) as Row;
  expect(restJob.mismatch(row)).toBeUndefined();
  return row;
}

/** Text that looks like the end of an object and the beginning of a member. */
const text = fc
  .array(fc.constantFrom('},"', ',"user":{', '"}', '\\', '{', 'ü', '日', ',"runner":null', 'a'), {
    maxLength: 4,
  })
  .map((parts) => parts.join(''));
const id = fc.integer({ min: 1, max: 3 });
const user = fc.oneof(
  fc.record({ id, name: text }),
  fc.record({ id: fc.constant('no id'), name: text }),
  fc.constant(null),
);
const commit = fc.record({
  id: text,
  title: text,
  trailers: fc.dictionary(text, text),
  web_url: text,
});
const pipeline = fc.record({ id, project_id: id, ref: text });
const runner = fc.oneof(
  fc.record({ id, description: text }),
  fc.record({ id: fc.constant('no id'), description: text }),
  fc.constantFrom(null, 'text', 0, [], {}),
);
/** An object inside a row. Its members have names of the row's members, to mislead the parser. */
const nested = fc.record({
  user,
  commit,
  pipeline,
  runner,
  artifacts_expire_at: fc.constant(null),
});

const inOrder = fc.record(
  {
    id,
    name: text,
    status: text,
    first: nested,
    user,
    commit,
    between: text,
    pipeline,
    web_url: text,
    project: nested,
    artifacts: fc.array(fc.record({ file_type: text, filename: text }), { maxLength: 2 }),
    runner,
    runner_manager: runner,
    artifacts_expire_at: fc.constant(null),
    last: nested,
  },
  { requiredKeys: ['id', 'status'] },
);
/** Removes the `nested` members and unknown ones. The remaining members are in GitLab's order. */
const known = ({ first, between, last, project, ...row }: Row) => row;
const shuffled = (row: Row) =>
  fc
    .shuffledSubarray(Object.keys(row))
    .map((keys) =>
      Object.fromEntries([...new Set(['id', 'status', ...keys])].map((key) => [key, row[key]])),
    );
const anyRow = fc.oneof(inOrder.map(known), inOrder, inOrder.chain(shuffled)) as fc.Arbitrary<Row>;

const job = (more: Row) =>
  JSON.stringify({
    id: 1,
    name: 'job',
    status: 'success',
    user: { id: 1, name: 'Ada', bio: '“Ship it.”' },
    commit: { id: 'c0ffee', title: 'One', trailers: {}, extended_trailers: {}, web_url: '/c' },
    pipeline: { id: 7, project_id: 42 },
    web_url: '/j',
    artifacts: [{ file_type: 'trace', size: 3 }],
    runner: { id: 5, description: 'linux' },
    runner_manager: { id: 6, platform: 'linux' },
    artifacts_expire_at: null,
    ...more,
  });

describe('the parser of listed jobs', () => {
  it('equals parsing and validating each row as a whole', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 6 }), (rows) => {
        const texts = rows.map((row) => JSON.stringify(row));
        expect(parseList(texts)).toEqual(texts.map(parseWhole));
      }),
      { numRuns: runs(2000) },
    );
  });

  it('lets rows share equal objects, but not those that differ', () => {
    const [one, two, three] = parseList([
      job({}),
      job({ id: 2, name: 'größer' }),
      job({ id: 3, user: { id: 1, name: 'Ada', bio: '' } }),
    ]) as [Row, Row, Row];
    expect(two['name']).toBe('größer');
    expect(one['user']).toEqual({ id: 1, name: 'Ada', bio: '“Ship it.”' });
    for (const name of ['user', 'commit', 'pipeline', 'runner', 'runner_manager']) {
      expect(two[name]).toBe(one[name]);
    }
    expect(three['user']).not.toBe(one['user']);
    expect(three['user']).toEqual({ id: 1, name: 'Ada', bio: '' });
    expect(three['commit']).toBe(one['commit']);
  });

  it('parses rows as a whole once most objects of a list have not been repeated', () => {
    const rows = Array.from({ length: 30 }, (_, index) => {
      const ids = { user: { id: index }, runner: { id: index }, runner_manager: { id: index } };
      return job({ ...ids, commit: { id: `c${index}` }, pipeline: { id: index, project_id: 42 } });
    });
    const again = parseList([...rows, rows[29] ?? '', rows[29] ?? '']);
    expect(again).toEqual([...rows, rows[29] ?? '', rows[29] ?? ''].map(parseWhole));
    expect(again[31]?.['user']).not.toBe(again[30]?.['user']);
  });

  it('shares objects of trigger jobs, which have no runner', () => {
    const bridge = (id: number) =>
      JSON.stringify({
        id,
        status: 'success',
        user: { id: 1 },
        commit: { id: 'c0ffee' },
        pipeline: { id: 7, project_id: 42 },
        web_url: '/j',
        downstream_pipeline: { id: 8, project_id: 43 },
      });
    const [one, two] = parseList([bridge(1), bridge(2)]) as [Row, Row];
    expect(two['commit']).toBe(one['commit']);
    expect(two['downstream_pipeline']).toEqual({ id: 8, project_id: 43 });
  });

  it('keeps all digits of ids', () => {
    const [row] = parseList([
      job({}).replace('"pipeline":{"id":7', '"pipeline":{"id":9007199254740993'),
    ]);
    expect(row?.['pipeline']).toEqual({ id: '9007199254740993', project_id: 42 });
  });

  it('takes no member of another object for a member of the row', () => {
    const inner = { id: 9, user: { id: 8 }, runner: { id: 8 }, artifacts_expire_at: null, x: 1 };
    const texts = [
      job({}).replace('"user":', `"deployment":${JSON.stringify(inner)},"user":`),
      job({}).replace('"commit":', `"source":"push","commit":`),
      job({}).replace('"web_url":"/j"', `"previous":${JSON.stringify(inner)},"web_url":"/j"`),
      job({ runner: undefined }).replace('"web_url":"/j"', `"previous":${JSON.stringify(inner)}`),
    ];
    expect(parseList(texts)).toEqual(texts.map(parseWhole));
  });

  it('takes the last of several members of one name, as JSON.parse does', () => {
    const texts = [
      job({}).replace('"web_url":"/j"', '"user":{"id":2}'),
      job({}).replace('"web_url":"/j"', '"user":null'),
      job({}).replace('"web_url":"/j"', '"\\u0072unner":{"id":"no id"}'),
    ];
    expect(parseList(texts)).toEqual(texts.map(parseWhole));
  });

  it('does not accept a row whose own members are JSON only without the objects', () => {
    const json = '{"id":1,"name":"x,"user":{"id":1},"commit":{"id":"c"},"pipeline":{"id":7},"}';
    expect(() => parseList([json])).toThrow(SyntaxError);
  });

  it('throws SyntaxError if any part of a row is no JSON', () => {
    for (const name of ['name', 'bio', 'title', 'project_id', 'size', 'description', 'platform']) {
      expect(() => parseList([job({}).replace(`,"${name}"`, `,,"${name}"`)])).toThrow(SyntaxError);
    }
  });
});
