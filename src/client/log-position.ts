import { GatewayError, type Result } from './result.ts';

/*
 * Where a subscription to a log continues: the `endByte` of its last event is the next `afterByte`.
 * The document is not parsed, only split into tokens, so that the client stays small.
 */

const FIELD = 'jobTraceAppended';

/** Strings, comments, names, and all other characters one by one. */
const TOKEN = /"""(?:\\"""|[\s\S])*?"""|"(?:\\.|[^"\\\n])*"|#.*|\w+|[^\s,\uFEFF]/g;

const OPEN = ['(', '[', '{'];
const CLOSE = [')', ']', '}'];

const depthChange = (token = '') => Number(OPEN.includes(token)) - Number(CLOSE.includes(token));

/** Splits a document into its operations and fragments, as tokens. */
function definitionsOf(document: string): string[][] {
  const definitions: string[][] = [];
  let current: string[] = [];
  let depth = 0;
  for (const token of document.match(TOKEN) ?? []) {
    if (token.startsWith('#')) continue;
    current.push(token);
    depth += depthChange(token);
    if (token !== '}' || depth !== 0) continue;
    definitions.push(current);
    current = [];
  }
  return definitions;
}

/** Returns the tokens of a definition's selection set. */
function selectionOf(definition: readonly string[]): readonly string[] {
  let depth = 0;
  const start = definition.findIndex((token) => {
    depth += depthChange(token);
    return token === '{' && depth === 1;
  });
  return definition.slice(start);
}

/** Returns the tokens from the field on, with its alias if it has one; empty if it is not selected. */
function fieldIn(selection: readonly string[]): readonly string[] {
  const at = selection.findIndex((token, index) => {
    const isOtherName = ['$', '.', '@'].includes(selection[index - 1] ?? '');
    return token === FIELD && !isOtherName && selection[index + 1] !== ':';
  });
  if (at < 0) return [];
  return selection.slice(selection[at - 1] === ':' ? at - 2 : at);
}

/** Returns the name of the variable that is the argument `afterByte` of a field. */
function afterByteOf(field: readonly string[]): string | undefined {
  const start = field.indexOf(FIELD) + 1;
  if (field[start] !== '(') return undefined;
  const argumentsOfField = field.slice(start, field.indexOf(')', start));
  const at = argumentsOfField.indexOf('afterByte');
  return at > 0 && argumentsOfField[at + 2] === '$' ? argumentsOfField[at + 3] : undefined;
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
    ([kind, name]) =>
      kind !== 'fragment' && (operationName === undefined || name === operationName),
  );
  const places = [operation ?? [], ...definitions.filter(([kind]) => kind === 'fragment')];
  const field = places.map((place) => fieldIn(selectionOf(place))).find(({ length }) => length > 0);
  if (operation?.[0] !== 'subscription' || !field) return position;
  const variable = afterByteOf(field);
  if (!variable) {
    throw new GatewayError(
      `Pass a variable as \`afterByte\` of \`${FIELD}\`: a log continues there after a lost connection.`,
    );
  }
  const [key = FIELD] = field;
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
