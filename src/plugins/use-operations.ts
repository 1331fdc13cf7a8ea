import type { ServerResponse } from 'node:http';
import type { Plugin } from 'graphql-yoga';
import type { Context } from '../context.ts';
import { describe, type Operation } from '../observability/operation.ts';
import type { Follower, Running } from './follow-operations.ts';

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
  follower: Follower;
  /** A request to /graphql was answered without any operation. */
  refused(request: Request, status: number): void;
  requestIdOf(request: Request): string;
}): Plugin {
  const { follower, refused, requestIdOf } = deps;
  const byContext = new WeakMap<object, Running>();
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
      const stream = follower.settle(running, result as Parameters<Follower['settle']>[1]);
      if (stream) setResult(stream);
    },
    onResponse({ request, response }) {
      if (response.status < 400 || withOperation.has(request)) return;
      if (new URL(request.url).pathname === '/graphql') refused(request, response.status);
    },
  };
}
