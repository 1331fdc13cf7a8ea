import {
  type GraphQLField,
  type GraphQLNamedType,
  GraphQLObjectType,
  GraphQLSchema,
  isObjectType,
} from 'graphql';
import { ownNameOf, typeNamed } from '../graphql/type-names.ts';
import { entityKeys } from './entity-keys.ts';

/*
 * The federation directives of the subgraph's SDL, as text by schema coordinate (`Type` or
 * `Type.field`). Most directives follow from rules, so that new types need no change here.
 * docs/federation.md explains the directives.
 */

/**
 * The keys of some types, by type name. Each key is one field, so `User` has two keys. GitLab's
 * Jobs API returns these types only inside other objects, so this subgraph cannot resolve a
 * reference to them. The keys let other subgraphs add fields to these types.
 */
const embeddedKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['User', ['databaseId', 'username']],
  ['Runner', ['databaseId']],
  ['Commit', ['sha']],
  ['Agent', ['databaseId']],
]);

/**
 * Root fields that get the tag `internal`, because they are about the caller's own credential, or
 * need the token of a CI job.
 */
const INTERNAL = ['rateLimit', 'currentJob', 'allowedAgents'];

/** Declares the federation version and the directives that the SDL uses. */
export const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag"])';

/**
 * Returns the names of all entity types, and of the types that are still reachable if some fields
 * of the root types are removed.
 */
function namesWithout(
  schema: GraphQLSchema,
  hidden: { mutations: boolean; queries: readonly string[] },
): ReadonlySet<string> {
  const query = schema.getQueryType()?.toConfig();
  const left = Object.entries(query?.fields ?? {}).filter(
    ([name]) => !hidden.queries.includes(name),
  );
  const remaining = new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: Object.fromEntries(left) }),
    mutation: hidden.mutations ? null : schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
    // Keeps all entity types, even if no remaining field returns them, because fields of other
    // subgraphs may return them.
    types: [...entityKeys.keys(), ...embeddedKeys.keys()].flatMap(
      (name) => typeNamed(schema, name) ?? [],
    ),
  });
  return new Set(Object.keys(remaining.getTypeMap()));
}

function keysOf(type: string): string[] {
  const own = entityKeys.get(type) ?? [];
  const embedded = embeddedKeys.get(type) ?? [];
  return [
    ...own.map((fields) => `@key(fields: "${fields}")`),
    ...embedded.map((fields) => `@key(fields: "${fields}", resolvable: false)`),
  ];
}

const isRoot = (schema: GraphQLSchema, type: GraphQLNamedType) =>
  type === schema.getQueryType() ||
  type === schema.getMutationType() ||
  type === schema.getSubscriptionType();

function typeRules(schema: GraphQLSchema): (type: GraphQLNamedType) => string[] {
  const readable = namesWithout(schema, { mutations: true, queries: [] });
  const outward = namesWithout(schema, { mutations: false, queries: INTERNAL });
  return (type) => {
    if (isRoot(schema, type)) return [];
    const name = ownNameOf(type);
    const directives = keysOf(name);
    // `@shareable` lets several subgraphs define the fields of a type. Types without a resolvable
    // key get it. Another subgraph that returns an object of such a type must define the fields
    // itself. The router cannot read them from this subgraph.
    if (isObjectType(type) && !entityKeys.has(name)) directives.push('@shareable');
    if (!readable.has(type.name)) directives.push('@tag(name: "write")');
    else if (!outward.has(type.name)) directives.push('@tag(name: "internal")');
    return directives;
  };
}

function directivesOfField(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  { name }: GraphQLField<unknown, unknown>,
): string[] {
  if (type === schema.getMutationType()) return ['@tag(name: "write")'];
  const isInternal = type === schema.getQueryType() && INTERNAL.includes(name);
  return isInternal ? ['@tag(name: "internal")'] : [];
}

/**
 * Returns the directives of the subgraph's types and fields by schema coordinate, such as `Job.id`.
 */
export function federationDirectives(
  schema: GraphQLSchema,
): ReadonlyMap<string, readonly string[]> {
  const types = Object.values(schema.getTypeMap());
  const directivesOfType = typeRules(schema);
  const onFields = types.filter(isObjectType).flatMap((type) =>
    Object.values(type.getFields()).map((field) => {
      const coordinate = `${type.name}.${field.name}`;
      return [coordinate, directivesOfField(schema, type, field)] as const;
    }),
  );
  return new Map([
    ...types.map((type) => [type.name, directivesOfType(type)] as const),
    ...onFields,
  ]);
}
