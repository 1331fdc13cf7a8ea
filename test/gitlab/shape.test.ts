import { describe, expect, it } from 'vitest';
import {
  dateTime,
  flag,
  id,
  int32,
  list,
  nullable,
  number,
  object,
  optional,
  type Shape,
  size,
  text,
} from '../../src/gitlab/shape.ts';

const row = object({
  id,
  name: optional(text),
  tags: optional(list(text)),
  owner: optional(object({ id: int32, admin: optional(flag) })),
});

/** Returns the value to which `shape` converts a member of a row. */
function read(shape: Shape<unknown>, value: unknown): unknown {
  const of = { value };
  expect(object({ value: optional(shape) }).mismatch(of)).toBeUndefined();
  return of.value;
}

describe('a shape', () => {
  it('accepts the named members and leaves others unchanged', () => {
    const value = { id: 1, name: 'a', tags: ['x'], owner: { id: 2, admin: true }, more: [1] };
    const before = structuredClone(value);
    expect(row.mismatch(value)).toBeUndefined();
    expect(value).toEqual(before);
  });

  it('accepts a member that is missing or null', () => {
    expect(row.mismatch({ id: '7' })).toBeUndefined();
    expect(row.mismatch({ id: '7', name: null, tags: null, owner: null })).toBeUndefined();
  });

  it('sets invalid optional members to null and leaves others unchanged', () => {
    const value = { id: 1, name: {}, tags: 'x', owner: { id: 'two' } };
    expect(row.mismatch(value)).toBeUndefined();
    expect(value).toEqual({ id: 1, name: null, tags: null, owner: null });
  });

  it('sets an invalid nested member to null', () => {
    const value = { id: 1, owner: { id: 2, admin: 'yes' } };
    expect(row.mismatch(value)).toBeUndefined();
    expect(value.owner).toEqual({ id: 2, admin: null });
  });

  it('removes invalid items from a list, and keeps the order of the others', () => {
    const value = { id: 1, tags: ['x', null, 2, ['y'], 'z'] };
    expect(row.mismatch(value)).toBeUndefined();
    expect(value.tags).toEqual(['x', '2', 'z']);
    const rows = [{ id: 1 }, {}, null, { id: 2 }];
    expect(list(row).mismatch(rows)).toBeUndefined();
    expect(rows).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it.each([
    [{ name: 'a' }, '.id: expected an id'],
    [{ id: true }, '.id: expected an id'],
    ['x', ': expected an object'],
    [null, ': expected an object'],
    [[], ': expected an object'],
  ])('reports the path of a mismatch in %j', (value, found) => {
    expect(row.mismatch(value)).toBe(found);
  });

  it('may allow null, but still rejects invalid values', () => {
    expect(nullable(list(row)).mismatch(null)).toBeUndefined();
    expect(list(row).mismatch({})).toBe(': expected a list');
    expect(object({ all: nullable(list(row)) }).mismatch({ all: 'x' })).toBe(
      '.all: expected a list',
    );
  });
});

describe('one value', () => {
  it.each<[string, Shape<unknown>, unknown, unknown]>([
    ['a number in text', number, '12.5', 12.5],
    ['a number with an exponent in text', number, '1e-7', 1e-7],
    ['a negative number in text', number, '-0.25', -0.25],
    ['other text for a number', number, '12.5 s', null],
    ['empty text for a number', number, '', null],
    ['a number in text that is too large', number, '1e999', null],
    ['an infinite number', number, Number.POSITIVE_INFINITY, null],
    ['a count in text', int32, '12', 12],
    ['a fraction for a count', int32, 1.5, null],
    ['a count above 2^31', int32, 2 ** 31, null],
    ['a fraction in text for a count', int32, '1.5', null],
    ['a number for text', text, 12, '12'],
    ['a boolean for text', text, true, null],
    ['a list for text', text, ['a'], null],
    ['a boolean in text', flag, 'false', false],
    ['a number for a boolean', flag, 1, null],
    ['a size', size, 3 * 2 ** 30, 3 * 2 ** 30],
    ['a size above 2^53', size, '9223372036854775807', '9223372036854775807'],
    ['a size of more than 64 bits', size, '9223372036854775808', null],
    ['a size above 2^53 as a double', size, 1e20, null],
    ['a negative size', size, -1, null],
  ])('%s', (_name, shape, value, expected) => {
    expect(read(shape, value)).toBe(expected);
  });

  it.each([0, 7, 2 ** 53 - 1, '7', '9007199254740993', '9223372036854775807'])(
    '%j is an id',
    (value) => {
      expect(id.mismatch(value)).toBeUndefined();
    },
  );

  it.each([-1, 1.5, 2 ** 53, '007', '+7', '7 ', '1e3', '', '9223372036854775808', 'group/app'])(
    '%j is no id',
    (value) => {
      expect(read(id, value)).toBeNull();
    },
  );
});

describe('a time', () => {
  it.each([
    '2026-05-04T03:02:01Z',
    '2026-05-04T05:02:01.123456+02:00',
    '2026-05-04T08:32:01.5+0530',
    '2026-05-03T19:02:01.000-08:00',
  ])('%s stays as it is', (value) => {
    expect(read(dateTime, value)).toBe(value);
  });

  it.each([
    ['2026-05-04 03:02:01 UTC', '2026-05-04T03:02:01Z'],
    ['2026-05-04 05:02:01 +0200', '2026-05-04T05:02:01+02:00'],
    ['2026-05-04 05:02:01.5+02', '2026-05-04T05:02:01.5+02:00'],
    ['2026-05-04t03:02:01z', '2026-05-04T03:02:01Z'],
  ])('%s becomes %s', (value, expected) => {
    expect(read(dateTime, value)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2026-05-04',
    '2026-05-04T03:02:01',
    '2026-13-04T03:02:01Z',
    '2026-05-04T25:02:01Z',
    1777863721,
    false,
  ])('%j reads as null: its instant is not certain', (value) => {
    expect(read(dateTime, value)).toBeNull();
  });
});
