import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../context/context.ts';
import { toClientError } from '../graphql/client-errors.ts';
import {
  describe,
  noteResult,
  type Operation,
  startOperation,
} from '../observability/operation.ts';
import { type OperationSpan, startOperationSpan } from '../observability/tracing.ts';
import { mapStream } from '../util/streams.ts';

/** Who is told of operations. */
export interface OperationObserver {
  began(): void;
  /** By how many live subscriptions there are more. */
  subscribed(change: 1 | -1): void;
  ended(operation: Operation, durationMs: number): void;
}

/** An operation under way. */
export interface TrackedOperation {
  readonly operation: Operation;
  readonly span: OperationSpan;
  /** Whether its caller is gone. */
  hasLeft(): boolean;
  /** Lets go of what its context holds. */
  release(): void;
  isOver: boolean;
}

type Result = ExecutionResult | AsyncIterable<ExecutionResult>;

/** What an operation begins with. */
export interface Start {
  requestId: string;
  transport: Operation['transport'];
  /** A header of its request. */
  header(name: string): string | null | undefined;
  hasLeft(): boolean;
}

/** Follows operations from their first sign to their last result and tells the observer. */
export interface OperationTracker {
  start(given: Start): TrackedOperation;
  end(running: TrackedOperation): void;
  /** Takes note of an operation that came to nothing. */
  fail(running: TrackedOperation, error: unknown): void;
  /** Takes note of a result; of a stream, gives what is to be sent in its place. */
  record(running: TrackedOperation, result: Result): AsyncIterable<ExecutionResult> | undefined;
}

/** Makes a follower; `now` is in ms. */
export function createOperationTracker(
  observer: OperationObserver,
  now: () => number,
): OperationTracker {
  const start = ({ requestId, transport, header, hasLeft }: Start): TrackedOperation => {
    observer.began();
    return {
      operation: startOperation({ requestId, transport, startedAt: now() }),
      span: startOperationSpan(header),
      hasLeft,
      release() {},
      isOver: false,
    };
  };
  const end = (running: TrackedOperation) => {
    if (running.isOver) return;
    running.isOver = true;
    const { operation, span } = running;
    operation.isAborted = operation.type !== 'subscription' && running.hasLeft();
    // What failed because nobody waited for it any more is no error to tell of.
    if (operation.isAborted) operation.codes.clear();
    running.release();
    observer.ended(operation, now() - operation.startedAt);
    span.end(operation);
  };
  const fail = ({ operation, hasLeft }: TrackedOperation, error: unknown) => {
    if (!hasLeft()) noteResult(operation, { errors: [toClientError(error, () => {})] });
  };

  const settle = (running: TrackedOperation, result: Result) => {
    const { operation } = running;
    if (!isAsyncIterable(result)) {
      noteResult(operation, result);
      end(running);
      return undefined;
    }
    const isLive = operation.type === 'subscription';
    if (isLive) observer.subscribed(1);
    const record = (value: ExecutionResult) => {
      noteResult(operation, value);
      return value;
    };
    return mapStream(result, record, {
      onError: (error) => fail(running, error),
      onEnd() {
        if (isLive) observer.subscribed(-1);
        end(running);
      },
    });
  };
  return { start, end, fail, record: settle };
}

/** What an operation holds is held until its answer has been taken, which a slow reader may put off. */
function releaseOnceSent(res: ServerResponse | undefined, release: () => void): void {
  if (!res || res.closed) release();
  // As many listeners as there are operations in a batch.
  else res.setMaxListeners(0).once('close', release);
}

/**
 * Sees every operation once, from before it is parsed to its last result. What it learns is the log
 * line, the metrics and the span. An operation of HTTP begins with everything that may refuse it; one of
 * a WebSocket, whose messages come in below Yoga's HTTP, when it is about to be parsed.
 */
export function useOperations(deps: {
  follower: OperationTracker;
  /** A request to /graphql was answered without any operation. */
  refused(request: Request, status: number): void;
  requestIdOf(request: Request): string;
}): Plugin {
  const { follower, refused, requestIdOf } = deps;
  const byContext = new WeakMap<object, TrackedOperation>();
  const withOperation = new WeakSet<Request>();

  const begin = (context: object, request: Request, transport: Operation['transport']) => {
    const { headers, signal } = request;
    const running = follower.start({
      requestId: requestIdOf(request),
      transport,
      header: (name) => headers.get(name),
      // Yoga's own signal says so by its reason alone once others were made from it.
      hasLeft: () => signal.aborted || signal.reason !== undefined,
    });
    byContext.set(context, running);
    return running;
  };
  const noteContext = (context: unknown) => {
    const running = byContext.get(context as object);
    if (!running) return;
    const { requestCounter, end, res } = context as Partial<Context> & { res?: ServerResponse };
    running.operation.requestCounter = requestCounter;
    if (end) running.release = () => releaseOnceSent(res, end);
  };

  return {
    instrumentation: {
      async operation({ request, context }, wrapped) {
        withOperation.add(request);
        const running = begin(context, request, 'http');
        try {
          await running.span.run(wrapped);
        } catch (error) {
          follower.fail(running, error);
          follower.end(running);
          throw error;
        }
      },
    },
    onParams({ request, context, paramsHandler, setParamsHandler }) {
      if (byContext.has(context)) return;
      setParamsHandler((payload) =>
        begin(context, request, 'websocket').span.run(() => paramsHandler(payload)),
      );
    },
    onValidate({ context, params }) {
      const running = byContext.get(context);
      if (!running) return;
      describe(running.operation, params.documentAST, context.params?.operationName);
    },
    onExecute: ({ args }) => noteContext(args.contextValue),
    onSubscribe: ({ args }) => noteContext(args.contextValue),
    onExecutionResult({ result, setResult, context }) {
      const running = byContext.get(context);
      if (!running || !result || Array.isArray(result)) return;
      const stream = follower.record(running, result as Parameters<OperationTracker['record']>[1]);
      if (stream) setResult(stream);
    },
    onResponse({ request, response }) {
      if (response.status < 400 || withOperation.has(request)) return;
      if (new URL(request.url).pathname === '/graphql') refused(request, response.status);
    },
  };
}
