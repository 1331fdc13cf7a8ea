import { type ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';

/** The media types that a client takes, in its order; those in another charset than UTF-8 left out. No header: any. */
export function acceptedTypes(accept: string | null | undefined): string[] {
  const items = (accept || '*/*').replace(/\s/g, '').toLowerCase().split(',');
  return items.flatMap((item) => {
    const [type = '', ...parameters] = item.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset='));
    return charset === undefined || charset === 'charset=utf-8' ? type : [];
  });
}

/** What answers come as. */
const TYPES = [
  ...['application/json', 'application/graphql-response+json'],
  ...['text/event-stream', 'multipart/mixed'],
];

function takesAny(accept: string | null): boolean {
  return acceptedTypes(accept).some((accepted) => {
    const [kind, form] = accepted.split('/');
    return TYPES.some((type) => {
      const [itsKind, itsForm] = type.split('/');
      return (kind === '*' || kind === itsKind) && (form === '*' || form === itsForm);
    });
  });
}

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
 * Does nothing for whom no answer would reach. Yoga finds that out when the answer is there: by then a mutation has
 * happened, and a subscription, of which one who takes JSON alone is answered 406, and a batch is one JSON, would be
 * followed, counted and polled for ever.
 */
export function useAcceptableAnswers(): Plugin {
  return {
    onRequestParse({ request }) {
      if (takesAny(request.headers.get('accept'))) return;
      throw new GraphQLError(`Accept must name one of ${TYPES.join(', ')}.`, {
        extensions: { code: 'BAD_REQUEST', http: { status: 406 } },
      });
    },
    onResultProcess({ result, resultProcessor, setResult }) {
      if (Array.isArray(result)) setResult(result.map(endInBatch));
      else if (isAsyncIterable(result) && !resultProcessor) end(result);
    },
  };
}
