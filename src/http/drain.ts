import type { ServerResponse } from 'node:http';
import { type ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { createEndableStream } from '../util/streams.ts';

/** The end of a process's work: what runs may finish, and nothing new begins. */
export interface Drain {
  readonly isDraining: boolean;
  /** Begins it. Again: changes nothing. */
  begin(): void;
  /** Calls back when it begins, or soon if it has begun; what is returned calls that off. */
  onBegin(callback: () => void): () => void;
  /** Counts an answer that is under way. */
  watch(response: ServerResponse): void;
  /** Resolves when none is under way any more. */
  idle(): Promise<void>;
}

/** Nothing ends until `begin` is called. */
export function createDrain(): Drain {
  const callbacks = new Set<() => void>();
  const running = new Set<ServerResponse>();
  const waiting = new Set<() => void>();
  let isDraining = false;

  const finish = (response: ServerResponse) => {
    running.delete(response);
    if (running.size > 0) return;
    for (const resolve of waiting) resolve();
    waiting.clear();
  };

  return {
    get isDraining() {
      return isDraining;
    },
    begin() {
      if (isDraining) return;
      isDraining = true;
      for (const callback of callbacks) callback();
      callbacks.clear();
    },
    onBegin(callback) {
      // A request may have come before it began, and be ready to follow something after.
      if (isDraining) queueMicrotask(callback);
      else callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    watch(response) {
      running.add(response);
      response.once('close', () => finish(response));
    },
    idle() {
      if (running.size === 0) return Promise.resolve();
      return new Promise((resolve) => waiting.add(resolve));
    },
  };
}

/** What those get who come too late, or whose subscription ends with the process. */
function shuttingDown(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'SHUTTING_DOWN' } });
}

const TOO_LATE = JSON.stringify({
  errors: [shuttingDown('The gateway is restarting. Ask again.')],
});

/** What operators ask until the very end. */
const ALWAYS = ['/health', '/ready', '/metrics'];

/**
 * While the process ends: requests are refused, connections closed after their answer, and the
 * subscriptions of HTTP told to come again, each in a last result before it completes. (A WebSocket is
 * closed whole, with a code that says the same.)
 */
export function useDrain(drain: Drain): Plugin {
  /** Operations of HTTP, and those of them that are subscriptions. */
  const ofHttp = new WeakSet<object>();
  const subscribed = new WeakSet<object>();
  return {
    instrumentation: {
      operation({ context }, wrapped) {
        ofHttp.add(context);
        return wrapped();
      },
    },
    onRequest({ url, fetchAPI, endResponse }) {
      if (!drain.isDraining || ALWAYS.includes(url.pathname)) return;
      const headers = { 'Content-Type': 'application/json', 'Retry-After': '1' };
      endResponse(new fetchAPI.Response(TOO_LATE, { status: 503, headers }));
    },
    onSubscribe({ args }) {
      if (ofHttp.has(args.contextValue)) subscribed.add(args.contextValue);
    },
    onExecutionResult({ result, setResult, context }) {
      if (!isAsyncIterable(result) || !subscribed.has(context)) return;
      const source = result as AsyncIterable<ExecutionResult>;
      const stream = createEndableStream(source, () => callOff());
      const callOff = drain.onBegin(() =>
        stream.endWith({ errors: [shuttingDown('The gateway is restarting. Subscribe again.')] }),
      );
      setResult(stream);
    },
    onResponse({ response }) {
      if (drain.isDraining) response.headers.set('Connection', 'close');
    },
  };
}
