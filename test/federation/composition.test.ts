import { readFileSync } from 'node:fs';
import { composeServices as composeWithApollo } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  composeSchemaContract,
  composeServices as composeWithGuild,
} from '@theguild/federation-composition';
import { buildSchema, findBreakingChanges, type GraphQLObjectType, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { neighbourSdl } from '../../examples/federation/neighbour.ts';
import { createSubgraph, printSubgraph } from '../../src/federation/subgraph.ts';
import { schema } from '../../src/graphql/schema.ts';

const sdl = printSubgraph(schema);
const gitlab = { name: 'gitlab', url: 'http://gitlab.invalid', typeDefs: parse(sdl) };
const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])';

const neighbour = (typeDefs: string, name = 'neighbour') => ({
  name,
  url: `http://${name}.invalid`,
  typeDefs: parse(typeDefs),
});
const withRelay = [gitlab, neighbour(neighbourSdl)];

/**
 * Composes the subgraphs with two tools. Returns the errors of each; empty lists if composition
 * succeeds.
 */
function errorsOf(subgraphs: (typeof gitlab)[]): { apollo: string[]; guild: string[] } {
  const messages = (errors: readonly { message: string }[] = []) =>
    errors.map(({ message }) => message);
  return {
    apollo: messages(composeWithApollo(subgraphs).errors),
    guild: messages(composeWithGuild(subgraphs).errors),
  };
}

const none = { apollo: [], guild: [] };

describe('the subgraph', () => {
  it('equals the committed file', () => {
    const file = new URL('../../schema/subgraph.graphql', import.meta.url);
    expect(readFileSync(file, 'utf8').trim()).toBe(sdl.trim());
  });

  it('composes alone', () => {
    expect(composeWithApollo([gitlab]).errors).toBeUndefined();
    expect(composeWithGuild([gitlab]).errors).toBeUndefined();
  });

  it('composes with another Relay subgraph without hints', () => {
    const { errors, hints } = composeWithApollo(withRelay);
    expect(errors).toBeUndefined();
    expect(hints?.map(({ message }) => message)).toEqual([]);
    const { errors: guildErrors = [], publicSdl = '' } = composeWithGuild(withRelay);
    expect(guildErrors).toEqual([]);
    const graph = buildSchema(publicSdl);
    const fieldOf = (type: string, name: string) =>
      String((graph.getType(type) as GraphQLObjectType).getFields()[name]?.type);
    expect(fieldOf('Deployment', 'job')).toBe('Job');
    expect(fieldOf('Project', 'team')).toBe('String');
    expect(fieldOf('Query', 'node')).toBe('Node');
    expect(fieldOf('Query', 'resource')).toBe('Node');
  });

  // Composes the gateway's subgraph with one other subgraph per key. The keys of the other
  // subgraphs have `resolvable: false`, so only the gateway's subgraph can resolve the types.
  it('resolves types by each of their keys', () => {
    const keys = [
      ['Job', 'id', 'id: ID!'],
      ['Job', 'projectId databaseId', 'projectId: ID! databaseId: ID!'],
      ['Job', 'webUrl', 'webUrl: String'],
      ['Bridge', 'id', 'id: ID!'],
      ['Pipeline', 'id', 'id: ID!'],
      ['Pipeline', 'projectId databaseId', 'projectId: ID! databaseId: ID!'],
      ['Pipeline', 'webUrl', 'webUrl: String'],
      ['Project', 'id', 'id: ID!'],
      ['Project', 'fullPath', 'fullPath: ID!'],
      ['Project', 'databaseId', 'databaseId: ID!'],
    ] as const;
    const neighbours = keys.map(([type, key, fields], index) =>
      neighbour(
        `${LINK}
        type Query { it${index}: ${type} }
        type ${type} @key(fields: "${key}", resolvable: false) { ${fields} }`,
        `neighbour${index}`,
      ),
    );
    expect(errorsOf([gitlab, ...neighbours])).toEqual(none);
  });

  describe('lets other subgraphs extend a type, but does not resolve it:', () => {
    const keys = [
      ['User', 'databaseId', 'databaseId: ID!'],
      ['User', 'username', 'username: String'],
      ['Runner', 'databaseId', 'databaseId: ID!'],
      ['Commit', 'sha', 'sha: String!'],
      ['Agent', 'databaseId', 'databaseId: ID!'],
    ] as const;
    /**
     * Composes the gateway's subgraph with one other subgraph for each key. `fieldOf` returns the
     * root field of the other subgraph.
     */
    const compose = (fieldOf: (index: number, type: string) => string) =>
      errorsOf([
        gitlab,
        ...keys.map(([type, key, fields], index) =>
          neighbour(
            `${LINK}
            type ${type} @key(fields: "${key}") { ${fields} more${index}: String }
            type Query { ${fieldOf(index, type)} }`,
            `neighbour${index}`,
          ),
        ),
      ]);

    it('composes with fields for each', () => {
      expect(compose((index) => `other${index}: Int`)).toEqual(none);
    });

    it('composes with no root field that returns one', () => {
      const { apollo, guild } = compose((index, type) => `it${index}: ${type}`);
      for (const index of keys.keys()) {
        const reasons = (messages: string[]) =>
          messages.filter((message) => message.includes(`it${index} {`)).join();
        expect(reasons(apollo)).toContain('cannot move to subgraph "gitlab"');
        expect(reasons(guild)).toContain('cannot move to subgraph "gitlab"');
      }
    });
  });

  it('marks types without identity as shareable', () => {
    const typeDefs = `${LINK}
      type Query { artifact: JobArtifact }
      type JobArtifact @shareable { fileType: String! fileFormat: String filename: String size: BigInt }
      scalar BigInt`;
    expect(errorsOf([gitlab, neighbour(typeDefs)])).toEqual(none);
  });

  it('can be served by @apollo/subgraph unchanged', () => {
    const built = buildSubgraphSchema({ typeDefs: parse(sdl) });
    expect(built.getType('_Entity')).toBeDefined();
  });

  it('says in the description of a type that it cannot be read by itself', () => {
    for (const name of ['User', 'Runner', 'Commit', 'Agent']) {
      expect(schema.getType(name)?.description).toContain('cannot be read by itself here');
    }
  });
});

describe('the two schemas', () => {
  const served = createSubgraph(schema, { maxReferences: 1000 });

  it('differ in the root fields for Relay and for routers alone', () => {
    const lost = findBreakingChanges(schema, served).map(({ description }) => description);
    expect(lost).toEqual(['Query.node was removed.', 'Query.nodes was removed.']);
    const added = findBreakingChanges(served, schema).map(({ description }) => description);
    expect(added.toSorted()).toEqual([
      'Query._entities was removed.',
      'Query._service was removed.',
      '_Any was removed.',
      '_Entity was removed.',
      '_Service was removed.',
    ]);
  });

  it('describe each field that they add', () => {
    const added = ['_service', '_entities'].map((name) => served.getQueryType()?.getFields()[name]);
    for (const field of added) {
      expect(field?.description).toBeTruthy();
      expect(field?.args.every(({ description }) => description)).toBe(true);
    }
  });
});

describe('a contract', () => {
  const contractWithout = (tag: string) => {
    const filter = { include: new Set<string>(), exclude: new Set([tag]) };
    const result = composeSchemaContract(withRelay, filter, true);
    expect(result.errors).toBeUndefined();
    return buildSchema(result.publicSdl ?? '');
  };

  it('without `write` has no mutation, and nothing that only mutations have', () => {
    const graph = contractWithout('write');
    expect(graph.getMutationType()).toBeUndefined();
    const left = Object.keys(graph.getTypeMap()).filter((name) =>
      /Payload|Input$|Error$/.test(name),
    );
    expect(left).toEqual([]);
    expect(graph.getQueryType()?.getFields()).toHaveProperty('job');
  });

  it('without `internal` has nothing of rate limits and job tokens', () => {
    const graph = contractWithout('internal');
    const fields = Object.keys(graph.getQueryType()?.getFields() ?? {});
    expect(fields).toEqual(expect.arrayContaining(['job', 'pipeline', 'project', 'resource']));
    expect(fields).not.toEqual(expect.arrayContaining(['rateLimit']));
    expect(graph.getType('RateLimit')).toBeUndefined();
    expect(graph.getType('AllowedAgents')).toBeUndefined();
    expect(graph.getMutationType()).toBeDefined();
  });
});
