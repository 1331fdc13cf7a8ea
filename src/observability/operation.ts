import { createHash } from 'node:crypto';
import { type DocumentNode, type ExecutionResult, getOperationAST, Kind, print } from 'graphql';
import type { RequestCounter } from '../gitlab/request.ts';

/**
 * How an operation was executed, or why graphql-js executed it:
 * - `compiled`: the compiled operation was executed.
 * - `introspection`: graphql-js, because it is an introspection query.
 * - `declined`: graphql-js, because the compiler does not support the operation, it has too many
 *   fields, or compilation is disabled.
 * - `first_use`: graphql-js, because the operation was not used often enough to be compiled.
 */
export type Execution = 'compiled' | 'introspection' | 'declined' | 'first_use';

/** One GraphQL operation as telemetry sees it: the source of its log line, metrics and span. */
export interface Operation {
  readonly requestId: string;
  readonly transport: 'http' | 'websocket' | 'mcp';
  /** Monotonic time in ms. */
  readonly startedAt: number;
  type: 'query' | 'mutation' | 'subscription' | 'unknown';
  name: string | undefined;
  /**
   * First half of the document's SHA-256, in hex. Undefined if no document within the limits could
   * be parsed.
   */
  document: string | undefined;
  /** Undefined if the operation was rejected before its execution. */
  execution: Execution | undefined;
  requestCounter: RequestCounter | undefined;
  /** The distinct `extensions.code` values of the errors. */
  readonly codes: Set<string>;
  hasData: boolean;
  /** Number of results. Only a subscription can have more than one. */
  results: number;
  isAborted: boolean;
}

/** Creates the record of an operation; `describe` and `noteResult` complete it. */
export function startOperation(
  given: Pick<Operation, 'requestId' | 'transport' | 'startedAt'>,
): Operation {
  // Uses no spread, because adding members to a copied object costs V8 4 µs per operation.
  const { requestId, transport, startedAt } = given;
  return {
    requestId,
    transport,
    startedAt,
    type: 'unknown',
    name: undefined,
    document: undefined,
    execution: undefined,
    requestCounter: undefined,
    codes: new Set(),
    hasData: false,
    results: 0,
    isAborted: false,
  };
}

const hashes = new WeakMap<DocumentNode, string>();

/**
 * Returns the first half of a document's SHA-256, in hex. Cached, because many requests share one
 * parsed document.
 */
function hashOf(document: DocumentNode): string {
  const cached = hashes.get(document);
  if (cached !== undefined) return cached;
  const text = document.loc?.source.body ?? print(document);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
  hashes.set(document, hash);
  return hash;
}

/** Records the operation's type and name, and the hash of its document. */
export function describe(
  operation: Operation,
  document: DocumentNode,
  operationName: string | null | undefined,
): void {
  const ast = getOperationAST(document, operationName);
  operation.document = hashOf(document);
  if (ast?.kind !== Kind.OPERATION_DEFINITION) return;
  operation.type = ast.operation;
  operation.name = ast.name?.value.slice(0, 100);
}

/**
 * The form of error codes, such as `NOT_FOUND`. Other values are reported as UNKNOWN, so that no
 * arbitrary text becomes a label value of a metric.
 */
const CODE = /^[A-Z][A-Z_]{2,47}$/;

function codeOf(error: { extensions?: Record<string, unknown> | undefined }): string {
  const code = error.extensions?.['code'];
  return typeof code === 'string' && CODE.test(code) ? code : 'UNKNOWN';
}

/** Records one result: its error codes, and whether a root field has a value. */
export function noteResult(operation: Operation, result: ExecutionResult): void {
  operation.results += 1;
  const values = Object.values(result.data ?? {});
  if (values.some((value) => value !== null)) operation.hasData = true;
  for (const error of result.errors ?? []) operation.codes.add(codeOf(error));
}

/** Returns the outcome. `partial`: data and errors. `aborted`: the caller disconnected. */
export function outcomeOf({ codes, hasData, isAborted }: Operation) {
  if (isAborted) return 'aborted';
  if (codes.size === 0) return 'ok';
  return hasData ? 'partial' : 'error';
}
