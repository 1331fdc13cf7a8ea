import { readFileSync } from 'node:fs';
import {
  buildSchema,
  findBreakingChanges,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../src/graphql/schema.ts';

const contract = buildSchema(readFileSync(new URL('contract.graphql', import.meta.url), 'utf8'));

/**
 * Returns name and description of all that GraphiQL shows for a type: the type itself, its fields,
 * arguments and values.
 */
function elementsOf(type: GraphQLNamedType): [string, string | null | undefined][] {
  const own: [string, string | null | undefined][] = [[type.name, type.description]];
  if (isEnumType(type)) {
    own.push(
      ...type
        .getValues()
        .map((value) => [`${type.name}.${value.name}`, value.description] as [string, string]),
    );
  }
  if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) {
      own.push([`${type.name}.${field.name}`, field.description]);
      for (const arg of 'args' in field ? field.args : []) {
        own.push([`${type.name}.${field.name}(${arg.name}:)`, arg.description]);
      }
    }
  }
  return own;
}

describe('the schema', () => {
  it.each(['schema.graphql', 'subgraph.graphql', 'relay.json'])(
    'is published as %s, a text file whose last line is complete',
    (file) => {
      const text = readFileSync(new URL(`../schema/${file}`, import.meta.url), 'utf8');
      expect(text).toMatch(/[^\n]\n$/);
    },
  );

  it('has everything of the contract, under the same names and with compatible types', () => {
    const missing = findBreakingChanges(contract, schema).map((change) => change.description);
    expect(missing).toEqual([]);
  });

  it('notices what the contract has and the schema lacks', () => {
    const more = buildSchema(
      'type Query { job(project: ID!, id: ID!): Job, more: Int } type Job { id: ID! }',
    );
    expect(findBreakingChanges(more, schema).map(({ description }) => description)).toContain(
      'Query.more was removed.',
    );
  });

  it('describes each type, field, argument and value', () => {
    const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));
    const silent = types
      .filter((type) => !/^(Boolean|Float|ID|Int|String)$/.test(type.name))
      .flatMap(elementsOf)
      .filter(([, description]) => !description?.trim())
      .map(([name]) => name);
    expect(silent).toEqual([]);
  });
});
