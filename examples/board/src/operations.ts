import type { TypedDocumentNode } from '@urql/core';

/** A document from GraphQL Code Generator: a string with the types of its result and variables. */
interface TypedText<T, V> {
  toString(): string;
  __apiType?: (variables: V) => T;
}

/**
 * Converts a generated document to the type from which urql infers result and variables. urql also
 * accepts plain text, so the value is a string.
 */
export function typed<T, V extends Record<string, unknown>>(document: TypedText<T, V>) {
  return document.toString() as unknown as TypedDocumentNode<T, V>;
}
