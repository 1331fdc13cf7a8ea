import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  type OperationTypeNode,
} from 'graphql';
import { type Caller, type Context, type ContextDeps, createContext } from '../context/context.ts';
import { createStreamedStrings, type StreamedStrings } from '../context/streamed-strings.ts';
import { CredentialError } from '../gitlab/credential.ts';
import { createCallerCounts } from '../gitlab/known-credentials.ts';
import {
  capErrors,
  formatError,
  toClientError,
  unauthenticated,
} from '../graphql/client-errors.ts';
import { mapStream } from '../util/streams.ts';
import { type CachedOperation, type OperationCache, RequestErrors } from './document-cache.ts';
import { type Batch, checkEstimatedCalls, checkVariables, type Limits } from './limits.ts';
import type { OperationStart, OperationTracker, TrackedOperation } from './operation-tracker.ts';
import { type OperationParams, parseParams, requireQuery } from './params.ts';
import { overloadError } from './request-error.ts';
import { createSharedEvents } from './shared-events.ts';
import type { TrustedDocuments } from './trusted-documents.ts';

/*
 * Each transport (HTTP, WebSocket, MCP) calls `prepare` and `execute` and sends the responses.
 *
 *   prepare: parameters → trusted document → document cache (parse, limits, validate, compile)
 *            → variables → cost
 *   execute: context of the caller → compiled execution, or graphql-js → errors as clients may see
 *            them (client-errors.ts) → response
 */

export interface OperationRequest extends OperationStart {
  /** Parameters as received, unchecked. */
  params: unknown;
  /**
   * Whether the document is the gateway's own. It then need not be in a manifest of trusted
   * documents. @default false
   */
  isOwnDocument?: boolean;
  /** Returns an error if the transport cannot deliver this type of operation. */
  refuseType?(type: OperationTypeNode): GraphQLError | undefined;
  /** Whether the transport replaces the placeholders of long strings in the JSON of a response. */
  streamsStrings?: boolean;
  /**
   * Resolves when the connection can take the next event of a subscription. @default immediately
   */
  ready?(): Promise<void>;
  batch?: Batch | undefined;
}

/** A valid operation with valid variables, ready to be executed. */
export interface PreparedOperation {
  readonly type: OperationTypeNode;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly request: OperationRequest;
  readonly cached: CachedOperation;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The values of `variables` after coercion. */
  readonly variableValues: Readonly<Record<string, unknown>>;
  readonly tracked: TrackedOperation;
}

/** One response. A subscription has one for each event. */
export interface OperationResponse {
  /** JSON of `data`. Undefined if the operation was rejected before its execution. */
  readonly data: string | undefined;
  /**
   * Masked and limited in number, as clients may see them. `extensions.http` is for the transport,
   * and not sent.
   */
  readonly errors: readonly GraphQLError[];
  readonly extensions: Readonly<Record<string, unknown>> | undefined;
  /** How long the caller's cache may keep the response, in seconds; 0 if it must not be cached. */
  readonly maxAge: number;
  /** The long strings for which `data` contains placeholders. */
  readonly strings: StreamedStrings | undefined;
  /** Frees the resources of the operation. Call it after the response was sent. */
  release(): void;
}

/** One response of a subscription. Several subscribers may share it. */
export interface SubscriptionResponse extends OperationResponse {
  /** The whole response as JSON, as `writeResponse` returns it. */
  readonly json: string;
  /**
   * Whether the execution made calls to GitLab, or waited for calls that were already running. The
   * calls of the poll that found the event do not count.
   */
  readonly readMore: boolean;
}

/**
 * The responses of a subscription. `return` ends the stream immediately, even while `next` waits.
 */
export type ResponseStream = AsyncIterableIterator<SubscriptionResponse>;

export interface Operations {
  /** Prepares an operation. Returns a response if the operation is rejected. Never throws. */
  prepare(request: OperationRequest): PreparedOperation | OperationResponse;
  /** Executes a prepared operation. Never rejects. */
  execute(prepared: PreparedOperation): Promise<OperationResponse | ResponseStream>;
}

interface OperationsDeps {
  schema: GraphQLSchema;
  limits: Limits;
  documents: OperationCache;
  trustedDocuments: TrustedDocuments;
  tracker: OperationTracker;
  context: ContextDeps;
  /** Whether error messages may suggest names of the schema. */
  introspection: boolean;
  /** Whether responses of queries and mutations have `extensions.upstream`. */
  upstreamExtension: boolean;
  /** Reports a bug of the gateway. Clients get a masked error. */
  report(bug: unknown): void;
}

/** Returns the JSON of a response. */
export function writeResponse(response: OperationResponse | SubscriptionResponse): string {
  if ('json' in response) return response.json;
  const { data, errors, extensions } = response;
  const members = [
    errors.length > 0 && `"errors":${JSON.stringify(errors.map(formatError))}`,
    data !== undefined && `"data":${data}`,
    extensions && `"extensions":${JSON.stringify(extensions)}`,
  ];
  return `{${members.filter(Boolean).join(',')}}`;
}

const release = () => {};

/** Returns the response of an operation that is rejected without being executed. */
export function createRefusal(errors: readonly GraphQLError[]): OperationResponse {
  return { data: undefined, errors, extensions: undefined, maxAge: 0, strings: undefined, release };
}

/**
 * Creates the context of a caller's operation. Throws UNAUTHENTICATED for a malformed credential.
 */
export function openContext(caller: Caller, deps: ContextDeps): Context {
  try {
    return createContext(caller, deps);
  } catch (error) {
    throw error instanceof CredentialError ? unauthenticated(error.message) : error;
  }
}

/** Maximum errors about variables in a response; graphql-js has the same limit. */
const MAX_VARIABLE_ERRORS = 50;

/**
 * Maximum number of queries and mutations, of all callers together, that are executed or whose
 * response is being sent. Each one takes 20 kB of memory. Subscriptions have their own limit.
 */
const MAX_RUNNING = 4_000;

const tooManyRunning = () =>
  overloadError('The gateway is running as many operations as it can. Send this one again.');

/**
 * An operation with more estimated calls to GitLab than this is compiled at its first use. It may
 * write thousands of rows, and graphql-js would block the event loop meanwhile.
 */
const MAX_CALLS_UNCOMPILED = 5;

const SUGGESTION = / Did you mean .*$/s;

/** Creates the functions with which all transports prepare and execute operations. */
export function createOperations(deps: OperationsDeps): Operations {
  const { schema, limits, documents, trustedDocuments, tracker, introspection } = deps;
  const shareEvents = createSharedEvents<SubscriptionResponse>();
  const { known } = deps.context.transport;
  const running = createCallerCounts({ max: MAX_RUNNING, maxPerCaller: MAX_RUNNING / 2, known });

  const toErrors = (errors: readonly unknown[]): readonly GraphQLError[] =>
    capErrors(errors as readonly GraphQLError[]).map((error) => toClientError(error, deps.report));

  const refuseWith = (tracked: TrackedOperation, errors: readonly unknown[]): OperationResponse => {
    const response = createRefusal(toErrors(errors));
    tracker.record(tracked, response);
    tracker.end(tracked);
    return response;
  };

  /**
   * Coerces variables, estimates the calls to GitLab, and checks the limits that depend on
   * variables. Throws if the variables are invalid or exceed a limit.
   */
  const coerceVariables = (
    cached: CachedOperation,
    variables: Readonly<Record<string, unknown>>,
    batch: Batch | undefined,
  ): { variableValues: Readonly<Record<string, unknown>>; calls: number } => {
    const { document, operation, input } = cached;
    checkVariables(variables, input, limits);
    const usual = cached.coerceUsual(variables);
    const { coerced, errors = [] } = usual
      ? { coerced: usual }
      : getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
          maxErrors: MAX_VARIABLE_ERRORS,
        });
    if (!coerced) {
      for (const error of errors) {
        const http = { status: 400, onlyNewMediaType: true };
        Object.assign(error.extensions, { code: 'BAD_USER_INPUT', http });
        if (!introspection) error.message = error.message.replace(SUGGESTION, '');
      }
      throw new RequestErrors(errors, document);
    }
    const calls = cached.estimateCalls(coerced);
    const costliestArgument = () => cached.costliestArgument(coerced);
    checkEstimatedCalls({ calls, costliestArgument }, limits, batch);
    return { variableValues: coerced, calls };
  };

  const resolveDocument = (params: OperationParams, { isOwnDocument }: OperationRequest) =>
    isOwnDocument
      ? { query: requireQuery(params), isTrusted: true }
      : trustedDocuments.resolve(params);

  const prepare = (request: OperationRequest): PreparedOperation | OperationResponse => {
    const tracked = tracker.start(request);
    let operationName: string | undefined;
    try {
      const params = parseParams(request.params);
      const { variables } = params;
      operationName = params.operationName;
      const requested = resolveDocument(params, request);
      const found = documents.find(requested, operationName);
      const { document, operation } = found;
      tracker.describe(tracked, document, operationName);
      const type = operation.operation;
      const refusal = request.refuseType?.(type);
      if (refusal) throw refusal;
      const { variableValues, calls } = coerceVariables(found, variables, request.batch);
      const cached =
        calls > MAX_CALLS_UNCOMPILED ? documents.findCompiled(requested, operationName) : found;
      return { type, document, operationName, request, cached, variables, variableValues, tracked };
    } catch (error) {
      if (!(error instanceof RequestErrors)) return refuseWith(tracked, [error]);
      tracker.describe(tracked, error.document, operationName);
      return refuseWith(tracked, error.errors);
    }
  };

  const contextOf = ({ request, tracked, type }: PreparedOperation): Context => {
    const { header, signal, ready } = request;
    const streams = request.streamsStrings && type !== 'subscription';
    const caller = {
      ...{ header, signal, ...(ready && { ready }) },
      ...(streams && { streamedStrings: createStreamedStrings() }),
    };
    const context = openContext(caller, deps.context);
    tracked.operation.requestCounter = context.requestCounter;
    return context;
  };

  /** Executes a query or mutation, or one event of a subscription. */
  const executeOnce = async (
    { cached, operationName, variables, variableValues, document }: PreparedOperation,
    context: Context,
    rootValue?: unknown,
  ): Promise<{ data: string; errors: readonly GraphQLError[] }> => {
    if (cached.compiled) return cached.compiled.run(context, variableValues, rootValue);
    const { data, errors = [] }: ExecutionResult = await execute({
      schema,
      document,
      rootValue,
      contextValue: context,
      variableValues: variables,
      operationName,
    });
    return { data: JSON.stringify(data ?? null), errors };
  };

  const toResponse = (
    { type }: PreparedOperation,
    result: { data: string; errors: readonly GraphQLError[] },
    context: Context,
  ): OperationResponse => {
    const errors = toErrors(result.errors);
    const { calls, coalesced, notModified } = context.requestCounter;
    const showsCost = deps.upstreamExtension && type !== 'subscription';
    const isCacheable = type === 'query' && errors.length === 0;
    return {
      data: result.data,
      errors,
      extensions: showsCost ? { upstream: { calls, coalesced, notModified } } : undefined,
      maxAge: isCacheable ? context.freshness.maxAge : 0,
      strings: context.streamedStrings,
      release: context.end,
    };
  };

  /**
   * Counts an operation as running until its context ends. Throws if too many operations, in total
   * or of the caller, are running.
   */
  const countRunning = (context: Context): void => {
    const { end, callerDigest } = context;
    if (running.isFull(callerDigest)) throw tooManyRunning();
    running.change(callerDigest, 1);
    let isRunning = true;
    context.end = () => {
      if (isRunning) running.change(callerDigest, -1);
      isRunning = false;
      end();
    };
  };

  const respond = async (
    prepared: PreparedOperation,
    context: Context,
  ): Promise<OperationResponse> => {
    countRunning(context);
    prepared.tracked.operation.execution = prepared.cached.execution;
    const response = toResponse(prepared, await executeOnce(prepared, context), context);
    tracker.record(prepared.tracked, response);
    tracker.end(prepared.tracked);
    return response;
  };

  const subscribe = async (
    prepared: PreparedOperation,
    context: Context,
  ): Promise<OperationResponse | ResponseStream> => {
    const { document, operationName, variables, cached, tracked } = prepared;
    const source = await createSourceEventStream({
      schema,
      document,
      contextValue: context,
      variableValues: variables,
      operationName,
    });
    if (!(Symbol.asyncIterator in source)) {
      context.end();
      return refuseWith(tracked, source.errors ?? []);
    }
    tracked.operation.execution = cached.execution;
    tracker.subscribed(1);
    const executeEvent = async (event: unknown): Promise<SubscriptionResponse> => {
      const { calls, coalesced } = context.requestCounter;
      const result = await executeOnce(prepared, context, event);
      const after = context.requestCounter;
      const readMore = after.calls > calls || after.coalesced > coalesced;
      const response = { ...toResponse(prepared, result, context), release };
      return { ...response, readMore, json: writeResponse(response) };
    };
    const shareEvent = shareEvents(prepared);
    const toEvent = async (event: unknown) => {
      const response = await shareEvent(event, () => executeEvent(event));
      tracker.record(tracked, response);
      return response;
    };
    return mapStream(source, toEvent, {
      onError: (error) => tracker.fail(tracked, error),
      onEnd() {
        tracker.subscribed(-1);
        tracker.end(tracked);
        context.end();
      },
    });
  };

  return {
    prepare,
    async execute(prepared) {
      const run = prepared.type === 'subscription' ? subscribe : respond;
      let context: Context | undefined;
      try {
        const opened = contextOf(prepared);
        context = opened;
        return await prepared.tracked.span.run(() => run(prepared, opened));
      } catch (error) {
        context?.end();
        return refuseWith(prepared.tracked, [error]);
      }
    },
  };
}
