import {
  type GraphQLAbstractType,
  GraphQLError,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isObjectType,
} from 'graphql';
import { isSliceOver, shareEventLoop } from '../util/event-loop.ts';
import { leafWriter } from './leaf.ts';
import {
  type Complete,
  completeValue,
  isPromise,
  type Json,
  type Path,
  type Run,
  recover,
} from './run.ts';

/** Serializes an object that is not null. */
export type WriteObject = (source: unknown, run: Run, path: Path | undefined) => Json;

/** The field whose value is serialized. */
export interface FieldScope {
  /** `Type.field`, for error messages. */
  readonly name: string;
  readonly schema: GraphQLSchema;
  /** Returns the function that writes the selected fields of an object type. */
  objectWriter(type: GraphQLObjectType): WriteObject;
  info(run: Run): GraphQLResolveInfo;
}

/**
 * Returns the function that serializes values of `type`. `type` is the field's type, or a type
 * inside it, such as the type of list items.
 */
export function completer(type: GraphQLOutputType, field: FieldScope): Complete {
  if (type instanceof GraphQLNonNull) {
    const inner = nonNullCompleter(type.ofType, field);
    return (value, run, path) => {
      if (value != null) return inner(value, run, path);
      throw new Error(`Cannot return null for non-nullable field ${field.name}.`);
    };
  }
  const inner = nonNullCompleter(type, field);
  return (value, run, path) => (value == null ? 'null' : inner(value, run, path));
}

function nonNullCompleter(type: GraphQLOutputType, field: FieldScope): Complete {
  if (type instanceof GraphQLList) return listCompleter(type, field);
  const write = namedCompleter(type, field);
  return (value, run, path) => {
    if (value instanceof Error) throw value;
    return write(value, run, path);
  };
}

function namedCompleter(type: GraphQLOutputType, field: FieldScope): Complete {
  if (isLeafType(type)) return leafWriter(type);
  if (isAbstractType(type)) return abstractCompleter(type, field);
  if (type instanceof GraphQLObjectType) return field.objectWriter(type);
  throw new TypeError(`${field.name} has a type that is not an output type.`);
}

/**
 * Concatenates JSON after all parts are ready. `Array.join` would copy the text at each level of
 * nesting.
 */
export async function concatenate(parts: readonly Json[]): Promise<string> {
  // Usually only one part is not ready. `Promise.all` would create a promise for each part.
  const isOnePending = parts.filter(isPromise).length === 1;
  const ready = isOnePending ? parts : await Promise.all(parts);
  let whole = '';
  for (const part of ready) whole += isPromise(part) ? await part : part;
  return whole;
}

/**
 * Fails with `error` after all parts are ready, or one of them has rejected. Without this wait, the
 * rejection of a part would be unhandled. If there are no parts, throws `error` immediately.
 */
export function failAfter(error: unknown, parts: readonly Json[] | undefined): Promise<string> {
  if (!parts) throw error;
  return concatenate(parts).finally(() => {
    throw error;
  });
}

function listCompleter(type: GraphQLList<GraphQLOutputType>, field: FieldScope): Complete {
  const completion = {
    complete: completer(type.ofType, field),
    nullable: !(type.ofType instanceof GraphQLNonNull),
  };
  const item: Complete = (value, run, path) => {
    try {
      return completeValue(value, completion, run, path);
    } catch (error) {
      return recover(error, completion, run, path);
    }
  };
  return (values, run, path) => {
    if (values instanceof Error) throw values;
    if (!Array.isArray(values)) {
      throw new GraphQLError(`Expected a list, but did not find one for field "${field.name}".`);
    }
    const write = (value: unknown, key: number) =>
      item(value, run, { prev: path, key, typename: undefined });
    const items = writeItems(values, write, run);
    return typeof items === 'string' ? `[${items}]` : items.then((json) => `[${json}]`);
  };
}

/**
 * An operation writes this number of list items without checking the time. It checks the time
 * before each further item. Most operations have fewer items.
 */
const UNCHECKED_ITEMS = 100;

/**
 * Serializes the items from index `start` on, separated by commas. For an operation with many
 * items, pauses every few milliseconds, so that other work can run.
 */
function writeItems(
  values: readonly unknown[],
  write: (value: unknown, index: number) => Json,
  run: Run,
  start = 0,
): Json {
  let json = '';
  let parts: Json[] | undefined;
  try {
    for (let index = start; index < values.length; index += 1) {
      if (run.itemCount >= UNCHECKED_ITEMS && isSliceOver()) {
        const rest = shareEventLoop().then(() => writeItems(values, write, run, index));
        return concatenate([...(parts ?? []), json, rest]);
      }
      run.itemCount += 1;
      if (index > 0) json += ',';
      const piece = write(values[index], index);
      if (typeof piece === 'string') {
        json += piece;
      } else {
        parts ??= [];
        parts.push(json, piece);
        json = '';
      }
    }
  } catch (error) {
    return failAfter(error, parts);
  }
  return parts ? concatenate([...parts, json]) : json;
}

function abstractCompleter(type: GraphQLAbstractType, field: FieldScope): Complete {
  const { resolveType } = type;
  if (!resolveType) throw new TypeError(`${type.name} has no resolveType.`);
  const write = (name: unknown, value: unknown, run: Run, path: Path): Json => {
    const objectType = typeof name === 'string' ? field.schema.getType(name) : undefined;
    if (!isObjectType(objectType) || !field.schema.isSubType(type, objectType)) {
      throw new GraphQLError(
        `The ${type.name} at ${field.name} cannot be of type "${String(name)}".`,
      );
    }
    return field.objectWriter(objectType)(value, run, path);
  };
  return (value, run, path) => {
    const name = resolveType(value, run.context, field.info(run), type);
    return isPromise(name)
      ? name.then((resolved) => write(resolved, value, run, path))
      : write(name, value, run, path);
  };
}
