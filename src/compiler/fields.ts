import {
  defaultFieldResolver,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  GraphQLNonNull,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNullableType,
  isLeafType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { argumentReader, fieldsSelected } from '../graphql/selection.ts';
import { completer, concatenate, failBeside, type WriteObject } from './complete.ts';
import { leafWriter } from './leaf.ts';
import { isPromise, orLater, type Path, type Run, recover, type Text } from './run.ts';

/** The operation that fields are compiled for. */
export interface Scope {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  /** The variables that decide what is included. */
  readonly conditions: Readonly<Record<string, unknown>>;
}

type Field = GraphQLField<unknown, unknown>;
type Nodes = readonly [FieldNode, ...FieldNode[]];

/** What the resolver learns of its field: all but `path`, which none of ours looks at. The same for all runs, unless there are variables. */
function infoOf(field: { definition: Field; nodes: Nodes; on: GraphQLObjectType }, scope: Scope) {
  const { schema, fragments, operation } = scope;
  const make = ({ variableValues }: Run) =>
    ({
      fieldName: field.definition.name,
      fieldNodes: field.nodes,
      returnType: field.definition.type,
      parentType: field.on,
      rootValue: undefined,
      ...{ schema, fragments, operation, variableValues },
    }) as unknown as GraphQLResolveInfo;
  if (operation.variableDefinitions?.length) {
    return (run: Run) => {
      const known = run.infos.get(field) ?? make(run);
      run.infos.set(field, known);
      return known;
    };
  }
  let only: GraphQLResolveInfo | undefined;
  return (run: Run) => {
    only ??= make(run);
    return only;
  };
}

/** Objects are written as is selected on their type; which types come is seen when they do. */
function objectWriters(nodes: Nodes, scope: Scope) {
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  const writers = new Map<GraphQLObjectType, WriteObject>();
  return (type: GraphQLObjectType): WriteObject => {
    const known = writers.get(type) ?? objectWriter(sets, type, scope);
    writers.set(type, known);
    return known;
  };
}

/** A field of an object, ready to be written. */
type WriteField = (source: unknown, run: Run, above: Path | undefined) => Text;

/** What is known of a field that is selected: the nodes that become one in the answer, and its definition. */
interface Selected {
  readonly nodes: Nodes;
  readonly on: GraphQLObjectType;
  readonly definition: Field;
  /** Its name in the answer. */
  readonly key: string;
}

/** How a field's value is found; those of most take their object alone. */
function reader(field: Selected, scope: Scope): (source: unknown, run: Run) => unknown {
  const { definition, nodes } = field;
  const { resolve = defaultFieldResolver, extensions } = definition;
  const property = extensions['pothosExposedField'];
  if (typeof property === 'string')
    return (source) => (source as Record<string, unknown>)[property];
  if (resolve.length === 1) return resolve as (source: unknown) => unknown;
  const readArguments = argumentReader(definition, nodes[0]);
  const info = infoOf(field, scope);
  return (source, run) =>
    resolve(source, readArguments(run.variableValues), run.context, info(run));
}

/** What a field writes of a leaf that is there, without further ado; undefined for any other value. */
function leafWriterOf({
  definition,
}: Selected): ((value: unknown) => string | undefined) | undefined {
  const leaf = getNullableType(definition.type);
  if (!isLeafType(leaf)) return undefined;
  const write = leafWriter(leaf);
  const whenNull = leaf === definition.type ? 'null' : undefined;
  return (value) => {
    if (value === null || value === undefined) return whenNull;
    return typeof value === 'object' ? undefined : write(value);
  };
}

function definedWriter(field: Selected, scope: Scope): WriteField {
  const { definition, nodes, on, key } = field;
  const { type } = definition;
  const read = reader(field, scope);
  const writeLeaf = leafWriterOf(field);
  const recovery = { nodes, nullable: !(type instanceof GraphQLNonNull) };
  const complete = completer(type, {
    name: `${on.name}.${definition.name}`,
    info: infoOf(field, scope),
    ...{ nodes, schema: scope.schema, objectWriter: objectWriters(nodes, scope) },
  });
  const pathBelow = (prev: Path | undefined): Path => ({ prev, key, typename: on.name });
  const finish = (value: unknown, run: Run, above: Path | undefined): Text => {
    const path = pathBelow(above);
    if (!isPromise(value)) return orLater(complete(value, run, path), recovery, run, path);
    const later = value.then((settled) => complete(settled, run, path));
    return orLater(later, recovery, run, path);
  };
  return (source, run, above) => {
    try {
      const value = read(source, run);
      return writeLeaf?.(value) ?? finish(value, run, above);
    } catch (error) {
      return recover(error, recovery, run, pathBelow(above));
    }
  };
}

function fieldWriter(nodes: Nodes, on: GraphQLObjectType, scope: Scope): WriteField {
  const [{ name, alias }] = nodes;
  const definition = on.getFields()[name.value];
  if (definition)
    return definedWriter({ nodes, on, definition, key: (alias ?? name).value }, scope);
  // __typename: no other field is on no type.
  const typename = JSON.stringify(on.name);
  return () => typename;
}

/** A field with what stands before its value in the answer. */
interface NamedField {
  readonly head: string;
  readonly write: WriteField;
}

function namedFields(
  sets: readonly SelectionSetNode[],
  on: GraphQLObjectType,
  scope: Scope,
): NamedField[] {
  const { schema, fragments, conditions } = scope;
  const selected = fieldsSelected(sets, on, { schema, fragments, variableValues: conditions });
  return selected.map((nodes, index) => {
    const [{ alias, name }] = nodes;
    const head = `${index > 0 ? ',' : ''}${JSON.stringify((alias ?? name).value)}:`;
    return { head, write: fieldWriter(nodes, on, scope) };
  });
}

/** Decided when the first such object comes: should a condition be null, which may not be, it is that object that fails. */
function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Writes an object's fields, in the order of the selection; those that wait do so side by side. */
export function objectWriter(
  sets: readonly SelectionSetNode[],
  on: GraphQLObjectType,
  scope: Scope,
): WriteObject {
  const fieldsOf = lazily(() => namedFields(sets, on, scope));
  return (source, run, path) => {
    const fields = fieldsOf();
    // Not with the first field: conditions and fragments on other types may leave none.
    let text = '{';
    let parts: Text[] | undefined;
    try {
      for (const { head, write } of fields) {
        const piece = write(source, run, path);
        if (typeof piece === 'string') {
          text += head + piece;
        } else {
          parts ??= [];
          parts.push(text + head, piece);
          text = '';
        }
      }
    } catch (error) {
      return failBeside(error, parts);
    }
    text += '}';
    return parts ? concatenate([...parts, text]) : text;
  };
}

/** The same with one field after another, as the fields of a mutation run. */
export function serialWriter(
  sets: readonly SelectionSetNode[],
  on: GraphQLObjectType,
  scope: Scope,
): WriteObject {
  const fieldsOf = lazily(() => namedFields(sets, on, scope));
  return async (source, run, path) => {
    const fields = fieldsOf();
    let text = '{';
    for (const { head, write } of fields) text += head + (await write(source, run, path));
    return `${text}}`;
  };
}
