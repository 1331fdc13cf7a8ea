import { GraphQLError } from 'graphql';

/** How a request error is answered over HTTP. */
export interface RequestErrorOptions {
  code: string;
  status: number;
  /** 200 instead of `status` where the response is `application/json` (GraphQL over HTTP, 6.4.1). @default false */
  onlyNewMediaType?: boolean;
  headers?: Readonly<Record<string, string>>;
  /** More members of `extensions`. */
  details?: Record<string, unknown>;
}

/** An error that stops an operation before it is executed. `extensions.http` is read by http/ and never sent. */
export function requestError(message: string, options: RequestErrorOptions): GraphQLError {
  const { code, details, ...http } = options;
  return new GraphQLError(message, { extensions: { code, ...details, http } });
}

/** The HTTP part of a request error; undefined for all other errors. */
export function httpOptionsOf({
  extensions,
}: GraphQLError): Omit<RequestErrorOptions, 'code' | 'details'> | undefined {
  return extensions['http'] as Omit<RequestErrorOptions, 'code' | 'details'> | undefined;
}
