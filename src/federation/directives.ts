import {
  type GraphQLField,
  type GraphQLNamedType,
  GraphQLObjectType,
  GraphQLSchema,
  getNamedType,
  isObjectType,
} from 'graphql';
import { entityKeys } from './entity-keys.ts';

/*
 * Which federation directives stand where in the subgraph's SDL, as text by schema coordinate
 * (`Type` or `Type.field`). Most follow from rules, so that types which are added later are
 * covered; docs/federation.md says what they mean to a platform team.
 */

/**
 * Types that come only inside other answers: GitLab's Jobs API cannot read one by itself. Other
 * subgraphs may add fields to them by these keys; ours never resolves a reference to one.
 */
const embeddedKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['User', ['databaseId', 'username']],
  ['Runner', ['databaseId']],
  ['Commit', ['sha']],
  ['Agent', ['databaseId']],
]);

/** Root fields about the caller's credential and its job token, for CI jobs rather than for people. */
const INTERNAL = ['rateLimit', 'currentJob', 'allowedAgents'];

/** What a call to GitLab weighs beside an object (1) and a scalar (0) in the cost specification's defaults. */
const CALL = 5;

/** Fields that make a call of their own. */
const calls = [
  'Query.job',
  'Query.pipeline',
  'Query.resource',
  'Query.currentJob',
  'Query.allowedAgents',
  'Project.job',
  'Project.pipeline',
  'Project.jobs',
  'Pipeline.jobs',
  'Pipeline.bridges',
  'Job.trace',
  'AllowedAgents.job',
  'AllowedAgents.pipeline',
];

/** How long a list is taken to be where no argument says. */
const assumedSizes: Readonly<Record<string, number>> = { 'Query.projects': 10 };

/** Spec and directives that the SDL uses; v2.9 is the first with @cost and @listSize, and old enough for every router. */
export const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag", "@cost", "@listSize"])';

/** The names of all types that remain when fields of a root type are left out. */
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
    // Others may lead to an entity even where we no longer do.
    types: [...entityKeys.keys(), ...embeddedKeys.keys()].flatMap(
      (name) => schema.getType(name) ?? [],
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

function isConnection(field: GraphQLField<unknown, unknown>): boolean {
  const type = getNamedType(field.type);
  const slices = field.args.filter(({ name }) => name === 'first' || name === 'last');
  return slices.length === 2 && isObjectType(type) && 'edges' in type.getFields();
}

function costOf(coordinate: string, field: GraphQLField<unknown, unknown>): string[] {
  // A number in federation, though text in the cost specification that it comes from.
  const cost = calls.includes(coordinate) ? [`@cost(weight: ${CALL})`] : [];
  if (isConnection(field)) {
    const slices = 'slicingArguments: ["first", "last"], requireOneSlicingArgument: false';
    return [...cost, `@listSize(assumedSize: 20, ${slices}, sizedFields: ["edges", "nodes"])`];
  }
  const size = assumedSizes[coordinate];
  return size === undefined ? cost : [...cost, `@listSize(assumedSize: ${size})`];
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
    const directives = keysOf(type.name);
    // What has no identity here may have its twin in another subgraph.
    if (isObjectType(type) && !entityKeys.has(type.name)) directives.push('@shareable');
    if (!readable.has(type.name)) directives.push('@tag(name: "write")');
    else if (!outward.has(type.name)) directives.push('@tag(name: "internal")');
    return directives;
  };
}

function fieldRules(schema: GraphQLSchema) {
  return (type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): string[] => {
    const directives = costOf(`${type.name}.${field.name}`, field);
    if (type === schema.getMutationType()) directives.push('@tag(name: "write")');
    const internal = type === schema.getQueryType() && INTERNAL.includes(field.name);
    if (internal) directives.push('@tag(name: "internal")');
    return directives;
  };
}

/** All directives of a subgraph, by coordinate. */
export function federationDirectives(
  schema: GraphQLSchema,
): ReadonlyMap<string, readonly string[]> {
  const types = Object.values(schema.getTypeMap());
  const onType = typeRules(schema);
  const onField = fieldRules(schema);
  return new Map([
    ...types.map((type) => [type.name, onType(type)] as const),
    ...types
      .filter(isObjectType)
      .flatMap((type) => Object.values(type.getFields()).map((field) => [type, field] as const))
      .map(([type, field]) => [`${type.name}.${field.name}`, onField(type, field)] as const),
  ]);
}
