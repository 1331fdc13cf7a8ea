import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactRow, parseRows, splitRows } from '../../src/gitlab/json-list.ts';
import { runs } from '../helpers/runs.ts';

/** Generates text that looks like the border of two rows, with quotes and backslashes. */
const text = fc
  .array(fc.constantFrom('},{"id":', '"', '\\', '[{"id":1', '}]', 'ü', '日', 'x'), { maxLength: 6 })
  .map((parts) => parts.join(''));
const id = fc.integer({ min: 1, max: 2 ** 40 });
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    id,
    fc.constant(null),
    fc.array(fc.record({ id, name: tie('value') }), { maxLength: 3 }),
    fc.record({ id, name: text }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
}));
const anyRow = fc.oneof(
  { weight: 9, arbitrary: fc.record({ id, name: text, more: value }) },
  { weight: 1, arbitrary: fc.oneof(fc.record({ name: text, id }), value) },
);
const anyRows = fc.array(anyRow, { maxLength: 8 });
const between = fc.constantFrom('', ' ', '\n', '\t ');

const parseBody = (body: Buffer) => parseRows(body, parseExactRow);
const bufferOf = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('parseRows', () => {
  it('equals JSON.parse for any list of rows', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        expect(parseBody(bufferOf(rows))).toEqual(rows);
      }),
      { numRuns: runs(1000) },
    );
  });

  it('equals JSON.parse with spaces between the rows', () => {
    fc.assert(
      fc.property(anyRows, between, between, (rows, before, after) => {
        const list = rows.map((row) => JSON.stringify(row)).join(`${before},${after}`);
        const json = `${after}[${before}${list}${after}]${before}`;
        expect(parseBody(Buffer.from(json))).toEqual(rows);
        expect(parseBody(Buffer.from(JSON.stringify(rows, null, 2)))).toEqual(rows);
      }),
      { numRuns: runs(500) },
    );
  });

  it('equals JSON.parse for any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const small = json.replaceAll(/\d{16,}/g, '7');
        expect(parseBody(Buffer.from(small))).toEqual(JSON.parse(small));
      }),
      { numRuns: runs(500) },
    );
  });

  it.each(['', '[', '[]]', '[,]', '[{"id":1},]', '[{"id":1},{"id":2]', '[{"id":1}{"id":2}]'])(
    'throws SyntaxError for %j',
    (json) => {
      expect(() => parseBody(Buffer.from(json))).toThrow(SyntaxError);
    },
  );
});

describe('splitRows', () => {
  /** Rows as of a page of jobs: their ids descend. */
  const anyPage = fc
    .uniqueArray(fc.record({ id, name: text, more: value }), {
      selector: (row) => row.id,
      minLength: 1,
      maxLength: 8,
    })
    .map((rows) => rows.sort((a, b) => b.id - a.id));

  it('returns the rows of a page, or undefined if bytes deeper in a row are ambiguous', () => {
    fc.assert(
      fc.property(anyPage, (page) => {
        const rows = splitRows(bufferOf(page));
        const isPlain = !/\},\{"id"/.test(JSON.stringify(page.map((row) => row.more)));
        if (isPlain) expect(rows).toBeDefined();
        if (!rows) return;
        expect(rows.at(-1)?.id).toBe(String(page.at(-1)?.id));
        for (const row of page) {
          expect(rows.find((one) => one.id === String(row.id))?.parse(parseExactRow)).toEqual(row);
        }
      }),
      { numRuns: runs(1000) },
    );
  });

  it('takes a row with the bytes between rows in it from the whole list', () => {
    const page = [{ id: 9, list: [{ id: 8 }, { id: 7 }] }, { id: 6 }];
    const rows = splitRows(bufferOf(page));
    expect(rows?.map((row) => row.id)).toEqual(['9', '7', '6']);
    expect(rows?.[0]?.parse(parseExactRow)).toEqual(page[0]);
    expect(rows?.[1]?.parse(parseExactRow)).toBeUndefined();
  });

  it('keeps all digits of ids', () => {
    const ids = ['9223372036854775807', '9007199254740993', '9007199254740992', '9'];
    const rows = splitRows(Buffer.from(`[${ids.map((id) => `{"id":${id}}`).join()}]`));
    expect(rows?.map((row) => row.id)).toEqual(ids);
    expect(rows?.map((row) => row.parse(parseExactRow))).toEqual([
      { id: '9223372036854775807' },
      { id: '9007199254740993' },
      { id: '9007199254740992' },
      { id: 9 },
    ]);
  });

  it.each([
    ['an empty list', '[]'],
    ['an object', '{"id":1}'],
    ['an empty body', ''],
    ['ids that ascend', '[{"id":1},{"id":2}]'],
    ['equal ids', '[{"id":1},{"id":1}]'],
    ['another first member', '[{"name":"a","id":2},{"id":1}]'],
    ['an id in quotes', '[{"id":"2"},{"id":1}]'],
    ['a fraction', '[{"id":2.5},{"id":1}]'],
    ['an id of 20 digits', '[{"id":12345678901234567890},{"id":1}]'],
    ['a zero before the id', '[{"id":02},{"id":1}]'],
    ['spaces before a row', '[ {"id":2},{"id":1}]'],
    ['a last row that is cut off', '[{"id":2},{"id":1,"name":"a]'],
    ['a list in the last row', '[{"id":4},{"id":3,"list":[{"id":2},{"id":1}]}]'],
  ])('returns undefined for %s', (_name, json) => {
    expect(splitRows(Buffer.from(json))).toBeUndefined();
  });
});
