import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { createOperationCache } from '../../src/operation/document-cache.ts';
import { askBoth, startBothWays } from './direct-both-ways.ts';

const DOCUMENT = 'query One { one: __typename } query Two { two: __typename }';

function createCounted(usesBefore?: number) {
  const admitted: string[] = [];
  const admit = (query: string) => {
    admitted.push(query);
    return parse(query);
  };
  const programs = createOperationCache({ schema, admit, usesBefore });
  const find = (query: string, operationName?: string) => programs.find({ query, operationName });
  return { admitted, find };
}

describe('programs', () => {
  it('are made at the second use, and once', () => {
    const { find, admitted } = createCounted();
    expect(find(DOCUMENT, 'One')).toBeUndefined();
    const program = find(DOCUMENT, 'One');
    expect(program?.operation.name?.value).toBe('One');
    expect(find(DOCUMENT, 'One')).toBe(program);
    expect(admitted).toEqual([DOCUMENT]);
  });

  it('are kept apart by the operation’s name', () => {
    const { find } = createCounted(0);
    const names = ['One', 'Two', 'One'].map((name) => find(DOCUMENT, name)?.operation.name?.value);
    expect(names).toEqual(['One', 'Two', 'One']);
    expect(find(DOCUMENT)).toBeUndefined();
  });

  it('are forgotten, the oldest first, when all that is remembered is too large', () => {
    const { find, admitted } = createCounted(0);
    // A short document that lays out to 800 fields.
    const wide = (name: string) =>
      `query ${name} { ${'x'
        .repeat(40)
        .split('')
        .map((letter, at) => `${letter}${at}: job(project: "1", id: "1") { ...F }`)
        .join(' ')} } fragment F on Job { ${'y'
        .repeat(19)
        .split('')
        .map((letter, at) => `${letter}${at}: name`)
        .join(' ')} }`;
    const fields = find(wide('First'))?.fields;
    expect(fields).toBe(800);
    find(wide('First'));
    expect(admitted).toHaveLength(1);
    for (let at = 0; at < 20; at += 1) find(wide(`Q${at}`));
    find(wide('First'));
    expect(admitted).toHaveLength(22);
  });

  it.each([
    ['many', 80_000, 'x'],
    ['long', 50, 'x'.repeat(1_000_000)],
  ])('outlive strange documents, be they ever so %s', (_kind, times, comment) => {
    const { find } = createCounted();
    find(DOCUMENT, 'One');
    const program = find(DOCUMENT, 'One');
    expect(program).toBeDefined();
    for (let at = 0; at < 2 * times; at += 1) {
      // Each twice, where that is not too many to compile.
      const name = times < 100 ? Math.floor(at / 2) : at;
      find(`{ a${name}: __typename } # ${comment}`);
    }
    expect(find(DOCUMENT, 'One')).toBe(program);
  });

  it('are tried once of what cannot be compiled', () => {
    const { find, admitted } = createCounted();
    for (let use = 0; use < 4; use += 1)
      expect(find('{ __schema { types { name } } }')).toBeUndefined();
    expect(admitted).toHaveLength(1);
  });

  it('are not made of what would take too much', () => {
    const { find } = createCounted(0);
    const conditions = ['a', 'b', 'c', 'd'];
    const text = `query (${conditions.map((name) => `$${name}: Boolean!`)}) {
      ${conditions.map((name) => `${name}: __typename @skip(if: $${name})`)} MORE }`;
    expect(find(text.replace('MORE', ''))?.fields).toBe(4 * 16);
    const more = Array.from({ length: 200 }, (_, at) => `f${at}: __typename`).join(' ');
    expect(find(text.replace('MORE', more))).toBeUndefined();
  });
});

describe('a request that looks like another’s', () => {
  it.each([
    ['an empty name', { query: '{ __typename }', operationName: '' }],
    [
      'the document’s first word as its name',
      { query: 'Q { __typename }', operationName: ' query' },
    ],
  ])('is answered as itself: %s', async (_name, body) => {
    const both = await startBothWays();
    const honest = { body: { query: body.operationName ? 'query Q { __typename }' : body.query } };
    // Whichever comes first.
    await askBoth(both, { body });
    expect((await askBoth(both, honest)).body).toContain('"Query"');
    expect((await askBoth(both, { body })).body).toContain('errors');
    expect((await askBoth(both, honest)).body).toContain('"Query"');
  });
});
