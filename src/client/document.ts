/**
 * An operation with the types of its result and variables: the output of GraphQL Code Generator
 * with `documentMode: 'string'`, or a `TypedDocumentString`. A parsed document (`DocumentNode`) is
 * not accepted, because the client has no GraphQL printer: pass `print(document)` of the package
 * `graphql` instead.
 */
// biome-ignore lint/complexity/noBannedTypes: the generator's class extends `String`.
export type TypedDocument<Data, Variables> = String & {
  /** Never called; only holds the types. */
  __apiType?: (variables: Variables) => Data;
};

/** The text of an operation, with the types of its result and variables. */
export class TypedDocumentString<Data, Variables> extends String {
  declare __apiType?: (variables: Variables) => Data;
}
