import { readFileSync } from 'node:fs';
import { CriticalityLevel, DiffRule, diff } from '@graphql-inspector/core';
import { buildASTSchema, lexicographicSortSchema, parse, print, printSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { printSubgraph } from '../../src/federation/subgraph.ts';
import { schema } from '../../src/graphql/schema.ts';

/*
 * Nobody's query, and nobody's composition, breaks unannounced. A break is
 * announced by a release in which the element was deprecated, or else by an entry in
 * schema/released/intended-breaks.json, which belongs to a major version. schema/released holds the
 * schemas of the last release; a release copies schema/*.graphql there and empties that list.
 */

const read = (name: string) =>
  readFileSync(new URL(`../../schema/released/${name}`, import.meta.url), 'utf8');

/** An intended break: the change as its message has it, and why it must be. */
interface Intended {
  change: string;
  reason: string;
}

const intended = JSON.parse(read('intended-breaks.json')) as Intended[];

/** What other subgraphs compose with: taking one away breaks them, though no query. */
function reliedOn(sdl: string): string[] {
  return parse(sdl, { noLocation: true }).definitions.flatMap((definition) => {
    if (definition.kind !== 'ObjectTypeDefinition') return [];
    return (definition.directives ?? [])
      .filter(({ name }) => name.value === 'key' || name.value === 'shareable')
      .map((directive) => `${definition.name.value} ${print(directive)}`);
  });
}

async function breaksOf(released: string, current: string): Promise<string[]> {
  const build = (sdl: string) => buildASTSchema(parse(sdl), { assumeValidSDL: true });
  const rules = [DiffRule.suppressRemovalOfDeprecatedField];
  const changes = await diff(build(released), build(current), rules);
  const still = new Set(reliedOn(current));
  return [
    ...changes
      .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
      .map(({ message }) => message),
    ...reliedOn(released)
      .filter((use) => !still.has(use))
      .map((use) => `${use} was removed`),
  ];
}

const standalone = printSchema(lexicographicSortSchema(schema));
const subgraph = printSubgraph(schema);

describe('the released schema', () => {
  it.each([
    ['schema.graphql', standalone],
    ['subgraph.graphql', subgraph],
  ])('%s holds on: whatever breaks it was deprecated or is intended', async (name, current) => {
    const unannounced = (await breaksOf(read(name), current)).filter(
      (message) => !intended.some(({ change }) => change === message),
    );
    expect(unannounced).toEqual([]);
  });

  it('is not said to break where it does not', async () => {
    const all = await Promise.all([
      breaksOf(read('schema.graphql'), standalone),
      breaksOf(read('subgraph.graphql'), subgraph),
    ]);
    const stale = intended.filter(({ change, reason }) => !all.flat().includes(change) || !reason);
    expect(stale).toEqual([]);
  });
});

describe('the check for breaks', () => {
  const sdl = `
    type Query { job(id: ID!): Job old: Int @deprecated(reason: "Use job. Removal 2027-06-01") }
    type Job @key(fields: "id") @key(fields: "webUrl") { id: ID! webUrl: String status: Status! }
    type PageInfo @shareable { endCursor: String }
    enum Status { RUNNING }`;

  it.each([
    ['a field that goes', 'webUrl: String', ''],
    ['a field that may be null from now on', 'status: Status!', 'status: Status'],
    ['an argument that becomes required', 'job(id: ID!)', 'job(id: ID!, project: ID!)'],
    ['an enum value that goes', 'RUNNING', 'OTHER'],
    ['a key that goes', '@key(fields: "webUrl")', ''],
    ['a key that changes', '@key(fields: "webUrl")', '@key(fields: "status")'],
    ['a type that can no longer be shared', '@shareable', ''],
  ])('sees %s', async (_, from, to) => {
    expect(await breaksOf(sdl, sdl.replace(from, to))).not.toEqual([]);
  });

  it.each([
    ['a deprecated field that goes', /old: Int @deprecated\(.*\) /, ''],
    ['a new field', 'webUrl: String', 'webUrl: String name: String'],
    ['a new optional argument', 'job(id: ID!)', 'job(id: ID!, project: ID)'],
    ['another key', '@key(fields: "id")', '@key(fields: "id") @key(fields: "status")'],
    [
      'a type that can be shared from now on',
      'enum Status',
      'type More @shareable { a: Int } enum Status',
    ],
  ])('lets pass %s', async (_, from, to) => {
    const changed = sdl.replace(from, to);
    expect(changed).not.toBe(sdl);
    expect(await breaksOf(sdl, changed)).toEqual([]);
  });
});
