import { createHash } from 'node:crypto';
import { type DocumentNode, type ExecutionResult, getOperationAST, Kind, print } from 'graphql';
import type { RequestCounter } from '../gitlab/request.ts';

/** How an operation ended: whole, with errors beside data, with errors alone, or left by its caller. */
export type Outcome = 'ok' | 'partial' | 'error' | 'aborted';

/** What is known of one operation; the source of its log line, its metrics and its span. */
export interface Operation {
  readonly requestId: string;
  readonly transport: 'http' | 'websocket';
  /** In ms, by a clock that only goes forward. */
  readonly startedAt: number;
  type: 'query' | 'mutation' | 'subscription' | 'unknown';
  name: string | undefined;
  /** The first half of the document's SHA-256, in hex; undefined where none could be read. */
  document: string | undefined;
  meter: RequestCounter | undefined;
  /** `extensions.code` of its errors, each once. */
  readonly codes: Set<string>;
  hasData: boolean;
  /** Results so far: more than one for a subscription, or where parts are deferred. */
  results: number;
  isAborted: boolean;
}

/** Begins one; what its document says is filled in by `describe`. */
export function startOperation(
  given: Pick<Operation, 'requestId' | 'transport' | 'startedAt'>,
): Operation {
  // Named one by one, not spread: members added to a copy cost V8 4 µs for each operation.
  const { requestId, transport, startedAt } = given;
  return {
    requestId,
    transport,
    startedAt,
    type: 'unknown',
    name: undefined,
    document: undefined,
    meter: undefined,
    codes: new Set(),
    hasData: false,
    results: 0,
    isAborted: false,
  };
}

/** Half a SHA-256 tells documents apart as well as a whole one. */
const HASH_LENGTH = 32;
const hashes = new WeakMap<DocumentNode, string>();

/** The text of a document, as it came where that is known. */
function textOf(document: DocumentNode): string {
  return document.loc?.source.body ?? print(document);
}

/** Parsed documents are shared by all their requests, so each is hashed once. */
function hashOf(document: DocumentNode): string {
  const known = hashes.get(document);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(textOf(document)).digest('hex').slice(0, HASH_LENGTH);
  hashes.set(document, hash);
  return hash;
}

const MAX_NAME = 100;

/** Fills in what a document tells. */
export function describe(
  operation: Operation,
  document: DocumentNode,
  operationName: string | null | undefined,
): void {
  const ast = getOperationAST(document, operationName);
  operation.document = hashOf(document);
  if (ast?.kind !== Kind.OPERATION_DEFINITION) return;
  operation.type = ast.operation;
  operation.name = ast.name?.value.slice(0, MAX_NAME);
}

/** A code that clients and dashboards know; whatever else stands there is not repeated. */
const codeForm = /^[A-Z][A-Z_]{2,47}$/;

function codeOf(error: { extensions?: Record<string, unknown> | undefined }): string {
  const code = error.extensions?.['code'];
  return typeof code === 'string' && codeForm.test(code) ? code : 'UNKNOWN';
}

/** Takes note of one result. */
export function noteResult(operation: Operation, result: ExecutionResult): void {
  operation.results += 1;
  const values = Object.values(result.data ?? {});
  if (values.some((value) => value !== null)) operation.hasData = true;
  for (const error of result.errors ?? []) operation.codes.add(codeOf(error));
}

/** How it stands. */
export function outcomeOf({ codes, hasData, isAborted }: Operation): Outcome {
  if (isAborted) return 'aborted';
  if (codes.size === 0) return 'ok';
  return hasData ? 'partial' : 'error';
}
