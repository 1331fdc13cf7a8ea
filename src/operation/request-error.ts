import { GraphQLError } from 'graphql';

interface HttpOptions {
  status: number;
  /**
   * Whether the status is 200 for a response of type `application/json` (GraphQL over HTTP, 6.4.1).
   * @default false
   */
  onlyNewMediaType?: boolean;
  headers?: Readonly<Record<string, string>>;
}

interface RequestErrorOptions extends HttpOptions {
  code: string;
  /** More members of `extensions`. */
  details?: Record<string, unknown>;
}

/** An error before the execution. `extensions.http` is read by http/ and never sent. */
export function requestError(message: string, options: RequestErrorOptions): GraphQLError {
  const { code, details, ...http } = options;
  return new GraphQLError(message, { extensions: { code, ...details, http } });
}

/** The error of a request that the gateway has no capacity for now. It may be sent again after 1 s. */
export function overloadError(message: string): GraphQLError {
  return requestError(message, {
    code: 'RATE_LIMITED',
    status: 503,
    headers: { 'retry-after': '1' },
    details: { retryAfter: 1 },
  });
}

/** The HTTP part of a request error; undefined for all other errors. */
export function httpOptionsOf({ extensions }: GraphQLError): HttpOptions | undefined {
  return extensions['http'] as HttpOptions | undefined;
}
