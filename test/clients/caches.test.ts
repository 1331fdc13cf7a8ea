import { InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { isScalarType, isSpecifiedScalarType, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import relayConfig from '../../schema/relay.json' with { type: 'json' };
import { createTypePolicies, possibleTypes } from '../../src/clients/apollo.ts';
import { scalars } from '../../src/clients/codegen.ts';
import { createResolvers, keys } from '../../src/clients/graphcache.ts';
import { schema } from '../../src/graphql/schema.ts';

const createCache = () =>
  new InMemoryCache({ possibleTypes, typePolicies: createTypePolicies(relayStylePagination) });

/**
 * Writes objects of type Job or Pipeline to the cache as results of `node`. Returns what the cache
 * then has for the selection `read`.
 */
function writeAndRead(type: string, objects: Record<string, unknown>[], read: string): unknown {
  const cache = createCache();
  for (const object of objects) {
    const query = parse(
      `{ node(id: "1") { id ... on ${type} { ${Object.keys(object).join(' ')} } } }`,
    );
    cache.writeQuery({ query, data: { node: { __typename: type, id: '1', ...object } } });
  }
  return cache.readQuery({ query: parse(`{ node(id: "1") { ... on ${type} { ${read} } } }`) });
}

describe("Apollo Client's cache", () => {
  it('merges objects without an id', () => {
    const cache = createCache();
    for (const field of ['byteSize', 'truncated']) {
      const trace = { __typename: 'JobTrace', [field]: 1 };
      const query = parse(`{ job { __typename id trace { __typename ${field} } } }`);
      cache.writeQuery({ query, data: { job: { __typename: 'Job', id: '1', trace } } });
    }
    const both = parse('{ job { trace { byteSize truncated } } }');
    expect(cache.readQuery({ query: both })).toMatchObject({
      job: { trace: { byteSize: 1, truncated: 1 } },
    });
  });

  it.each([
    ['Job', 'retried'],
    ['Bridge', 'retried'],
    ['Pipeline', 'retryable'],
  ])('keeps a value over a null that means "not read": %s.%s', (type, field) => {
    const read = (...values: unknown[]) =>
      writeAndRead(
        type,
        values.map((value) => ({ [field]: value })),
        field,
      );
    expect(read(true, null)).toMatchObject({ node: { [field]: true } });
    expect(read(true, null, false)).toMatchObject({ node: { [field]: false } });
    expect(read(null)).toMatchObject({ node: { [field]: null } });
    expect(read('x', null)).not.toEqual(read(null));
  });

  it('derives what a button needs from what was read before', () => {
    const status = (action: string | null) => ({ __typename: 'DetailedStatus', text: 'x', action });
    const write = (type: string, ...responses: [known: object, action: string | null][]) => {
      const cache = createCache();
      for (const [known, action] of responses) {
        const names = Object.keys(known).join(' ');
        const query = parse(
          `{ node { id ... on ${type} { ${names} detailedStatus { text action } } } }`,
        );
        const node = { __typename: type, id: '1', ...known, detailedStatus: status(action) };
        cache.writeQuery({ query, data: { node } });
      }
      const query = parse(`{ node { ... on ${type} { retryable detailedStatus { action } } } }`);
      const { retryable, detailedStatus } = (
        cache.readQuery({ query }) as {
          node: { retryable: boolean | null; detailedStatus: { action: string | null } };
        }
      ).node;
      return [retryable, detailedStatus.action];
    };
    const onBoard = (retried: boolean) => ({ retried, retryable: !retried });
    const elsewhere = { retried: null, retryable: true };
    for (const type of ['Job', 'Bridge']) {
      expect(write(type, [onBoard(true), null], [elsewhere, 'RETRY'])).toEqual([false, null]);
      expect(write(type, [elsewhere, 'RETRY'], [onBoard(true), null])).toEqual([false, null]);
      expect(write(type, [onBoard(false), 'RETRY'], [elsewhere, 'RETRY'])).toEqual([true, 'RETRY']);
      expect(write(type, [elsewhere, 'RETRY'])).toEqual([true, 'RETRY']);
      expect(write(type, [{ retried: null, retryable: false }, 'CANCEL'])).toEqual([
        false,
        'CANCEL',
      ]);
    }
    const [board, list] = [{ retryable: true }, { retryable: null }];
    expect(write('Pipeline', [board, 'RETRY'], [list, null])).toEqual([true, 'RETRY']);
    expect(write('Pipeline', [board, 'RETRY'], [list, 'CANCEL'])).toEqual([true, 'CANCEL']);
    expect(write('Pipeline', [{ retryable: false }, null], [list, null])).toEqual([false, null]);
    expect(write('Pipeline', [list, null])).toEqual([null, null]);
  });

  it('keeps lists with other filters apart', () => {
    const cache = createCache();
    const query = parse(
      'query ($statuses: [CiJobStatus!]) { project { id jobs(statuses: $statuses) { edges { node { id } } pageInfo { endCursor } } } }',
    );
    const write = (statuses: string[] | null, id: string) => {
      const edges = [{ __typename: 'JobEdge', node: { __typename: 'Job', id } }];
      const pageInfo = { __typename: 'PageInfo', endCursor: id };
      const jobs = { __typename: 'JobConnection', edges, pageInfo };
      const project = { __typename: 'Project', id: '1', jobs };
      cache.writeQuery({ query, variables: { statuses }, data: { project } });
    };
    write(null, 'a');
    write(['FAILED'], 'b');
    expect(cache.readQuery({ query, variables: { statuses: null } })).toMatchObject({
      project: { jobs: { edges: [{ node: { id: 'a' } }] } },
    });
  });
});

describe('what is shipped for clients', () => {
  it('collects the pages of every connection', () => {
    const fields = Object.fromEntries(
      Object.entries(createResolvers(() => true)).map(([type, lists]) => [
        type,
        Object.keys(lists),
      ]),
    );
    expect(fields).toMatchObject({
      Project: ['jobs', 'pipelines'],
      Pipeline: ['bridges', 'jobs'],
      JobTrace: ['lines'],
    });
    expect(keys).toHaveProperty('JobTrace');
    expect(keys).not.toHaveProperty('Job');
    expect(keys['PageInfo']?.()).toBeNull();
  });

  it('has a type for each scalar', () => {
    const custom = Object.values(schema.getTypeMap())
      .filter((type) => isScalarType(type) && !isSpecifiedScalarType(type))
      .map(({ name }) => name);
    expect(Object.keys(scalars).sort()).toEqual(custom.sort());
    expect(relayConfig.customScalarTypes).toEqual(scalars);
  });
});
