import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type GraphQLFieldConfigMap,
  GraphQLObjectType,
  GraphQLSchema,
  Kind,
  parse,
  print,
} from 'graphql';
import type { Context } from '../context/context.ts';
import { printSorted } from '../graphql/print.ts';
import { federationDirectives, LINK } from './directives.ts';
import { entityFields } from './entities.ts';
import { prefixTypes } from './type-prefix.ts';

/*
 * Derives a Federation v2 subgraph from the standalone schema, so that both have the same types and
 * resolvers (docs/decisions/005-subgraph.md).
 */

/**
 * Root fields of every Relay server. The subgraph does not have them. Two subgraphs can both have
 * them only if both mark them as shareable, but no subgraph can find the nodes of another one.
 */
const RELAY_ROOTS = ['node', 'nodes'];

type Fields = GraphQLFieldConfigMap<unknown, Context>;

/** Returns a copy of the schema in which `change` has replaced the fields of the query type. */
function withQuery(schema: GraphQLSchema, change: (fields: Fields) => Fields): GraphQLSchema {
  const { types, ...config } = schema.toConfig();
  const old = schema.getQueryType();
  if (!old) return schema;
  const query = new GraphQLObjectType({ ...old.toConfig(), fields: change(old.toConfig().fields) });
  return new GraphQLSchema({ ...config, query, types: types.filter((type) => type !== old) });
}

/** Returns the schema with `typePrefix` before its type names, and without RELAY_ROOTS. */
function ownGraph(schema: GraphQLSchema, typePrefix = ''): GraphQLSchema {
  const graph = withQuery(schema, (fields) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => !RELAY_ROOTS.includes(name))),
  );
  return typePrefix ? prefixTypes(graph, typePrefix) : graph;
}

function parseDirectives(texts: readonly string[] = []): readonly ConstDirectiveNode[] {
  const [carrier] = parse(`scalar Carrier ${texts.join(' ')}`, { noLocation: true }).definitions;
  return carrier?.kind === Kind.SCALAR_TYPE_DEFINITION ? (carrier.directives ?? []) : [];
}

function printSdl(graph: GraphQLSchema): string {
  const directives = federationDirectives(graph);
  const at = (coordinate: string) => parseDirectives(directives.get(coordinate));
  const decorate = (definition: DefinitionNode): DefinitionNode[] => {
    // A subgraph's SDL uses directives without defining them.
    if (definition.kind === Kind.DIRECTIVE_DEFINITION) return [];
    if (!('name' in definition) || !definition.name) return [definition];
    const name = definition.name.value;
    const applied = [...(definition.directives ?? []), ...at(name)] as ConstDirectiveNode[];
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) {
      return [{ ...definition, directives: applied } as DefinitionNode];
    }
    const fields = definition.fields?.map((field) => ({
      ...field,
      directives: [...(field.directives ?? []), ...at(`${name}.${field.name.value}`)],
    }));
    return [{ ...definition, directives: applied, ...(fields && { fields }) }];
  };
  const { definitions } = parse(printSorted(graph), { noLocation: true });
  const own = print({ kind: Kind.DOCUMENT, definitions: definitions.flatMap(decorate) });
  return `${LINK}\n\n${own}`;
}

/**
 * Returns the subgraph's SDL, for tools that compose subgraphs. It is also the `sdl` of
 * `_service`.
 */
export function printSubgraph(schema: GraphQLSchema, typePrefix?: string): string {
  return printSdl(ownGraph(schema, typePrefix));
}

/** Returns the schema as a Federation v2 subgraph. `typePrefix` is the prefix of its type names. */
export function createSubgraph(
  schema: GraphQLSchema,
  { maxReferences, typePrefix }: { maxReferences: number; typePrefix?: string | undefined },
): GraphQLSchema {
  const graph = ownGraph(schema, typePrefix);
  const machinery = entityFields(graph, { sdl: printSdl(graph), maxReferences });
  return withQuery(graph, (fields) => ({ ...fields, ...machinery }));
}
