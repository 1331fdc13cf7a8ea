import {
  type FieldNode,
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
import { leafWriter } from './leaf.ts';
import {
  type Complete,
  isPromise,
  orLater,
  type Path,
  type Run,
  recover,
  type Text,
} from './run.ts';

/** Writes an object that is there. */
export type WriteObject = (source: unknown, run: Run, path: Path | undefined) => Text;

/** What completing needs to know of the field whose value it writes. */
export interface FieldScope {
  /** `Type.field`, for messages. */
  readonly name: string;
  readonly nodes: readonly FieldNode[];
  readonly schema: GraphQLSchema;
  /** How an object of that type is written, with what is selected on it. */
  objectWriter(type: GraphQLObjectType): WriteObject;
  info(run: Run): GraphQLResolveInfo;
}

/** How values of a type are written, from the outside in. */
export function completer(type: GraphQLOutputType, field: FieldScope): Complete {
  if (type instanceof GraphQLNonNull) {
    const inner = present(type.ofType, field);
    return (value, run, path) => {
      if (value != null) return inner(value, run, path);
      throw new Error(`Cannot return null for non-nullable field ${field.name}.`);
    };
  }
  const inner = present(type, field);
  return (value, run, path) => (value == null ? 'null' : inner(value, run, path));
}

/** The same for a value that is there. */
function present(type: GraphQLOutputType, field: FieldScope): Complete {
  if (type instanceof GraphQLList) return listCompleter(type, field);
  const write = single(type, field);
  return (value, run, path) => {
    if (value instanceof Error) throw value;
    return write(value, run, path);
  };
}

function single(type: GraphQLOutputType, field: FieldScope): Complete {
  if (isLeafType(type)) return leafWriter(type);
  if (isAbstractType(type)) return abstractCompleter(type, field);
  if (type instanceof GraphQLObjectType) return field.objectWriter(type);
  throw new TypeError(`${field.name} has a type that cannot be written.`);
}

/** Puts texts together, in order, once all are there. Not by `join`, which would copy them at each level. */
export async function concatenate(parts: readonly Text[]): Promise<string> {
  let whole = '';
  for (const text of await Promise.all(parts)) whole += text;
  return whole;
}

/**
 * Fails, once what is under way beside it has settled: so nothing is left whose own failure nobody would
 * hear of, which would end the process.
 */
export function failBeside(error: unknown, parts: readonly Text[] | undefined): Promise<string> {
  if (!parts) throw error;
  return concatenate(parts).finally(() => {
    throw error;
  });
}

function listCompleter(type: GraphQLList<GraphQLOutputType>, field: FieldScope): Complete {
  const complete = completer(type.ofType, field);
  const recovery = { nodes: field.nodes, nullable: !(type.ofType instanceof GraphQLNonNull) };
  const item: Complete = (value, run, path) => {
    try {
      const text = isPromise(value)
        ? value.then((settled) => complete(settled, run, path))
        : complete(value, run, path);
      return orLater(text, recovery, run, path);
    } catch (error) {
      return recover(error, recovery, run, path);
    }
  };
  return (values, run, path) => {
    if (values instanceof Error) throw values;
    if (!Array.isArray(values)) {
      throw new GraphQLError(`Expected a list, but did not find one for field "${field.name}".`);
    }
    return writeList(values, (value, key) =>
      item(value, run, { prev: path, key, typename: undefined }),
    );
  };
}

function writeList(
  values: readonly unknown[],
  write: (value: unknown, index: number) => Text,
): Text {
  let text = '[';
  let parts: Text[] | undefined;
  try {
    for (let index = 0; index < values.length; index += 1) {
      if (index > 0) text += ',';
      const piece = write(values[index], index);
      if (typeof piece === 'string') {
        text += piece;
      } else {
        parts ??= [];
        parts.push(text, piece);
        text = '';
      }
    }
  } catch (error) {
    return failBeside(error, parts);
  }
  text += ']';
  return parts ? concatenate([...parts, text]) : text;
}

function abstractCompleter(type: GraphQLAbstractType, field: FieldScope): Complete {
  const { resolveType } = type;
  if (!resolveType) throw new TypeError(`${type.name} cannot tell the types of its values.`);
  const write = (name: unknown, value: unknown, run: Run, path: Path): Text => {
    const found = typeof name === 'string' ? field.schema.getType(name) : undefined;
    if (!isObjectType(found) || !field.schema.isSubType(type, found)) {
      throw new GraphQLError(
        `${type.name} was found to be "${String(name)}" at ${field.name}, which it cannot be.`,
      );
    }
    return field.objectWriter(found)(value, run, path);
  };
  return (value, run, path) => {
    const name = resolveType(value, run.context, field.info(run), type);
    return isPromise(name)
      ? name.then((later) => write(later, value, run, path))
      : write(name, value, run, path);
  };
}
