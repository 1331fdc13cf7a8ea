import {
  type ASTNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLErrorOptions,
  type Source,
  visit,
} from 'graphql';

/*
 * Where the nodes of a document stand. graphql-js keeps all tokens of a document for that, which is most of what a parsed
 * one takes, and counts the lines before a node for each error anew: a field that failed in each row of a list kept the
 * process busy for seconds. Here only those errors are placed that are told.
 */

const PLACE = Symbol('place');

interface Placed {
  [PLACE]?: { readonly source: Source; readonly start: number };
}

/** Lets go of the tokens of a document that is known to be valid. Its text stays, and where its nodes begin. */
export function forgetTokens(document: DocumentNode): void {
  const { loc } = document;
  if (loc?.startToken === undefined) return;
  const { source, start, end } = loc;
  visit(document, {
    enter(node: ASTNode) {
      if (node.loc)
        Object.assign(node, { loc: undefined, [PLACE]: { source, start: node.loc.start } });
    },
  });
  Object.assign(document, { loc: { source, start, end } });
}

/** The error with its places in the document, where its nodes no longer tell them by themselves. */
export function placed(error: GraphQLError): GraphQLError {
  const places = error.nodes?.flatMap((node) => (node as Placed)[PLACE] ?? []) ?? [];
  const [first] = places;
  if (error.locations || !first) return error;
  return remade(error, { source: first.source, positions: places.map(({ start }) => start) });
}

/** The same error at the same place, but for what is changed of it. */
export function remade(
  error: GraphQLError,
  { message = error.message, ...changes }: GraphQLErrorOptions & { message?: string },
): GraphQLError {
  const { nodes = null, source = null, positions = null, path = null } = error;
  const { originalError = null, extensions } = error;
  const same = { nodes, source, positions, path, originalError, extensions };
  return new GraphQLError(message, { ...same, ...changes });
}
