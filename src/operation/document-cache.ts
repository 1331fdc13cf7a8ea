import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { type CompiledOperation, compile, fragmentsOf } from '../compiler/compile.ts';
import {
  type CostEstimate,
  type CostlyArgument,
  createCostEstimate,
} from '../graphql/cost-estimate.ts';
import type { Variables } from '../graphql/selection.ts';
import type { Execution } from '../observability/operation.ts';
import { createLru } from '../util/lru.ts';
import {
  createFieldCounter,
  type Limits,
  type ParsedDocument,
  parseWithinLimits,
} from './limits.ts';
import { httpOptionsOf, requestError } from './request-error.ts';
import type { RequestedDocument } from './trusted-documents.ts';
import { createUsualCoercion } from './variables.ts';

/**
 * A valid operation, with everything that can be derived from it without the variables of a
 * request.
 */
export interface CachedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** Undefined if graphql-js executes the operation. `execution` says why. */
  readonly compiled: CompiledOperation | undefined;
  readonly execution: Execution;
  /**
   * How often each variable is used, and all metrics of the document. The limit on list items in
   * arguments needs `uses` and `size.inputItems`.
   */
  readonly input: Pick<ParsedDocument, 'uses' | 'size'>;
  /**
   * Returns the coerced variables of usual requests, whose values need no conversion. Otherwise
   * returns undefined: graphql-js must coerce them.
   */
  readonly coerceUsual: ReturnType<typeof createUsualCoercion>;
  /**
   * Estimates the calls to GitLab. `variableValues` are coerced. Returns 0 if an argument is
   * invalid. Throws OPERATION_TOO_COMPLEX if the analysis counts too many fields.
   */
  estimateCalls(variableValues: Variables): number;
  /**
   * Returns the argument that saves the most calls if it is lowered. Undefined if no argument saves
   * calls.
   */
  costliestArgument(variableValues: Variables): CostlyArgument | undefined;
}

/** Caches parsed, validated and compiled operations by document text and operation name. */
export interface OperationCache {
  /**
   * Returns an operation. By default, it is compiled at its second use. Throws the errors of a
   * document that cannot be parsed, is too large, is not valid, or does not contain the operation.
   */
  find(requested: RequestedDocument, operationName: string | undefined): CachedOperation;
  /** Like `find`, but if the operation can be compiled, it is compiled even at its first use. */
  findCompiled(requested: RequestedDocument, operationName: string | undefined): CachedOperation;
}

/**
 * One or more errors of a request. Its document is not valid or does not contain the operation, or
 * its variables are not valid.
 */
export class RequestErrors extends Error {
  override readonly name = 'RequestErrors';
  readonly errors: readonly GraphQLError[];
  readonly document: DocumentNode;

  constructor(errors: readonly GraphQLError[], document: DocumentNode) {
    super('The document, the operation name or the variables are not valid.');
    this.errors = errors;
    this.document = document;
  }
}

/** Maximum estimated memory of all compiled operations. */
const MAX_COMPILED_BYTES = 40_000_000;
const BYTES_PER_OPERATION = 500;
/** Estimated memory of the writer of a field. Aliases with equal selections share writers. */
const BYTES_PER_COMPILED_FIELD = 2_500;
/**
 * Estimated memory of the cost estimate of a field. Aliases do not share cost estimates.
 *
 * This value and BYTES_PER_COMPILED_FIELD were chosen after two measurements: 3.3 MB for an
 * operation with 850 fields, and 8.2 MB for 500 aliases that each select the same six fields.
 */
const BYTES_PER_ESTIMATED_FIELD = 1_500;
/**
 * Estimated memory per character of a document: the text, and the tokens that the AST keeps for
 * error locations.
 */
const BYTES_PER_CHARACTER = 40;
/**
 * Maximum fields of a compiled operation (see `CompiledOperation.fields`). graphql-js executes
 * larger operations, because compiling costs memory per field, and a short document can expand to
 * thousands of fields.
 */
const MAX_COMPILED_FIELDS = 2_500;
/**
 * Maximum total length of the parsed documents in the cache. It is enough for 1,000 documents of
 * 500 characters.
 */
const MAX_PARSED_CHARACTERS = 500_000;
const MAX_COUNTED_OPERATIONS = 10_000;

const hashOf = (key: string) => createHash('sha256').update(key).digest('base64');

interface OperationCacheOptions {
  schema: GraphQLSchema;
  limits: Limits;
  /** Base URLs of GitLab's web pages. The cost of the field `resource(url)` depends on them. */
  webUrls: readonly string[];
  /** Whether documents may use introspection, and validation errors may suggest names. */
  introspection: boolean;
  /** Whether operations are compiled. If not, graphql-js executes all. @default true */
  compiledExecution?: boolean | undefined;
  /** How often an operation is executed by graphql-js before it is compiled. @default 1 */
  compileAfterUses?: number | undefined;
}

/**
 * Caches operations. An operation is compiled at its second use, because compiling a document that
 * is used once costs more than it saves. Trusted documents, subscriptions, and operations that
 * `findCompiled` finds are compiled at their first use.
 */
export function createOperationCache(options: OperationCacheOptions): OperationCache {
  const { schema, limits, webUrls, introspection } = options;
  const { compiledExecution = true, compileAfterUses = 1 } = options;
  const rules = introspection
    ? specifiedRules
    : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const parsed = new LRUCache<string, ParsedDocument>({
    maxSize: MAX_PARSED_CHARACTERS,
    sizeCalculation: (_document, query) => query.length + 1,
  });
  const compiled = new LRUCache<string, CachedOperation & { bytes: number }>({
    maxSize: MAX_COMPILED_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
  });
  /**
   * How often an operation was used, or why it cannot be compiled, by hash of the operation. This
   * cache is separate, so that documents that are used once cannot evict compiled operations.
   */
  const uses = createLru<number | 'introspection' | 'declined'>(MAX_COUNTED_OPERATIONS);

  /** Cost estimates, by operation. Each one is freed together with its parsed document. */
  const estimates = new WeakMap<OperationDefinitionNode, CostEstimate>();

  const parseAndValidate = (query: string): ParsedDocument => {
    const cached = parsed.get(query);
    if (cached) return cached;
    const fresh = parseWithinLimits(query, limits);
    const errors = validate(schema, fresh.document, rules, { hideSuggestions: !introspection });
    if (errors.length > 0) {
      const http = { status: 400, onlyNewMediaType: true };
      for (const { extensions } of errors) {
        Object.assign(extensions, { code: 'GRAPHQL_VALIDATION_FAILED', http });
      }
      throw new RequestErrors(errors, fresh.document);
    }
    parsed.set(query, fresh);
    return fresh;
  };

  const toOperation = (
    { document, size, uses }: ParsedDocument,
    operation: OperationDefinitionNode,
    how: Pick<CachedOperation, 'compiled' | 'execution'>,
  ): CachedOperation => {
    const estimate =
      estimates.get(operation) ??
      createCostEstimate(operation, {
        schema,
        fragments: fragmentsOf(document),
        createFieldCounter: () => createFieldCounter(limits),
      });
    estimates.set(operation, estimate);
    return {
      document,
      operation,
      input: { size, uses },
      coerceUsual: createUsualCoercion(operation),
      ...how,
      estimateCalls(variableValues) {
        try {
          return estimate.calls(variableValues, webUrls);
        } catch (error) {
          if (!(error instanceof GraphQLError) || httpOptionsOf(error)) throw error;
          // An argument is invalid. The execution reports the error at the argument's field.
          return 0;
        }
      },
      costliestArgument: (variableValues) => estimate.costliestArgument(variableValues, webUrls),
    };
  };

  const compileOperation = (
    { document, size }: ParsedDocument,
    operation: OperationDefinitionNode,
  ): CompiledOperation | 'introspection' | 'declined' => {
    if (!compiledExecution) return 'declined';
    if (size.introspections > 0) return 'introspection';
    const made = compile(schema, document, operation);
    const isSmall = made && made.fields <= MAX_COMPILED_FIELDS;
    return isSmall ? made : 'declined';
  };

  /** Compiles an operation, or returns the reason why graphql-js executes it. */
  const compileIfDue = (
    found: ParsedDocument,
    operation: OperationDefinitionNode,
    { key, mustCompile }: { key: string; mustCompile: boolean },
  ): CompiledOperation | 'introspection' | 'declined' | 'first_use' => {
    const hash = hashOf(key);
    const used = uses.get(hash) ?? 0;
    if (typeof used !== 'number') return used;
    const isDue = mustCompile || operation.operation === 'subscription' || used >= compileAfterUses;
    if (!isDue) {
      uses.set(hash, used + 1);
      return found.size.introspections > 0 ? 'introspection' : 'first_use';
    }
    const made = compileOperation(found, operation);
    if (typeof made === 'string') uses.set(hash, made);
    return made;
  };

  const findUncompiled = (
    query: string,
    operationName: string | undefined,
    { key, mustCompile }: { key: string; mustCompile: boolean },
  ): CachedOperation => {
    const found = parseAndValidate(query);
    const { document, size } = found;
    const operation = getOperationAST(document, operationName);
    if (!operation) {
      const error = requestError('Could not determine what operation to execute.', {
        code: 'OPERATION_RESOLUTION_FAILURE',
        status: 400,
        onlyNewMediaType: true,
      });
      throw new RequestErrors([error], document);
    }
    const made = compileIfDue(found, operation, { key, mustCompile });
    if (typeof made === 'string') {
      return toOperation(found, operation, { compiled: undefined, execution: made });
    }
    const cached = toOperation(found, operation, { compiled: made, execution: 'compiled' });
    const bytes =
      BYTES_PER_OPERATION +
      key.length * BYTES_PER_CHARACTER +
      made.fields * BYTES_PER_COMPILED_FIELD +
      size.fields * BYTES_PER_ESTIMATED_FIELD;
    compiled.set(key, Object.assign(cached, { bytes }));
    return cached;
  };

  const find = (query: string, operationName: string | undefined, mustCompile: boolean) => {
    const key = `${JSON.stringify(operationName)} ${query}`;
    return compiled.get(key) ?? findUncompiled(query, operationName, { key, mustCompile });
  };

  return {
    find: ({ query, isTrusted }, operationName) => find(query, operationName, isTrusted),
    findCompiled: ({ query }, operationName) => find(query, operationName, true),
  };
}
