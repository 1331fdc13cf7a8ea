import { type DocumentNode, GraphQLError, parse } from 'graphql';
import type { CostlyArgument } from '../graphql/cost-estimate.ts';
import { type DocumentSize, MAX_MERGES, measureDocument } from './document-size.ts';
import { requestError } from './request-error.ts';

/** Limits of an operation. Each limit is the largest value that is allowed. */
export interface Limits
  extends Pick<DocumentSize, 'depth' | 'fields' | 'aliases' | 'rootFields' | 'directives'> {
  /**
   * Maximum calls to GitLab. They are estimated before the first call, and counted during the
   * execution.
   */
  upstreamCalls: number;
  /** Maximum lexical tokens of a document. Also its maximum lines. */
  tokens: number;
  /**
   * Maximum items of one list in an argument or a variable. Also the maximum members of one object
   * in a variable.
   */
  listItems: number;
  bodyBytes: number;
  /** Maximum operations of one batched request; 0 refuses batches. */
  batch: number;
}

/**
 * Maximum sum of introspection fields and of aliases below them, in one operation. GraphiQL, code
 * generators and other tools stay below it.
 */
const MAX_INTROSPECTIONS = 10;
/**
 * Maximum pairs of selections that validation compares. Comparing 60,000 pairs takes 50 ms. A
 * document that spreads 100 fragments with the same ten fields has 54,450.
 */
const MAX_OVERLAPS = 60_000;
const MAX_NAME_LENGTH = 200;
/**
 * Maximum characters of one string. The value of a CI variable may be this long. Ids, paths and
 * refs have smaller limits of their own.
 */
const MAX_TEXT_LENGTH = 65_536;
/**
 * Maximum items in the lists of all arguments together, as a multiple of `listItems`, the limit of
 * one list. A variable counts once for each use. With the default `listItems` of 1,000, an
 * operation can have 5,000 items: parsing so many malformed ids takes 40 ms.
 */
const MAX_FULL_LISTS = 5;
/**
 * Maximum nesting of a variable's value. No input type nests deeper, and recursion to this depth is
 * safe.
 */
const MAX_VARIABLE_DEPTH = 50;

const labels: Readonly<Record<keyof DocumentSize, string>> = {
  depth: 'levels of fields',
  fields: 'fields, with fragments expanded',
  rootFields: 'root fields',
  aliases: 'aliases',
  directives: 'directives',
  introspections: 'introspection fields',
  overlaps: 'pairs of selections with the same name',
  listItems: 'items in one list',
  nameLength: 'characters in a name',
  textLength: 'characters in one text',
  inputItems: 'items in the lists of all arguments',
  merges: 'names and variables in repeated fragments',
};

function tooComplex(message: string, details: Record<string, unknown>): GraphQLError {
  return requestError(message, {
    code: 'OPERATION_TOO_COMPLEX',
    status: 400,
    onlyNewMediaType: true,
    details,
  });
}

function exceeded(limit: string, label: string, max: number): GraphQLError {
  const message = `The operation is too complex: at most ${max} ${label} are allowed.`;
  return tooComplex(message, { limit, max });
}

/**
 * Creates a function that adds up the fields of an operation while its cost is estimated. The
 * function throws OPERATION_TOO_COMPLEX if the sum exceeds the limit of fields. A field below an
 * interface counts once for each object type.
 */
export function createFieldCounter({ fields: max }: Limits): (count: number) => void {
  let fields = 0;
  return (count) => {
    fields += count;
    if (fields > max) throw exceeded('fields', 'fields, counted for each type of object,', max);
  };
}

const LINE_BREAK = /\r\n|[\n\r]/;

/**
 * Maximum lines of a document whose errors get locations. For each error, graphql-js counts the
 * lines before it: 500 errors after 20,000 lines take 1 s of CPU time.
 */
const MAX_LOCATED_LINES = 2_000;
/**
 * Maximum characters of a document whose errors get locations. For each error, graphql-js searches
 * the text before it for line breaks: 500 errors at this length take 25 ms.
 */
const MAX_LOCATED_LENGTH = 100_000;

function toParseError(error: unknown, limits: Limits): unknown {
  // Parsing and measuring are recursive. A stack overflow means that the document is nested too
  // deeply.
  if (error instanceof RangeError) return exceeded('depth', labels.depth, limits.depth);
  if (!(error instanceof GraphQLError)) return error;
  if (/\btokens\. Parsing aborted/.test(error.message)) {
    return exceeded('tokens', 'tokens', limits.tokens);
  }
  const http = { status: 400, onlyNewMediaType: true };
  Object.assign(error.extensions, { code: 'GRAPHQL_PARSE_FAILED', http });
  return error;
}

export type ParsedDocument = ReturnType<typeof parseWithinLimits>;

/**
 * Parses a document and checks its size, before the more expensive validation. Throws
 * OPERATION_TOO_COMPLEX or GRAPHQL_PARSE_FAILED.
 */
export function parseWithinLimits(source: string, limits: Limits) {
  // Line breaks are not tokens, so the limit of tokens does not limit them.
  const lines = source.split(LINE_BREAK, limits.tokens + 1).length;
  if (lines > limits.tokens) throw exceeded('lines', 'lines', limits.tokens);
  let document: DocumentNode;
  let measured: ReturnType<typeof measureDocument>;
  try {
    const noLocation = lines > MAX_LOCATED_LINES || source.length > MAX_LOCATED_LENGTH;
    document = parse(source, { maxTokens: limits.tokens, noLocation });
    measured = measureDocument(document, limits.listItems);
  } catch (error) {
    throw toParseError(error, limits);
  }
  const max: DocumentSize = {
    ...limits,
    introspections: MAX_INTROSPECTIONS,
    overlaps: MAX_OVERLAPS,
    nameLength: MAX_NAME_LENGTH,
    textLength: MAX_TEXT_LENGTH,
    inputItems: limits.listItems * MAX_FULL_LISTS,
    merges: MAX_MERGES,
  };
  const { size, uses } = measured;
  for (const name of Object.keys(labels) as (keyof DocumentSize)[]) {
    if (size[name] > max[name]) throw exceeded(name, labels[name], max[name]);
  }
  return { document, size, uses };
}

/**
 * Checks the number of members, the length of strings, and the nesting of a value before coercion.
 * Returns the number of items in all of its lists. Throws OPERATION_TOO_COMPLEX.
 */
function measureValue(value: unknown, maxItems: number, depth = 0): number {
  if (typeof value === 'string' && value.length > MAX_TEXT_LENGTH) {
    throw exceeded('textLength', labels.textLength, MAX_TEXT_LENGTH);
  }
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_VARIABLE_DEPTH) {
    throw exceeded('depth', 'levels of a variable', MAX_VARIABLE_DEPTH);
  }
  const isList = Array.isArray(value);
  const members: readonly unknown[] = isList ? value : Object.values(value);
  if (members.length > maxItems) {
    const label = isList ? labels.listItems : 'members in one object';
    throw exceeded('listItems', label, maxItems);
  }
  let items = isList ? members.length : 0;
  for (const member of members) items += measureValue(member, maxItems, depth + 1);
  return items;
}

/**
 * Checks the size of variables before coercion, and the number of items in the lists of all
 * arguments. Throws OPERATION_TOO_COMPLEX.
 */
export function checkVariables(
  variables: Readonly<Record<string, unknown>>,
  { uses, size }: Pick<ParsedDocument, 'uses' | 'size'>,
  { listItems }: Limits,
): void {
  const max = listItems * MAX_FULL_LISTS;
  let { inputItems } = size;
  for (const [name, value] of Object.entries(variables)) {
    inputItems += measureValue(value, listItems) * (uses.get(name) ?? 0);
  }
  if (inputItems > max) throw exceeded('inputItems', labels.inputItems, max);
}

/**
 * A batched request. Its operations share the limit of calls to GitLab, so the estimates of the
 * operations are added.
 */
export interface Batch {
  estimatedCalls: number;
}

/**
 * Checks the estimated number of calls to GitLab. Throws OPERATION_TOO_COMPLEX if it exceeds the
 * limit. The error names the argument to lower, if there is one.
 */
export function checkEstimatedCalls(
  { calls: estimate, costliestArgument }: { calls: number; costliestArgument(): Argument },
  { upstreamCalls: max }: Limits,
  batch: Batch | undefined,
): void {
  const calls = estimate + (batch?.estimatedCalls ?? 0);
  if (batch) batch.estimatedCalls = calls;
  if (calls <= max) return;
  const subject = batch ? 'The batch up to this operation' : 'The operation';
  const argument = costliestArgument();
  throw tooComplex(
    `${subject} may take ${calls} calls to GitLab, and ${max} are allowed. ${adviceOf(argument)}`,
    {
      ...{ limit: 'upstreamCalls', max, estimatedCalls: calls },
      ...(argument && { argument: argument.name, field: argument.field }),
    },
  );
}

type Argument = CostlyArgument | undefined;

function adviceOf(argument: Argument): string {
  if (!argument) return 'Select less, or split the operation.';
  const { name, field, isList } = argument;
  const advice = isList ? 'Send fewer items in' : 'Lower';
  return `${advice} \`${name}\` of \`${field.split('.').at(-1)}\` (${field}), or select less.`;
}
