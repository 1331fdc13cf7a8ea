import { GatewayError, type Result } from './result.ts';

/*
 * After a lost connection, makes a subscription to a log continue where it stopped. The document
 * passes a variable as `afterByte`. For the next request, the variable gets the `endByte` of the
 * last event. The document is only split into tokens, because a GraphQL parser would make the
 * client large.
 */

const FIELD = 'jobTraceAppended';

type Tokens = readonly string[];

/**
 * Matches one token: a string, a comment, a name, or any other character except spaces and commas.
 */
const TOKEN = /"""(?:\\"""|[\s\S])*?"""|"(?:\\.|[^"\\\n])*"|#[^\n\r]*|\w+|[^\s,]/g;

const depthChange = (token = '') => Number('([{'.includes(token)) - Number(')]}'.includes(token));

/** An operation or fragment. `kind` is its first token, such as `subscription` or `fragment`. */
type Definition = [kind: string | undefined, name: string | undefined, selection: Tokens];

/** Splits a document into its operations and fragments. */
function definitionsOf(document: string): Definition[] {
  const definitions: Definition[] = [];
  let tokens: string[] = [];
  let start = 0;
  let depth = 0;
  for (const token of document.match(TOKEN) ?? []) {
    if (token.startsWith('#')) continue;
    depth += depthChange(token);
    if (token === '{' && depth === 1) start = tokens.length;
    tokens.push(token);
    if (token !== '}' || depth !== 0) continue;
    const [kind, name] = tokens;
    definitions.push([kind, name, tokens.slice(start)]);
    tokens = [];
  }
  return definitions;
}

/**
 * Returns the tokens of a selection set, followed by the tokens of the fragments that it spreads.
 */
function withFragments(selection: Tokens, fragments: Map<string | undefined, Tokens>): Tokens {
  const spread = selection.flatMap((token, index) => {
    const fragment = selection[index - 1] === '.' ? fragments.get(token) : undefined;
    if (!fragment) return [];
    // Deletes the fragment, because one copy of each fragment is enough. The deletion also ends the
    // recursion if a fragment spreads itself.
    fragments.delete(token);
    return withFragments(fragment, fragments);
  });
  return [...selection, ...spread];
}

/**
 * Returns the index of the field `jobTraceAppended` in a selection set; -1 if it is not selected.
 * An alias, variable, fragment or directive of that name does not count.
 */
const indexOfField = (selection: Tokens) =>
  selection.findIndex(
    (token, index) =>
      token === FIELD &&
      selection[index + 1] !== ':' &&
      !'$.@'.includes(selection[index - 1] ?? '$'),
  );

/**
 * Returns the name of the variable that is passed as `afterByte`; undefined if there is none.
 * `field` has the tokens of the selection from `jobTraceAppended` on.
 */
function afterByteOf(field: Tokens): string | undefined {
  let depth = 0;
  const at = field.findIndex((token, index) => {
    depth += depthChange(token);
    const isArgument = depth === 1 && token === 'afterByte' && field[index + 1] === ':';
    return isArgument || (index > 0 && depth === 0);
  });
  return field[at + 2] === '$' ? field[at + 3] : undefined;
}

/** The position in a log that a subscription has reached. */
export interface LogPosition {
  /** The variables for a request that continues at this position. */
  variables: Readonly<Record<string, unknown>>;
  /** Moves the position to the `endByte` of an event. `result` is the event. */
  advance(result: Result<unknown>): void;
}

/**
 * Creates the position of a subscription. If the operation does not subscribe to a log, the
 * position never changes. Throws if `afterByte` is not a variable, because then the log could not
 * continue after a lost connection.
 */
export function createLogPosition(
  document: string,
  operationName: string | undefined,
  variables: Readonly<Record<string, unknown>>,
): LogPosition {
  const position: LogPosition = { variables, advance() {} };
  const definitions = definitionsOf(document);
  const operation = definitions.find(
    ([kind, name]) => kind === 'subscription' && name === (operationName ?? name),
  );
  const fragments = new Map(
    definitions.filter(([kind]) => kind === 'fragment').map(([, ...fragment]) => fragment),
  );
  const selection = withFragments(operation?.[2] ?? [], fragments);
  const at = indexOfField(selection);
  if (at < 0) return position;
  const variable = afterByteOf(selection.slice(at));
  if (!variable) {
    throw new GatewayError(
      `Pass a variable as \`afterByte\` of \`${FIELD}\`: a log continues there after a lost connection.`,
    );
  }
  const key = (selection[at - 1] === ':' && selection[at - 2]) || FIELD;
  position.advance = ({ data }) => {
    const chunk = (data as Readonly<Record<string, { endByte?: unknown } | undefined>>)[key];
    if (chunk?.endByte === undefined) {
      throw new GatewayError(
        `Select \`endByte\` of \`${FIELD}\`, without an alias: a log continues there after a lost connection.`,
      );
    }
    position.variables = { ...position.variables, [variable]: chunk.endByte };
  };
  return position;
}
