import {
  type FieldNode,
  type GraphQLError,
  type GraphQLResolveInfo,
  locatedError,
  responsePathAsArray,
} from 'graphql';
import { MAX_ERRORS } from '../graphql/client-errors.ts';

/** JSON text, or a promise of it. */
export type Json = string | Promise<string>;

/** Path of a value in the response. */
export type Path = GraphQLResolveInfo['path'];

/** One execution of a compiled operation. */
export interface Run {
  readonly context: unknown;
  /** The values of the operation's variables, after coercion. */
  readonly variableValues: Readonly<Record<string, unknown>>;
  /** In the order in which they occurred. */
  readonly errors: GraphQLError[];
  /** Returns the nodes of the field at a path, for the locations of an error. */
  nodesAt(path: Path | undefined): readonly FieldNode[];
  /** The `info` arguments of resolvers, by field. Each one is created at its first use. */
  readonly infos: Map<object, GraphQLResolveInfo>;
  /** The JSON of objects that several other objects share, by writer (compile.ts) and object. */
  readonly keptJson: Map<object, Map<unknown, string>>;
  /** Number of list items that were written so far. */
  itemCount: number;
}

/** Serializes a value that may be null (`CompleteValue` in the GraphQL specification). */
export type Complete = (value: unknown, run: Run, path: Path) => Json;

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | null | undefined)?.then === 'function';
}

/** A field or list item in which an error may occur. */
export interface Recovery {
  /** Whether null may replace the value if there is an error. */
  readonly nullable: boolean;
}

/**
 * Records an error and returns the text `null` if the value is nullable; otherwise throws the
 * error.
 */
export function recover(error: unknown, at: Recovery, run: Run, path: Path | undefined): string {
  const last = run.errors[MAX_ERRORS];
  if (at.nullable && last) {
    // The response shows the first MAX_ERRORS errors, and only the number of the others. `last` is
    // one of the others. It is added again in place of this error, which is cheaper than computing
    // the path and locations of this error.
    run.errors.push(last);
    return 'null';
  }
  const located = locatedError(error, run.nodesAt(path), responsePathAsArray(path));
  if (!at.nullable) throw located;
  run.errors.push(located);
  return 'null';
}

/**
 * Returns the same text, stored in one piece. V8 keeps concatenated text as a tree of its parts,
 * which takes several times the memory. If a promise was pending for a while and then resolves to
 * such a tree, V8 often frees the tree only at the next full garbage collection
 * (docs/performance.md).
 */
export function flatten(json: string): string {
  // V8 flattens a text before it reads a character. JSON contains no NUL; the comparison only keeps
  // the read from being optimized away.
  return json.charCodeAt(0) === 0 ? '' : json;
}

/** Minimum length of a text that is worth flattening, in characters. Shorter text has few parts. */
const MIN_FLATTENED = 1_000;

function flattenLong(json: Json): Json {
  return typeof json === 'string' && json.length >= MIN_FLATTENED ? flatten(json) : json;
}

/** How a value is serialized, and what happens if that fails. */
export interface Completion extends Recovery {
  readonly complete: Complete;
}

/**
 * Serializes a value, or the value of a promise. Throws if `complete` throws for a value that is
 * not a promise.
 *
 * Returns a promise if the value is a promise, or if `complete` returns one. If that promise
 * rejects, the result depends on `at.nullable`:
 * - If true, the error is recorded, and the returned promise resolves to the text `null`.
 * - If false, the returned promise rejects, too.
 */
export function completeValue(value: unknown, at: Completion, run: Run, path: Path): Json {
  const json = isPromise(value)
    ? value.then((settled) => flattenLong(at.complete(settled, run, path)))
    : at.complete(value, run, path);
  return typeof json === 'string' ? json : json.catch((error) => recover(error, at, run, path));
}
