/**
 * The text of an operation, with the types of its result and variables. GraphQL Code Generator
 * creates such documents with `documentMode: 'string'`. For a parsed document (`DocumentNode`),
 * pass `print(document)` of the package `graphql`: the client itself has no GraphQL printer.
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
