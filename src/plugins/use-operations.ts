import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../context.ts';
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
  readonly signal: AbortSignal;
  /** Lets go of what its context holds. */
  release(): void;
  isOver: boolean;
}

type Result = ExecutionResult | AsyncIterable<ExecutionResult>;

/** Whether the caller has left. Yoga's own signal says so by its reason alone once others were made from it. */
function hasLeft(signal: AbortSignal): boolean {
  return signal.aborted || signal.reason !== undefined;
}

/** What an operation holds is held until its answer has been taken, which a slow reader may put off. */
function releaseOnceSent(res: ServerResponse | undefined, release: () => void): void {
  if (!res || res.closed) release();
  // As many listeners as there are operations in a batch.
  else res.setMaxListeners(0).once('close', release);
}

/** Follows operations from their first sign to their last result and tells the observer. */
function createFollower(observer: OperationObserver, now: () => number) {
  const start = (given: {
    requestId: string;
    transport: Operation['transport'];
    request: Request;
  }): Running => {
    const { requestId, transport, request } = given;
    observer.began();
    return {
      operation: startOperation({ requestId, transport, startedAt: now() }),
      span: startOperationSpan(request.headers),
      signal: request.signal,
      release() {},
      isOver: false,
    };
  };
  const end = (running: Running) => {
    if (running.isOver) return;
    running.isOver = true;
    const { operation, span, signal } = running;
    operation.isAborted = operation.type !== 'subscription' && hasLeft(signal);
    // What failed because nobody waited for it any more is no error to tell of.
    if (operation.isAborted) operation.codes.clear();
    running.release();
    observer.ended(operation, now() - operation.startedAt);
    span.end(operation);
  };
  const fail = ({ operation, signal }: Running, error: unknown) => {
    if (!hasLeft(signal)) noteResult(operation, { errors: [toClientError(error, () => {})] });
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

/**
 * Sees every operation once, from before it is parsed to its last result. What it learns is the log
 * line, the metrics and the span. An operation of HTTP begins with everything that may refuse it; one of
 * a WebSocket, whose messages come in below Yoga's HTTP, when it is about to be parsed.
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

  const begin = (context: object, request: Request, transport: Operation['transport']) => {
    const running = follower.start({ requestId: requestIdOf(request), transport, request });
    byContext.set(context, running);
    return running;
  };
  const noteContext = (context: unknown) => {
    const running = byContext.get(context as object);
    if (!running) return;
    const { meter, end, res } = context as Partial<Context> & { res?: ServerResponse };
    running.operation.meter = meter;
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
      const stream = follower.settle(running, result as Result);
      if (stream) setResult(stream);
    },
    onResponse({ request, response }) {
      if (response.status < 400 || withOperation.has(request)) return;
      if (new URL(request.url).pathname === '/graphql') observer.refused(request, response.status);
    },
  };
}
