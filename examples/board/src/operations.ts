import type { TypedDocumentNode } from '@urql/core';

/** A document that GraphQL Code Generator made: a string that knows its types. */
interface TypedText<T, V> {
  toString(): string;
  __apiType?: (variables: V) => T;
}

/** Lets urql take such a document: it accepts plain text, and this type is how it learns the types. */
export function typed<T, V extends Record<string, unknown>>(document: TypedText<T, V>) {
  return document.toString() as unknown as TypedDocumentNode<T, V>;
}
