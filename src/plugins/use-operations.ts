import type { DocumentNode, ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Meter } from '../gitlab/call.ts';
import { toClientError } from '../graphql/errors.ts';
import {
  describe,
  noteResult,
  type Operation,
  startOperation,
} from '../observability/operation.ts';
import { type OperationSpan, startOperationSpan } from '../observability/tracing.ts';
import { watchStream } from '../observability/watched-stream.ts';

/** Who is told of operations. */
export interface OperationObserver {
  began(): void;
  /** By how many live subscriptions there are more. */
  subscribed(change: 1 | -1): void;
  ended(operation: Operation, durationMs: number): void;
  /** A request to /graphql was answered without any operation. */
  refused(request: Request, status: number): void;
}

/** An operation under way. */
interface Running {
  readonly operation: Operation;
  readonly span: OperationSpan;
  readonly signal: AbortSignal | undefined;
  isOver: boolean;
}

type Result = ExecutionResult | AsyncIterable<ExecutionResult>;

interface ExecutionArgs {
  document: DocumentNode;
  operationName?: string | null | undefined;
  contextValue?: unknown;
}

const noHeaders = new Headers();

/** Follows operations from their first sign to their last result and tells the observer. */
function createFollower(observer: OperationObserver, now: () => number) {
  const start = (given: {
    requestId: string | undefined;
    transport: Operation['transport'];
    request?: Request | undefined;
  }): Running => {
    const { requestId, transport, request } = given;
    observer.began();
    return {
      operation: startOperation({ requestId, transport, startedAt: now() }),
      span: startOperationSpan(request?.headers ?? noHeaders),
      signal: request?.signal,
      isOver: false,
    };
  };
  const end = (running: Running) => {
    if (running.isOver) return;
    running.isOver = true;
    const { operation, span, signal } = running;
    operation.isAborted ||= operation.type !== 'subscription' && signal?.aborted === true;
    observer.ended(operation, now() - operation.startedAt);
    span.end(operation);
  };
  /** What ends because its caller left has no error to tell of. */
  const fail = ({ operation, signal }: Running, error: unknown) => {
    if (!signal?.aborted) noteResult(operation, { errors: [toClientError(error, () => {})] });
  };

  /** Takes note of a result; of a stream, gives what is to be sent in its place. */
  const settle = (running: Running, result: Result) => {
    const { operation } = running;
    if (!isAsyncIterable(result)) {
      noteResult(operation, result);
      end(running);
      return undefined;
    }
    const isLive = operation.type === 'subscription';
    if (isLive) observer.subscribed(1);
    return watchStream(result, {
      onValue: (value) => noteResult(operation, value),
      onError: (error) => fail(running, error),
      onEnd() {
        if (isLive) observer.subscribed(-1);
        end(running);
      },
    });
  };
  return { start, end, fail, settle };
}

/** Errors as clients see them: on a WebSocket, results are seen here before they are put into words. */
function reworded(result: Result): Result {
  if (isAsyncIterable(result) || !result.errors) return result;
  return { ...result, errors: result.errors.map((error) => toClientError(error, () => {})) };
}

/**
 * Sees every operation once: of HTTP with all that can go wrong before and after it is executed, of a
 * WebSocket (whose messages pass Yoga by) from its execution on. What it learns is the log line, the
 * metrics and the span.
 */
export function useOperations(deps: {
  observer: OperationObserver;
  requestIdOf(request: Request): string;
  now(): number;
}): Plugin {
  const { observer, requestIdOf, now } = deps;
  const follower = createFollower(observer, now);
  const byContext = new WeakMap<object, Running>();
  const withOperation = new WeakSet<Request>();

  /** Whether it is an operation of HTTP, known from its first sign. */
  const isKnown = ({ contextValue }: ExecutionArgs) => {
    const running = byContext.get(contextValue as object);
    if (running) running.operation.meter = (contextValue as { meter: Meter }).meter;
    return running !== undefined;
  };
  const startUnknown = ({ document, operationName, contextValue }: ExecutionArgs) => {
    const running = follower.start({ requestId: undefined, transport: 'websocket' });
    describe(running.operation, document, operationName);
    running.operation.meter = (contextValue as { meter: Meter }).meter;
    const settle = (
      result: unknown,
      setResult: (result: AsyncIterableIterator<ExecutionResult>) => void,
    ) => {
      const stream = follower.settle(running, reworded(result as Result));
      if (stream) setResult(stream);
    };
    return { running, settle };
  };

  return {
    instrumentation: {
      async operation({ request, context }, wrapped) {
        withOperation.add(request);
        const requestId = requestIdOf(request);
        const running = follower.start({ requestId, transport: 'http', request });
        byContext.set(context, running);
        try {
          await running.span.run(wrapped);
        } catch (error) {
          follower.fail(running, error);
          follower.end(running);
          throw error;
        }
      },
    },
    onValidate({ context, params }) {
      const running = byContext.get(context);
      if (!running) return;
      describe(running.operation, params.documentAST, context.params?.operationName);
    },
    onExecute({ args, executeFn, setExecuteFn }) {
      if (isKnown(args)) return undefined;
      const { running, settle } = startUnknown(args);
      setExecuteFn((given) => running.span.run(() => executeFn(given)));
      return { onExecuteDone: ({ result, setResult }) => settle(result, setResult) };
    },
    onSubscribe({ args, subscribeFn, setSubscribeFn }) {
      if (isKnown(args)) return undefined;
      const { running, settle } = startUnknown(args);
      setSubscribeFn((given) => running.span.run(() => subscribeFn(given)));
      return { onSubscribeResult: ({ result, setResult }) => settle(result, setResult) };
    },
    onExecutionResult({ result, setResult, context }) {
      const running = byContext.get(context);
      if (!running || !result || Array.isArray(result)) return;
      const stream = follower.settle(running, result as Result);
      if (stream) setResult(stream);
    },
    onResponse({ request, response }) {
      if (response.status < 400 || withOperation.has(request)) return;
      if (new URL(request.url).pathname === '/graphql') observer.refused(request, response.status);
    },
  };
}
