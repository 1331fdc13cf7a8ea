import { type DocumentNode, GraphQLError, parse } from 'graphql';
import { type DocumentSize, measureDocument } from './document-size.ts';
import { requestError } from './request-error.ts';

/** Limits of an operation, each inclusive. */
export interface Limits
  extends Pick<DocumentSize, 'depth' | 'fields' | 'aliases' | 'rootFields' | 'directives'> {
  /** Requests to GitLab, estimated before the first and counted while the operation runs. */
  upstreamCalls: number;
  /** Lexical tokens of a document; also the maximum number of its lines. */
  tokens: number;
  /** Items of one list in an argument or a variable. */
  listItems: number;
  bodyBytes: number;
  /** Operations in one batched request; 0 refuses batches. */
  batch: number;
}

/** Introspection fields in a document. GraphiQL, code generators and other tools send fewer. */
const MAX_INTROSPECTIONS = 10;
/**
 * Pairs of selections. Validation of 60,000 takes 50 ms; a document of 100 fragments that share ten
 * fields has 50,000.
 */
const MAX_OVERLAPS = 60_000;
const MAX_NAME_LENGTH = 200;
/** No input type nests deeper; recursion to this depth is safe. */
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

const LINE_BREAK = /\r\n|[\n\r]/;

/**
 * Errors of longer documents have no locations: graphql-js counts the lines before each error,
 * which takes 1 s of CPU for 500 errors after 20,000 lines.
 */
const MAX_LOCATED_LINES = 2_000;

function toParseError(error: unknown, limits: Limits): unknown {
  // Parsing and measuring are recursive: a stack overflow means that the document is nested too deeply.
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
  // Line breaks are not tokens, so a document could have any number of them.
  const lines = source.split(LINE_BREAK, limits.tokens + 1).length;
  if (lines > limits.tokens) throw exceeded('lines', 'lines', limits.tokens);
  let document: DocumentNode;
  let size: DocumentSize;
  try {
    const noLocation = lines > MAX_LOCATED_LINES;
    document = parse(source, { maxTokens: limits.tokens, noLocation });
    size = measureDocument(document, limits.listItems);
  } catch (error) {
    throw toParseError(error, limits);
  }
  const max: DocumentSize = {
    ...limits,
    introspections: MAX_INTROSPECTIONS,
    overlaps: MAX_OVERLAPS,
    nameLength: MAX_NAME_LENGTH,
  };
  for (const name of Object.keys(labels) as (keyof DocumentSize)[]) {
    if (size[name] > max[name]) throw exceeded(name, labels[name], max[name]);
  }
  return { document, size };
}

/** Checks list lengths and nesting of uncoerced variables. Throws OPERATION_TOO_COMPLEX. */
export function checkVariables(value: unknown, maxItems: number, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_VARIABLE_DEPTH) {
    throw exceeded('depth', 'levels of a variable', MAX_VARIABLE_DEPTH);
  }
  const items = Object.values(value);
  if (Array.isArray(value) && items.length > maxItems) {
    throw exceeded('listItems', labels.listItems, maxItems);
  }
  for (const item of items) checkVariables(item, maxItems, depth + 1);
}

/** The operations of one batched request share the limit of calls to GitLab. */
export interface Batch {
  estimatedCalls: number;
}

/** Checks the estimated number of calls to GitLab. Throws OPERATION_TOO_COMPLEX. */
export function checkEstimatedCalls(
  estimate: number,
  { upstreamCalls: max }: Limits,
  batch: Batch | undefined,
): void {
  const calls = estimate + (batch?.estimatedCalls ?? 0);
  if (batch) batch.estimatedCalls = calls;
  if (calls <= max) return;
  const subject = batch ? 'The batch up to this operation' : 'The operation';
  const advice = 'Select less, or take smaller pages.';
  throw tooComplex(
    `${subject} may take ${calls} calls to GitLab, and ${max} are allowed. ${advice}`,
    { limit: 'upstreamCalls', max, estimatedCalls: calls },
  );
}
