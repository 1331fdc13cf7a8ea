import { type ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Drain } from '../lifecycle/drain.ts';
import { createEndableStream } from '../lifecycle/endable-stream.ts';

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
