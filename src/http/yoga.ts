import { httpOptionsOf } from '../operation/request-error.ts';
import { type OperationResponse, type ResponseStream, writeResponse } from '../operation/run.ts';
import { loadOnce } from '../util/load-once.ts';
import { mapStream } from '../util/streams.ts';
import { APOLLO_MULTIPART, type ResponseType } from './accept.ts';
import { encodeApolloMultipart } from './apollo-multipart.ts';
import type { Drain } from './drain.ts';
import { STREAM_HEADERS, sendEventStream } from './event-stream.ts';
import type { Exchange } from './graphql-request.ts';
import { statusOf } from './graphql-response.ts';
import type { ResponseHeaders } from './response-headers.ts';

/** A result that Yoga can serialize. In a stream, Yoga ignores the `extensions.http` of results. */
interface YogaResult {
  extensions: { http: { status: number; headers: Record<string, string> } };
  stringify(): string;
}

const toYogaResult = (result: OperationResponse): YogaResult => ({
  extensions: {
    http: {
      // The status follows the rules of `application/json`, which has 200 for some request errors.
      status: statusOf(result.errors, 'application/json'),
      headers: Object.assign({}, ...result.errors.map((error) => httpOptionsOf(error)?.headers)),
    },
  },
  stringify: () => writeResponse(result),
});

interface ServerContext {
  result: YogaResult | AsyncIterable<YogaResult>;
  type: ResponseType;
}

export type StreamSender = ReturnType<typeof createStreamSender>;

/** Loads and configures Yoga. */
async function openYoga() {
  const { createYoga } = await import('graphql-yoga');
  return createYoga<ServerContext>({
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
        onResultProcess({ serverContext, setResultProcessor }) {
          const { result, type } = serverContext as unknown as ServerContext;
          if (type !== APOLLO_MULTIPART) return;
          setResultProcessor((_, fetchApi) => encodeApolloMultipart(result, fetchApi), type);
        },
        onResponse({ response }) {
          // Yoga sets `Content-Encoding: none` to prevent buffering, but HTTP does not define that
          // value. Proxies respect STREAM_HEADERS instead.
          response.headers.delete('content-encoding');
          for (const [name, value] of Object.entries(STREAM_HEADERS)) {
            response.headers.set(name, value);
          }
        },
      },
    ],
  });
}

/**
 * Sends responses as an event stream or as multipart. event-stream.ts encodes the event streams of
 * subscriptions. Yoga encodes all other responses, with apollo-multipart.ts for Apollo's multipart
 * protocol. Yoga neither parses nor executes an operation.
 */
export function createStreamSender(headers: ResponseHeaders, drain: Drain) {
  /** Loads Yoga for the first response that needs it: Yoga has more code than the gateway. */
  const loadYoga = loadOnce(openYoga);

  const sendWithYoga = async (
    result: OperationResponse | ResponseStream,
    { request, response }: Exchange,
    type: ResponseType,
  ): Promise<void> => {
    const stream = Symbol.asyncIterator in result ? result : undefined;
    const yoga = await loadYoga().catch(async (error: unknown) => {
      await stream?.return?.();
      throw error;
    });
    if (response.closed) {
      await stream?.return?.();
      return;
    }
    // Replaces the client's Accept header, because Yoga ignores its weights (`q`).
    request.headers.accept = type;
    const yogaResult =
      Symbol.asyncIterator in result ? mapStream(result, toYogaResult) : toYogaResult(result);
    await yoga.handle(request, response, { result: yogaResult, type });
  };

  return {
    /** Rejects, with nothing sent, if Yoga cannot be loaded. */
    async send(
      result: OperationResponse | ResponseStream,
      exchange: Exchange,
      type: ResponseType,
    ): Promise<void> {
      const { request, response, requestId } = exchange;
      const isStream = Symbol.asyncIterator in result;
      if (isStream) drain.breakOff(response);
      else response.once('close', result.release);
      headers.apply(request, response, requestId);
      if (isStream && type === 'text/event-stream') return sendEventStream(result, response);
      return sendWithYoga(result, exchange, type);
    },
  };
}
