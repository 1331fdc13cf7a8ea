import { type ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';

/** Nobody will ever ask for what comes next, so the stream is told. */
function end(stream: AsyncIterable<unknown>): void {
  void stream[Symbol.asyncIterator]().return?.();
}

function endInBatch(result: ExecutionResult): ExecutionResult {
  if (!isAsyncIterable(result)) return result;
  end(result);
  const message = 'A subscription cannot be part of a batch: send it alone.';
  return { errors: [new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } })] };
}

/**
 * Ends subscriptions whose events have no way to their caller: one who takes JSON alone is answered 406, and a batch
 * is one JSON. Yoga leaves their streams as they are, which would be followed, counted and polled for ever.
 */
export function useUnsentStreams(): Plugin {
  return {
    onResultProcess({ result, resultProcessor, setResult }) {
      if (Array.isArray(result)) setResult(result.map(endInBatch));
      else if (isAsyncIterable(result) && !resultProcessor) end(result);
    },
  };
}
