import { untilAborted } from './abort.ts';
import { type Clock, systemClock } from './clock.ts';
import type { TypedDocument } from './document.ts';
import { GatewayError, networkError, type Result, readResult } from './result.ts';
import { type SubscribeOptions, subscribe } from './subscription.ts';

type Headers = Readonly<Record<string, string>>;

export interface ClientOptions {
  /** The address of the gateway, such as `http://localhost:4000/graphql`. */
  url: string;
  /**
   * Headers of each request, such as `{ 'PRIVATE-TOKEN': token }`. A function is called for each
   * request and each reconnect.
   */
  headers?: Headers | (() => Headers | Promise<Headers>);
  /** @default the global `fetch` */
  fetch?: typeof fetch;
  /** Timers and randomness for subscriptions. @default those of the system */
  clock?: Clock;
}

export interface RequestOptions {
  /** Aborts the request: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** The name of the operation to run, if the document has several. */
  operationName?: string;
  /** The hash of a trusted document, sent instead of its text. */
  documentId?: string;
}

/** The arguments after `document`. `variables` is optional if no variable is required. */
type Rest<Variables, Options> =
  Record<never, never> extends Variables
    ? [variables?: Variables | null, options?: Options]
    : [variables: Variables, options?: Options];

/** Variables of a document that has no TypeScript types. */
// biome-ignore lint/suspicious/noExplicitAny: interfaces are not assignable to a record of unknown.
type AnyVariables = Record<string, any>;

type Send = <Data = unknown, Variables extends AnyVariables = AnyVariables>(
  document: string | TypedDocument<Data, Variables>,
  ...rest: Rest<Variables, RequestOptions>
) => Promise<Result<Data>>;

/** A client of one gateway. */
export interface Client {
  /**
   * Sends a query once, without retries. Resolves with any GraphQL response, including one with
   * errors. Rejects with a `GatewayError` if there is no GraphQL response.
   */
  query: Send;
  /** Sends a mutation once, without retries. Resolves and rejects like `query`. */
  mutate: Send;
  /**
   * Subscribes when the iterator is first read. Reconnects after a lost connection: a log continues
   * at the byte where it stopped, and any other subscription starts again with the current state.
   * The iterator ends when the subscription is complete. It throws a `GatewayError` if the
   * subscription cannot continue.
   */
  subscribe: <Data = unknown, Variables extends AnyVariables = AnyVariables>(
    document: string | TypedDocument<Data, Variables>,
    ...rest: Rest<Variables, SubscribeOptions>
  ) => AsyncIterableIterator<Result<Data>>;
}

const JSON_TYPE = 'application/graphql-response+json';

/** Creates a client of the gateway at `url`. */
export function createClient(client: ClientOptions): Client {
  const { url, headers = {}, clock = systemClock } = client;

  /**
   * Prepares a request. Returns the function that sends it. Throws if the variables cannot be
   * serialized as JSON.
   */
  const createRequest = (
    document: string,
    variables: object | null | undefined,
    { operationName, documentId }: RequestOptions,
    accept: string,
  ) => {
    const query = documentId === undefined ? document : undefined;
    const params = { query, documentId, operationName, variables: variables ?? undefined };
    const body = JSON.stringify(params);
    return async (signal: AbortSignal | undefined) => {
      const own = typeof headers === 'function' ? await headers() : headers;
      return (client.fetch ?? fetch)(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept, ...own },
        body,
        signal: signal ?? null,
      });
    };
  };

  const send: Send = async (document, ...[variables, options = {}]) => {
    const { signal } = options;
    const request = createRequest(String(document), variables, options, JSON_TYPE);
    try {
      return await untilAborted(request(signal).then(readResult<never>), signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw error instanceof GatewayError ? error : networkError(error);
    }
  };

  return {
    query: send,
    mutate: send,
    subscribe: (document, ...[variables, options = {}]) => {
      const text = String(document);
      const request = (current: object) =>
        createRequest(text, current, options, `text/event-stream, ${JSON_TYPE}`);
      return subscribe({ document: text, variables: variables ?? {}, options, clock, request });
    },
  };
}
