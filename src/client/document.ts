/**
 * An operation with the types of its result and variables: what GraphQL Code Generator writes with
 * `documentMode: 'string'`, or a `TypedDocumentString`. A document that was parsed is not one,
 * because it would need a printer: pass `print(document)` of `graphql`.
 */
// biome-ignore lint/complexity/noBannedTypes: the class of the generator extends `String`.
export type TypedDocument<Data, Variables> = String & {
  /** Never called; carries the types. */
  __apiType?: (variables: Variables) => Data;
};

/** The text of an operation, with the types of its result and variables. */
export class TypedDocumentString<Data, Variables> extends String {
  declare __apiType?: (variables: Variables) => Data;
}
