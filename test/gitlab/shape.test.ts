import { describe, expect, it } from 'vitest';
import {
  flag,
  int32,
  list,
  nullable,
  numberOrText,
  object,
  optional,
  text,
} from '../../src/gitlab/shape.ts';

const row = object({
  id: numberOrText('an id', {}),
  name: optional(text),
  tags: optional(list(text)),
  owner: optional(object({ id: int32, admin: optional(flag) })),
});

describe('a shape', () => {
  it('takes what it names, and leaves the rest as it is', () => {
    const value = { id: 1, name: 'a', tags: ['x'], owner: { id: 2, admin: true }, more: [1] };
    const before = structuredClone(value);
    expect(row.mismatch(value)).toBeUndefined();
    expect(value).toEqual(before);
  });

  it('takes a member that is missing or null', () => {
    expect(row.mismatch({ id: '7' })).toBeUndefined();
    expect(row.mismatch({ id: '7', name: null, tags: null, owner: null })).toBeUndefined();
  });

  it('reads odd members as null, and their neighbours as they are', () => {
    const value = { id: 1, name: 5, tags: ['x', 2], owner: { id: 'two' } };
    expect(row.mismatch(value)).toBeUndefined();
    expect(value).toEqual({ id: 1, name: null, tags: null, owner: null });
  });

  it('reads an odd member within a member as null there', () => {
    const value = { id: 1, owner: { id: 2, admin: 'yes' } };
    expect(row.mismatch(value)).toBeUndefined();
    expect(value.owner).toEqual({ id: 2, admin: null });
  });

  it.each([
    [{ name: 'a' }, '.id: expected an id'],
    [{ id: true }, '.id: expected an id'],
    ['x', ': expected an object'],
    [null, ': expected an object'],
    [[], ': expected an object'],
  ])('says where %j does not fit', (value, found) => {
    expect(row.mismatch(value)).toBe(found);
  });

  it('says which item of a list does not fit', () => {
    expect(list(row).mismatch([{ id: 1 }, {}])).toBe('.1.id: expected an id');
    expect(list(row).mismatch({})).toBe(': expected a list');
  });

  it('may take nothing, and still mind what is odd', () => {
    expect(nullable(list(row)).mismatch(null)).toBeUndefined();
    expect(object({ all: nullable(list(row)) }).mismatch({ all: 'x' })).toBe(
      '.all: expected a list',
    );
  });

  it.each([[2 ** 31], [1.5], ['1'], [Number.NaN], [{}]])('takes %j for no Int', (value) => {
    expect(int32.mismatch(value)).toBe(': expected a whole number');
  });
});
