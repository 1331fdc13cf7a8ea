import { GatewayError, type Result } from './result.ts';

/*
 * Where a subscription to a log continues: the `endByte` of its last event is the next `afterByte`.
 * The document is not parsed, only split into tokens, so that the client stays small.
 */

const FIELD = 'jobTraceAppended';

type Tokens = readonly string[];

/** Strings, comments, names, and all other characters one by one. */
const TOKEN = /"""(?:\\"""|[\s\S])*?"""|"(?:\\.|[^"\\\n])*"|#[^\n\r]*|\w+|[^\s,]/g;

const depthChange = (token = '') => Number('([{'.includes(token)) - Number(')]}'.includes(token));

/** The first token, such as `subscription` or `fragment`; the name; and the selection set. */
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

/** Returns a selection set, and those of the fragments that it spreads. */
function withFragments(selection: Tokens, fragments: Map<string | undefined, Tokens>): Tokens {
  const spread = selection.flatMap((token, index) => {
    const fragment = selection[index - 1] === '.' ? fragments.get(token) : undefined;
    if (!fragment) return [];
    // Once is enough, also if a fragment spreads itself.
    fragments.delete(token);
    return withFragments(fragment, fragments);
  });
  return [...selection, ...spread];
}

/** Returns the index of the field; -1 if it is not selected. */
const indexOfField = (selection: Tokens) =>
  selection.findIndex(
    (token, index) =>
      token === FIELD &&
      selection[index + 1] !== ':' &&
      !'$.@'.includes(selection[index - 1] ?? '$'),
  );

/** Returns the name of the variable that is the argument `afterByte` of a field. */
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
  /** The variables that continue there. */
  variables: Readonly<Record<string, unknown>>;
  /** Takes the position of an event. */
  advance(result: Result<unknown>): void;
}

/**
 * Creates the position of a subscription. Of a subscription that is not to a log it never changes.
 * Throws if the log could not continue after a lost connection.
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
