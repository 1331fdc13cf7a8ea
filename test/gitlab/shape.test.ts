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
    const value = { id: 1, name: 5, tags: ['x', 2], owner: { id: 'two' } };
    expect(row.mismatch(value)).toBeUndefined();
    expect(value).toEqual({ id: 1, name: null, tags: null, owner: null });
  });

  it('sets an invalid nested member to null', () => {
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
  ])('reports the path of a mismatch in %j', (value, found) => {
    expect(row.mismatch(value)).toBe(found);
  });

  it('reports the index of an invalid item', () => {
    expect(list(row).mismatch([{ id: 1 }, {}])).toBe('.1.id: expected an id');
    expect(list(row).mismatch({})).toBe(': expected a list');
  });

  it('may allow null, but still rejects invalid values', () => {
    expect(nullable(list(row)).mismatch(null)).toBeUndefined();
    expect(object({ all: nullable(list(row)) }).mismatch({ all: 'x' })).toBe(
      '.all: expected a list',
    );
  });

  it.each([[2 ** 31], [1.5], ['1'], [Number.NaN], [{}]])('rejects %j as Int', (value) => {
    expect(int32.mismatch(value)).toBe(': expected a whole number');
  });
});
