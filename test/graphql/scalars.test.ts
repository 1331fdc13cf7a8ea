import { GraphQLScalarType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';

function scalar(name: string): GraphQLScalarType {
  const type = schema.getType(name);
  if (type instanceof GraphQLScalarType) return type;
  throw new Error(`${name} is no scalar`);
}

describe('DateTime', () => {
  it.each(['2026-11-23T09:30:00Z', '2026-11-23T09:30:00.123+02:00'])(
    'takes %s as it is',
    (text) => {
      expect(scalar('DateTime').parseValue(text)).toBe(text);
      expect(scalar('DateTime').serialize(text)).toBe(text);
    },
  );

  it.each(['yesterday', '2026-11-23', 1_700_000_000, null])('refuses %s', (value) => {
    expect(() => scalar('DateTime').parseValue(value)).toThrow(/ISO 8601/);
  });
});

describe('BigInt', () => {
  it('is a number up to 2^53 - 1, and a string beyond', () => {
    expect(scalar('BigInt').serialize(3_221_225_472)).toBe(3_221_225_472);
    expect(scalar('BigInt').serialize('42')).toBe(42);
    expect(scalar('BigInt').serialize('9007199254740991')).toBe(9_007_199_254_740_991);
    expect(scalar('BigInt').serialize('9007199254740992')).toBe('9007199254740992');
    expect(scalar('BigInt').serialize('9007199254740993')).toBe('9007199254740993');
  });

  it('accepts numbers and strings', () => {
    expect(scalar('BigInt').parseValue(42)).toBe('42');
    expect(scalar('BigInt').parseValue('12345678901234567')).toBe('12345678901234567');
  });

  it.each([1.5, 2 ** 60, '1e3', 'x', true])('refuses %s', (value) => {
    expect(() => scalar('BigInt').parseValue(value)).toThrow(/whole number/);
  });
});
