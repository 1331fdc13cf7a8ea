import {
  type ASTNode,
  type GraphQLError,
  type GraphQLResolveInfo,
  locatedError,
  responsePathAsArray,
} from 'graphql';
import { MAX_ERRORS } from '../graphql/client-errors.ts';

/** JSON text, now or later. */
export type Text = string | Promise<string>;

/** Where in the answer something stands; undefined at its root. */
export type Path = GraphQLResolveInfo['path'];

/** One execution of a compiled operation. */
export interface Run {
  readonly context: unknown;
  /** Coerced. */
  readonly variableValues: Readonly<Record<string, unknown>>;
  /** What went wrong so far, in the order it was noticed. */
  readonly errors: GraphQLError[];
  /** What resolvers learn of their field, made when first asked for: by field. */
  readonly infos: Map<object, GraphQLResolveInfo>;
}

/** Writes what a field or list holds, which may be null. Throws a located error where it must not be null. */
export type Complete = (value: unknown, run: Run, path: Path) => Text;

/** A value that will be there later. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | null | undefined)?.then === 'function';
}

/** What happens where a value cannot be written: null stands in its place, or in that of what holds it. */
export interface Recovery {
  readonly nodes: readonly ASTNode[];
  readonly nullable: boolean;
}

/** Notes an error and gives null where that is allowed; throws it, with its place, where it is not. */
export function recover(error: unknown, at: Recovery, run: Run, path: Path | undefined): string {
  const last = run.errors[MAX_ERRORS];
  if (at.nullable && last) {
    // It is counted, and no more is told of it.
    run.errors.push(last);
    return 'null';
  }
  const located = locatedError(error, at.nodes, responsePathAsArray(path));
  if (!at.nullable) throw located;
  run.errors.push(located);
  return 'null';
}

/** A text that is there as it is; one that comes later, with null in its place should it fail. */
export function orLater(text: Text, at: Recovery, run: Run, path: Path): Text {
  return typeof text === 'string' ? text : text.catch((error) => recover(error, at, run, path));
}
