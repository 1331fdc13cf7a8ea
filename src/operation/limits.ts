import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Limits } from '../app/config.ts';
import type { Context } from '../context/context.ts';
import { createCostEstimate } from '../graphql/cost.ts';
import { forgetTokens } from '../graphql/places.ts';
import { type DocumentSize, measureDocument } from './document-size.ts';

/*
 * Refuses operations that are too much, before any call to GitLab: by their form once they are
 * parsed and before they are validated, since validation itself takes long for large documents; by
 * their cost once their variables are known.
 */

type FormLimits = DocumentSize;

/** More than any tool needs. */
const MAX_INTROSPECTIONS = 10;
const MAX_NAME_LENGTH = 200;

/** How people name what is limited. */
const names: Readonly<Record<keyof DocumentSize, string>> = {
  depth: 'levels of fields',
  fields: 'fields, with fragments laid out',
  rootFields: 'fields at its root',
  aliases: 'aliases',
  directives: 'directives',
  introspections: 'questions about the schema',
  listItems: 'items in one list',
  nameLength: 'characters of a name',
};

/** The error of whatever is too much. `details` name what would have been enough. */
function tooComplex(message: string, details: Record<string, unknown>): GraphQLError {
  const http = { status: 400, spec: true };
  return new GraphQLError(message, {
    extensions: { code: 'OPERATION_TOO_COMPLEX', ...details, http },
  });
}

function exceeded(limit: string, what: string, most: number): GraphQLError {
  const message = `The operation is too complex: at most ${most} ${what} are allowed.`;
  return tooComplex(message, { limit, max: most });
}

/** Documents that are known to be small enough: Yoga keeps the ones it has parsed. */
const fitting = new WeakMap<DocumentNode, FormLimits>();

function checkForm(document: DocumentNode, limits: FormLimits): GraphQLError | undefined {
  if (fitting.get(document) === limits) return undefined;
  const size = measureDocument(document, limits.listItems);
  const over = (Object.keys(names) as (keyof DocumentSize)[]).find(
    (name) => size[name] > limits[name],
  );
  if (over) return exceeded(over, names[over], limits[over]);
  fitting.set(document, limits);
  return undefined;
}

const LINE_BREAK = /\r\n|[\n\r]/;

/**
 * Refuses a text of more lines than it may have tokens. Breaks are none, so that a text may hold as many as there is
 * room; and for each place that an error names, all before it are counted.
 */
function checkLines(source: string, most: number): void {
  const lines = source.split(LINE_BREAK, most + 1).length;
  if (lines > most) throw exceeded('lines', 'lines', most);
}

/** What the parser's own refusals mean: too many tokens, or nested deeper than it can follow. */
function checkParse(error: unknown, limits: Limits): unknown {
  if (error instanceof RangeError) return exceeded('depth', names.depth, limits.depth);
  const isLong = error instanceof GraphQLError && /\btokens\. Parsing aborted/.test(error.message);
  return isLong ? exceeded('tokens', 'tokens', limits.tokens) : error;
}

/** Deeper values are no input of ours; a value of this depth is still safe to walk. */
const MAX_VALUE_DEPTH = 50;

/** Whether all lists in a value of JSON are short enough, and it is not nested beyond reason. */
function checkValue(value: unknown, most: number, depth = 0): GraphQLError | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_VALUE_DEPTH) return exceeded('depth', 'levels of a variable', MAX_VALUE_DEPTH);
  const items = Object.values(value);
  if (Array.isArray(value) && items.length > most) {
    return exceeded('listItems', names.listItems, most);
  }
  for (const item of items) {
    const error = checkValue(item, most, depth + 1);
    if (error) return error;
  }
  return undefined;
}

/** Estimates by operation: computed once for a document that is kept. */
const estimates = new WeakMap<OperationDefinitionNode, ReturnType<typeof createCostEstimate>>();

function estimateOf(operation: OperationDefinitionNode, { schema, document }: Estimated) {
  const known = estimates.get(operation);
  if (known) return known;
  const fragments = Object.fromEntries(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  const fresh = createCostEstimate(operation, { schema, fragments });
  estimates.set(operation, fresh);
  return fresh;
}

/** The estimate, or 0 for what the executor will refuse anyway. */
function estimate(operation: OperationDefinitionNode, args: Estimated): number {
  const { schema, variableValues, contextValue } = args;
  const definitions = operation.variableDefinitions ?? [];
  const { coerced } = getVariableValues(schema, definitions, variableValues ?? {}, {
    maxErrors: 1,
  });
  if (!coerced) return 0;
  try {
    return estimateOf(operation, args)(coerced, contextValue.webUrls);
  } catch (error) {
    if (error instanceof GraphQLError) return 0;
    throw error;
  }
}

/** What the cost of an operation depends on. */
interface Estimated extends Pick<ExecutionArgs, 'schema' | 'document'> {
  variableValues?: Record<string, unknown> | null | undefined;
  contextValue: Pick<Context, 'webUrls'>;
}

interface Args extends Estimated, Pick<ExecutionArgs, 'operationName'> {
  contextValue: Pick<Context, 'webUrls'> & { request: Request };
}

/** Whether an operation that stands alone keeps to the limits that depend on its variables. */
export function isWithinLimits(
  limits: Limits,
  operation: OperationDefinitionNode,
  args: Estimated,
): boolean {
  const isShort = checkValue(args.variableValues, limits.listItems) === undefined;
  return isShort && estimate(operation, args) <= limits.upstreamCalls;
}

/** Holds operations to limits of form and of cost. Operations in one batch share the limit of calls. */
export function useQueryLimits(limits: Limits): Plugin<Pick<Context, 'webUrls'>> {
  const form: FormLimits = {
    ...limits,
    introspections: MAX_INTROSPECTIONS,
    nameLength: MAX_NAME_LENGTH,
  };
  /** What the operations of a batch cost so far. */
  const spent = new WeakMap<Request, number>();

  function checkCost(operation: OperationDefinitionNode, args: Args): GraphQLError | undefined {
    const { request } = args.contextValue;
    const before = spent.get(request);
    const calls = estimate(operation, args) + (before ?? 0);
    if (before !== undefined) spent.set(request, calls);
    if (calls <= limits.upstreamCalls) return undefined;
    const what = before === undefined ? 'The operation' : 'The batch up to this operation';
    return tooComplex(
      `${what} may take ${calls} calls to GitLab, and ${limits.upstreamCalls} are allowed. Select less, or take smaller pages.`,
      { limit: 'upstreamCalls', max: limits.upstreamCalls, estimatedCalls: calls },
    );
  }

  function check(args: Args): GraphQLError | undefined {
    const operation = getOperationAST(args.document, args.operationName);
    if (!operation) return undefined;
    return checkValue(args.variableValues, limits.listItems) ?? checkCost(operation, args);
  }

  return {
    onRequestParse: ({ request }) => ({
      onRequestParseDone({ requestParserResult }) {
        if (Array.isArray(requestParserResult)) spent.set(request, 0);
      },
    }),
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) => {
        checkLines(typeof source === 'string' ? source : source.body, limits.tokens);
        return parseFn(source, { ...options, maxTokens: limits.tokens });
      });
      return ({ result, replaceParseResult }) => {
        const error =
          result instanceof Error
            ? checkParse(result, limits)
            : result && checkForm(result as DocumentNode, form);
        if (error) replaceParseResult(error);
      };
    },
    onValidate({ params: { documentAST } }) {
      return ({ valid }) => {
        if (valid) forgetTokens(documentAST);
      };
    },
    onExecute({ args, setResultAndStopExecution }) {
      const error = check(args);
      if (error) setResultAndStopExecution({ errors: [error] });
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const error = check(args);
      if (error) setResultAndStopExecution({ errors: [error] });
    },
  };
}
