import { GraphQLError } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { httpOptionsOf } from '../operation/request-error.ts';
import {
  createRefusal,
  type OperationResponse,
  type ResponseStream,
  writeResponse,
} from '../operation/run.ts';
import { mapStream } from '../util/streams.ts';
import type { ResponseType } from './accept.ts';
import type { Drain } from './drain.ts';
import type { Exchange } from './graphql-request.ts';
import { statusOf } from './graphql-response.ts';
import type { ResponseHeaders } from './response-headers.ts';

/** A result as Yoga serializes it; it reads `extensions.http` for single results only. */
interface YogaResult {
  extensions: { http: { status: number; headers: Record<string, string> } };
  stringify(): string;
}

const toYogaResult = (result: OperationResponse): YogaResult => ({
  extensions: {
    http: {
      // The status that `application/json` has: 200 for some request errors, which are in the body.
      status: statusOf(result.errors, 'application/json'),
      headers: Object.assign({}, ...result.errors.map((error) => httpOptionsOf(error)?.headers)),
    },
  },
  stringify: () => writeResponse(result),
});

function shuttingDown(): OperationResponse {
  const message = 'The gateway is restarting. Subscribe again.';
  return createRefusal([new GraphQLError(message, { extensions: { code: 'SHUTTING_DOWN' } })]);
}

/** Maps a stream for Yoga, and ends it with an error when the process shuts down. */
function toYogaStream(results: ResponseStream, drain: Drain): AsyncIterable<YogaResult> {
  const stream = mapStream(results, toYogaResult, { onEnd: () => stop() });
  const stop = drain.onBegin(() => stream.endWith(toYogaResult(shuttingDown())));
  return stream;
}

interface ServerContext {
  result: YogaResult | AsyncIterable<YogaResult>;
}

export type StreamSender = ReturnType<typeof createStreamSender>;

/**
 * Sends responses as an event stream or as multipart. Yoga implements only these protocols; it
 * neither parses nor executes anything.
 */
export function createStreamSender(headers: ResponseHeaders, drain: Drain) {
  const yoga = createYoga<ServerContext>({
    ...{ graphiql: false, landingPage: false, logging: false, cors: false },
    ...{ maxRequestBodySize: false, parserAndValidationCache: false, maskedErrors: false },
    plugins: [
      {
        onRequestParse({ setRequestParser }) {
          // A placeholder that Yoga accepts. The real parameters have already been read.
          setRequestParser(() => ({ query: '{ __typename }' }));
        },
        onParams({ context, setResult }) {
          setResult((context as unknown as ServerContext).result as never);
        },
      },
    ],
  });
  return {
    send(
      result: OperationResponse | ResponseStream,
      { request, response, requestId }: Exchange,
      type: ResponseType,
    ) {
      const isStream = Symbol.asyncIterator in result;
      if (!isStream) response.once('close', result.release);
      headers.apply(request, response, requestId);
      // Replaces the client's header, because Yoga ignores weights (`q`).
      request.headers.accept = type;
      const yogaResult = isStream ? toYogaStream(result, drain) : toYogaResult(result);
      void yoga.handle(request, response, { result: yogaResult });
    },
  };
}
