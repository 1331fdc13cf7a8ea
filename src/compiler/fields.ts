import {
  defaultFieldResolver,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  GraphQLNonNull,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import {
  argumentReader,
  fieldsSelected,
  responseKeyOf,
  selectionSetsOf,
} from '../graphql/selection.ts';
import { completer, concatenate, failAfter, type WriteObject } from './complete.ts';
import { selectionText } from './equal-selections.ts';
import { leafWriter } from './leaf.ts';
import { completeValue, flatten, type Json, type Path, type Run, recover } from './run.ts';

/** The operation that fields are compiled for. */
export interface Scope {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  /** Values of the variables in `@skip` and `@include`. */
  readonly conditions: Readonly<Record<string, unknown>>;
  /**
   * Whether an execution may write these fields more than once: for each item of a list, for each
   * of several aliases with equal selections, or inside an object that is written more than once.
   */
  readonly isRepeated: boolean;
}

/** Returns the fields that `sets` select on the type `on`. Evaluates `@skip` and `@include`. */
export function selectedFields(
  sets: readonly SelectionSetNode[],
  on: GraphQLObjectType,
  { schema, fragments, conditions }: Scope,
): Nodes[] {
  return fieldsSelected(sets, on, { schema, fragments, variableValues: conditions });
}

type Field = GraphQLField<unknown, unknown>;
type Nodes = readonly [FieldNode, ...FieldNode[]];

/**
 * Returns a function that returns the `info` argument of a resolver, without `path`, for one
 * execution of the operation. If the operation has no variables, all executions share one `info`.
 */
function infoOf(field: { definition: Field; nodes: Nodes; on: GraphQLObjectType }, scope: Scope) {
  const { schema, fragments, operation } = scope;
  const make = ({ variableValues }: Run) =>
    ({
      fieldName: field.definition.name,
      fieldNodes: field.nodes,
      returnType: field.definition.type,
      parentType: field.on,
      rootValue: undefined,
      // Not `...scope`: V8 takes microseconds to add members to an object with a spread.
      schema,
      fragments,
      operation,
      variableValues,
    }) as unknown as GraphQLResolveInfo;
  if (operation.variableDefinitions?.length) {
    return (run: Run) => {
      const info = run.infos.get(field) ?? make(run);
      run.infos.set(field, info);
      return info;
    };
  }
  let shared: GraphQLResolveInfo | undefined;
  return (run: Run) => {
    shared ??= make(run);
    return shared;
  };
}

/** Returns the writer of an object type. */
type ObjectWriters = (type: GraphQLObjectType) => WriteObject;

/**
 * Returns a function that returns the writer of an object type. A writer compiles its fields when
 * it writes its first object. `isShared`: several fields use the writers.
 */
function objectWriters(
  nodes: Nodes,
  { isList, isShared }: { isList: boolean; isShared: boolean },
  scope: Scope,
): ObjectWriters {
  const sets = selectionSetsOf(nodes);
  const writers = new Map<GraphQLObjectType, WriteObject>();
  const inner = isList || isShared ? { ...scope, isRepeated: true } : scope;
  const create = (type: GraphQLObjectType) => {
    const writer = objectWriter(sets, type, inner);
    // The JSON of an object is kept if several repeated objects may contain the object, as several
    // jobs contain one commit. An item of a list is seldom shared, so its JSON is not kept.
    if (isList || !scope.isRepeated) return writer;
    const chosen = lazily(() => (isKeepable(sets, type, scope) ? keepJson(writer) : writer));
    return (source: unknown, run: Run, path: Path | undefined) => chosen()(source, run, path);
  };
  return (type) => {
    const writer = writers.get(type) ?? create(type);
    writers.set(type, writer);
    return writer;
  };
}

/**
 * Returns the object writers of each selected field of an object type. Fields with equal selections
 * share writers, for example 50 aliases that each read a job by id. Separate writers for each alias
 * would not fit into the caches of the processor.
 */
function sharedWriters(
  selected: readonly Nodes[],
  on: GraphQLObjectType,
  scope: Scope,
): ObjectWriters[] {
  const fields = selected.map((nodes) => {
    const definition = on.getFields()[nodes[0].name.value];
    const isList = definition !== undefined && isListType(getNullableType(definition.type));
    return { nodes, isList, text: selectionText(nodes) };
  });
  const counts = new Map<string, number>();
  for (const { text = '' } of fields) counts.set(text, (counts.get(text) ?? 0) + 1);
  const shared = new Map<string, ObjectWriters>();
  return fields.map(({ nodes, isList, text }) => {
    if (text === undefined || counts.get(text) === 1) {
      return objectWriters(nodes, { isList, isShared: false }, scope);
    }
    const key = `${isList} ${text}`;
    const writers = shared.get(key) ?? objectWriters(nodes, { isList, isShared: true }, scope);
    shared.set(key, writers);
    return writers;
  });
}

/**
 * Returns the name of the property that contains the field's value. Undefined if the field has a
 * resolver.
 */
function propertyOf({ extensions }: Field): string | undefined {
  const property = extensions['pothosExposedField'];
  return typeof property === 'string' ? property : undefined;
}

/**
 * Returns whether the JSON of an object depends only on the object, not on arguments or the
 * context. The object then has the same JSON everywhere in the response. Errors differ, because
 * they contain the path.
 */
function dependsOnSourceOnly(
  sets: readonly SelectionSetNode[],
  on: GraphQLObjectType,
  scope: Scope,
): boolean {
  return selectedFields(sets, on, scope).every((nodes) => {
    const definition = on.getFields()[nodes[0].name.value];
    if (!definition) return true;
    const { resolve = defaultFieldResolver, type } = definition;
    if (propertyOf(definition) === undefined && resolve.length !== 1) return false;
    const named = getNamedType(type);
    if (isLeafType(named)) return true;
    return isObjectType(named) && dependsOnSourceOnly(selectionSetsOf(nodes), named, scope);
  });
}

/**
 * Like `dependsOnSourceOnly`, but returns false instead of throwing if a variable in `@skip` or
 * `@include` is null. To throw here would be too early: the directive may be inside an inner
 * object. If the response contains no such object, there is no error.
 */
function isKeepable(...args: Parameters<typeof dependsOnSourceOnly>): boolean {
  try {
    return dependsOnSourceOnly(...args);
  } catch {
    return false;
  }
}

/**
 * Maximum number of objects whose JSON an operation keeps for a field. More would seldom be used
 * again.
 */
const MAX_KEPT = 16;

/**
 * Returns a writer that keeps the JSON of the objects that it writes until the operation ends. So
 * an object that occurs several times is usually serialized once. For example, many jobs of a list
 * contain the same commit object (gitlab/job-json.ts).
 */
function keepJson(write: WriteObject): WriteObject {
  return (source, run, path) => {
    const kept = run.keptJson.get(write) ?? new Map<unknown, string>();
    const known = kept.get(source);
    if (known !== undefined) return known;
    const errorCount = run.errors.length;
    const json = write(source, run, path);
    const isComplete = typeof json === 'string' && run.errors.length === errorCount;
    if (isComplete && kept.size < MAX_KEPT)
      run.keptJson.set(write, kept.set(source, flatten(json)));
    return json;
  };
}

/** Resolves and serializes a field. `parent` is the path of the object that has the field. */
type WriteField = (source: unknown, run: Run, parent: Path | undefined) => Json;

/** A selected field. */
interface Selected {
  /** All field nodes with this response key; their selections are merged. */
  readonly nodes: Nodes;
  readonly on: GraphQLObjectType;
  readonly definition: Field;
  /** The response key: the alias, or the name of the field if it has no alias. */
  readonly key: string;
}

/**
 * Returns the resolver of a field. Prepares arguments and `info` only for a resolver with more than
 * one parameter.
 */
function createResolver(field: Selected, scope: Scope): (source: unknown, run: Run) => unknown {
  const { definition, nodes } = field;
  const { resolve = defaultFieldResolver } = definition;
  const property = propertyOf(definition);
  if (property !== undefined) return (source) => (source as Record<string, unknown>)[property];
  if (resolve.length === 1) return resolve as (source: unknown) => unknown;
  const readArguments = argumentReader(definition, nodes[0]);
  const info = infoOf(field, scope);
  return (source, run) =>
    resolve(source, readArguments(run.variableValues), run.context, info(run));
}

/**
 * Returns a function that writes a leaf field synchronously; undefined if the field is not a leaf.
 * The returned function returns undefined for a value that `completeValue` must handle:
 * - a promise, an error, or any other object
 * - null, if the field is non-null
 */
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

function definedWriter(field: Selected, objectWriter: ObjectWriters, scope: Scope): WriteField {
  const { definition, on, key } = field;
  const { type } = definition;
  const resolve = createResolver(field, scope);
  const writeLeaf = leafWriterOf(field);
  const complete = completer(type, {
    name: `${on.name}.${definition.name}`,
    info: infoOf(field, scope),
    schema: scope.schema,
    objectWriter,
  });
  const completion = { complete, nullable: !(type instanceof GraphQLNonNull) };
  const pathOf = (prev: Path | undefined): Path => ({ prev, key, typename: on.name });
  return (source, run, parent) => {
    try {
      const value = resolve(source, run);
      return writeLeaf?.(value) ?? completeValue(value, completion, run, pathOf(parent));
    } catch (error) {
      return recover(error, completion, run, pathOf(parent));
    }
  };
}

interface NamedField {
  /** JSON before the value: a comma, unless the field is the first one, and the key. */
  readonly head: string;
  readonly write: WriteField;
}

function namedFields(
  sets: readonly SelectionSetNode[],
  on: GraphQLObjectType,
  scope: Scope,
): NamedField[] {
  const selected = selectedFields(sets, on, scope);
  const writers = sharedWriters(selected, on, scope);
  // `__typename` is the only compiled field that no type defines.
  const typename = JSON.stringify(on.name);
  return selected.map((nodes, index) => {
    const [node] = nodes;
    const key = responseKeyOf(node);
    const head = `${index > 0 ? ',' : ''}${JSON.stringify(key)}:`;
    const definition = on.getFields()[node.name.value];
    if (!definition) return { head, write: () => typename };
    const objectWriter = writers[index] as ObjectWriters;
    return { head, write: definedWriter({ nodes, on, definition, key }, objectWriter, scope) };
  });
}

/**
 * Returns a function that calls `make` at its first call and returns the same value from then on.
 * Used while an object is written: if `make` throws because a variable in `@skip` or `@include` is
 * null, the error concerns only that object, not the whole operation.
 */
function lazily<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

/**
 * Returns the function that writes an object. It resolves the fields in parallel, and writes them
 * in the order of the selection.
 */
export function objectWriter(
  sets: readonly SelectionSetNode[],
  on: GraphQLObjectType,
  scope: Scope,
): WriteObject {
  const fieldsOf = lazily(() => namedFields(sets, on, scope));
  return (source, run, path) => {
    const fields = fieldsOf();
    // If `@skip`, `@include` and fragments leave no field, the object is written as `{}`.
    let json = '{';
    let parts: Json[] | undefined;
    try {
      for (const { head, write } of fields) {
        const piece = write(source, run, path);
        if (typeof piece === 'string') {
          json += head + piece;
        } else {
          parts ??= [];
          parts.push(json + head, piece);
          json = '';
        }
      }
    } catch (error) {
      return failAfter(error, parts);
    }
    json += '}';
    return parts ? concatenate([...parts, json]) : json;
  };
}

/**
 * Returns the function that writes the root object of a mutation. It executes the fields one after
 * the other.
 */
export function serialWriter(
  sets: readonly SelectionSetNode[],
  on: GraphQLObjectType,
  scope: Scope,
): WriteObject {
  const fieldsOf = lazily(() => namedFields(sets, on, scope));
  return async (source, run, path) => {
    const fields = fieldsOf();
    let json = '{';
    for (const { head, write } of fields) json += head + (await write(source, run, path));
    return `${json}}`;
  };
}
