import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type GraphQLError, type GraphQLSchema, getVariableValues } from 'graphql';
import type { Limits } from '../app/config.ts';
import type { CompiledOperation, Variables, Written } from '../compiler/compile.ts';
import type { Caller, Context } from '../context/context.ts';
import { createStreamedStrings } from '../context/streamed-strings.ts';
import { capErrors } from '../graphql/client-errors.ts';
import { answerType, isUsual, parseParams, putBack, readBody } from '../http/graphql-request.ts';
import { type Answer, bodyOf, send, sendPieces } from '../http/graphql-response.ts';
import { isFromForeignSite } from '../http/origin.ts';
import { readRequestId } from '../http/request-id.ts';
import { describe } from '../observability/operation.ts';
import type { OperationCache } from './document-cache.ts';
import { isWithinLimits } from './limits.ts';
import type { OperationTracker, TrackedOperation } from './operation-tracker.ts';

/*
 * The short way of a request: what is asked for again and again, by POST and as one JSON, is answered
 * without Yoga's pipeline, whose Request, Response and hooks are most of a small operation's cost. It begins
 * only what is certain to be within all rules of the server; whatever is not, refusals included, goes the
 * general way untouched (docs/decisions/008-compiled-execution.md).
 */

/** What the short way shares with the general one. */
export interface DirectDeps {
  /** The general way. */
  otherwise: RequestListener;
  programs: OperationCache;
  schema: GraphQLSchema;
  limits: Limits;
  /** Sites whose pages may ask. */
  origins: readonly string[];
  webUrls: readonly string[];
  operationTimeoutMs: number;
  follower: OperationTracker;
  isDraining(): boolean;
  /** Throws for headers that hold no credential. */
  createContext(caller: Caller): Context;
  mask(error: unknown): GraphQLError;
  /** Whether answers say what they cost. */
  tellsCost: boolean;
}

/** An operation that may begin. */
interface Asked {
  readonly compiled: CompiledOperation;
  readonly variableValues: Variables;
  readonly type: string;
}

type Header = (name: string) => string | undefined;

const headerOf =
  ({ headers }: IncomingMessage): Header =>
  (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };

const noVariables: Variables = {};

/** Operations without variables, of which it is known whether they keep to the limits. */
const checked = new WeakMap<CompiledOperation, boolean>();

function isWithin(
  compiled: CompiledOperation,
  given: Record<string, unknown>,
  deps: DirectDeps,
): boolean {
  const { operation, document } = compiled;
  const { schema, limits, webUrls } = deps;
  const args = { schema, document, variableValues: given, contextValue: { webUrls } };
  return isWithinLimits(limits, operation, args);
}

/** Coerced variables; undefined for those the operation does not take, or that make it too much. */
function variablesOf(
  compiled: CompiledOperation,
  given: Record<string, unknown> = {},
  deps: DirectDeps,
): Variables | undefined {
  const { variableDefinitions = [] } = compiled.operation;
  // Those nobody asked for are held to the limits too.
  if (variableDefinitions.length === 0 && Object.keys(given).length === 0) {
    const known = checked.get(compiled) ?? isWithin(compiled, {}, deps);
    checked.set(compiled, known);
    return known ? noVariables : undefined;
  }
  const { coerced } = getVariableValues(deps.schema, variableDefinitions, given, { maxErrors: 1 });
  return coerced && isWithin(compiled, given, deps) ? coerced : undefined;
}

/** What a request asks, if it can be answered this way. */
function readAsked(header: Header, body: Buffer, deps: DirectDeps): Asked | undefined {
  const type = answerType(header('accept'));
  if (!type || isFromForeignSite(header, deps.origins)) return undefined;
  const params = parseParams(body);
  const compiled = params && deps.programs.find(params);
  const variableValues = compiled && variablesOf(compiled, params.variables, deps);
  return variableValues && { compiled, variableValues, type };
}

/** Ends when the caller leaves, or the operation's time is over. */
function watchCaller(response: ServerResponse, timeoutMs: number) {
  const controller = new AbortController();
  let hasLeft = false;
  const timer = setTimeout(() => {
    controller.abort(new DOMException('The operation took too long.', 'TimeoutError'));
  }, timeoutMs);
  response.once('close', () => {
    clearTimeout(timer);
    if (response.writableFinished) return;
    hasLeft = true;
    controller.abort();
  });
  return { signal: controller.signal, hasLeft: () => hasLeft };
}

/** How an operation that has run ends, in its log and for its caller. */
function finish(
  running: TrackedOperation,
  written: Written,
  { follower, mask }: Pick<DirectDeps, 'follower' | 'mask'>,
): readonly GraphQLError[] {
  const errors = capErrors(written.errors).map(mask);
  follower.record(running, errors.length > 0 ? { data: JSON.parse(written.data), errors } : {});
  return errors;
}

/** Runs an operation and sends its answer. */
async function answer(
  { compiled, variableValues, type }: Asked,
  exchange: { header: Header; response: ServerResponse; context: Context; hasLeft(): boolean },
  deps: DirectDeps,
): Promise<void> {
  const { header, response, context, hasLeft } = exchange;
  const requestId = readRequestId(header('x-request-id'));
  const running = deps.follower.start({ requestId, transport: 'http', header, hasLeft });
  describe(running.operation, compiled.document, compiled.operation.name?.value);
  running.operation.execution = 'compiled';
  running.operation.requestCounter = context.requestCounter;
  const written = await running.span.run(() => compiled.run(context, variableValues));
  const errors = finish(running, written, deps);
  if (hasLeft()) return;
  const { calls, coalesced, notModified } = context.requestCounter;
  const extensions = deps.tellsCost ? { upstream: { calls, coalesced, notModified } } : undefined;
  const keeps = compiled.operation.operation === 'query' && errors.length === 0;
  const origin = header('origin');
  const about: Answer = {
    type,
    requestId,
    maxAge: keeps ? context.freshness.maxAge : 0,
    origin: origin && deps.origins.includes(origin) ? origin : undefined,
    variesByOrigin: deps.origins.length > 0,
    isLast: deps.isDraining(),
  };
  const body = bodyOf(written.data, errors, extensions);
  const { streamedStrings: longTexts } = context;
  if (longTexts?.count()) sendPieces(response, longTexts.render(body), about);
  else send(response, body, about);
}

/** Answers the usual requests, and hands on all others. */
export function createDirect(deps: DirectDeps): RequestListener {
  const begin = (request: IncomingMessage, response: ServerResponse, body: Buffer): boolean => {
    const header = headerOf(request);
    const asked = orNothing(() => readAsked(header, body, deps));
    if (!asked) return false;
    const { signal, hasLeft } = watchCaller(response, deps.operationTimeoutMs);
    const context = orNothing(() =>
      deps.createContext({
        header,
        signal,
        signalHasTimeout: true,
        streamedStrings: createStreamedStrings(),
      }),
    );
    if (!context) return false;
    response.once('close', context.end);
    answer(asked, { header, response, context, hasLeft }, deps).catch((bug) => {
      deps.mask(bug);
      response.destroy();
    });
    return true;
  };
  return (request, response) => {
    if (deps.isDraining() || !isUsual(request, deps.limits.bodyBytes)) {
      return deps.otherwise(request, response);
    }
    return readBody(request, (body) => {
      if (begin(request, response, body)) return;
      putBack(request, body);
      deps.otherwise(request, response);
    });
  };
}

/** What comes of it; undefined should it fail: the general way, which asks for the same, will say why. */
function orNothing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
