import { GraphQLError } from 'graphql';

interface HttpOptions {
  status: number;
  /**
   * Whether `status` applies only to responses of type `application/graphql-response+json`. A
   * response of type `application/json` then has status 200 (GraphQL over HTTP, 6.4.1). @default
   * false
   */
  onlyNewMediaType?: boolean;
  headers?: Readonly<Record<string, string>>;
}

interface RequestErrorOptions extends HttpOptions {
  code: string;
  /** Further members of `extensions`. */
  details?: Record<string, unknown>;
}

/**
 * Returns the error for a request that is not executed. `extensions.http` is for the HTTP server in
 * http/ and is never sent.
 */
export function requestError(message: string, options: RequestErrorOptions): GraphQLError {
  const { code, details, ...http } = options;
  return new GraphQLError(message, { extensions: { code, ...details, http } });
}

/**
 * Returns the error of a request for which the gateway has no capacity now. The caller may retry it
 * after 1 s.
 */
export function overloadError(message: string): GraphQLError {
  return requestError(message, {
    code: 'RATE_LIMITED',
    status: 503,
    headers: { 'retry-after': '1' },
    details: { retryAfter: 1 },
  });
}

/** Returns the HTTP status and headers of a request error; undefined for any other error. */
export function httpOptionsOf({ extensions }: GraphQLError): HttpOptions | undefined {
  return extensions['http'] as HttpOptions | undefined;
}
