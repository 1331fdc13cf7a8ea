/** An error in a GraphQL response. */
export interface ResultError {
  readonly message: string;
  /** The field that failed. */
  readonly path?: readonly (string | number)[];
  readonly extensions?: {
    /** Such as `FORBIDDEN`. */
    readonly code?: string;
    /** Seconds; null if the time is not known. */
    readonly retryAfter?: number | null;
    readonly [name: string]: unknown;
  };
}

/** A GraphQL response. A field that failed is null and has an entry in `errors`. */
export interface Result<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly ResultError[];
  readonly extensions?: {
    /** What the operation cost GitLab, if the gateway has `UPSTREAM_EXTENSION=true`. */
    readonly upstream?: {
      readonly calls: number;
      readonly coalesced: number;
      readonly notModified: number;
    };
    readonly [name: string]: unknown;
  };
}

type GatewayErrorOptions = ErrorOptions &
  Partial<Pick<GatewayError, 'status' | 'retryAfter' | 'isRetryable' | 'errors'>>;

/**
 * The one error of the client: there is no GraphQL response, or a subscription cannot go on.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  /** The status of the HTTP response; undefined if there was none. */
  declare readonly status: number | undefined;
  /** Seconds to wait before another try; undefined if the server did not say. */
  declare readonly retryAfter: number | undefined;
  /** Whether another try may succeed: the network failed, or the server is busy or restarting. */
  readonly isRetryable: boolean = false;
  /** The GraphQL errors that ended a subscription; otherwise empty. */
  readonly errors: readonly ResultError[] = [];

  constructor(message: string, { cause, ...details }: GatewayErrorOptions = {}) {
    super(message, { cause });
    Object.assign(this, details);
  }
}

/** Codes of errors that can be gone at the next try. */
const RETRYABLE_CODES = [
  'RATE_LIMITED',
  'SHUTTING_DOWN',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAVAILABLE',
];

const isRetryableStatus = (status: number) => status >= 500 || [408, 429].includes(status);

/** Reads the seconds of `Retry-After`, which may also be a date; undefined if there are none. */
function retryAfterOf({ headers }: Response): number | undefined {
  const value = headers.get('retry-after') ?? '';
  const seconds = Number(value) || Math.ceil((Date.parse(value) - Date.now()) / 1000);
  return seconds > 0 ? seconds : undefined;
}

/** Returns the error of a subscription that ended with GraphQL errors. */
export function errorOfResult({ errors = [] }: Result<unknown>, response: Response): GatewayError {
  const retryAfters = errors.map(({ extensions }) => extensions?.retryAfter ?? 0);
  const { status } = response;
  // An error without a code is that of a proxy.
  const isRetryable = ({ extensions: { code } = {} }: ResultError) =>
    code ? RETRYABLE_CODES.includes(code) : isRetryableStatus(status);
  return new GatewayError(errors[0]?.message ?? 'The response has no data.', {
    status,
    retryAfter: Math.max(0, ...retryAfters) || retryAfterOf(response),
    isRetryable: errors.length > 0 && errors.every(isRetryable),
    errors,
  });
}

/** Returns the error of a connection that failed. */
export function networkError(cause: unknown): GatewayError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new GatewayError(`The connection to the gateway failed: ${detail}`, {
    isRetryable: true,
    cause,
  });
}

/** Returns undefined for a text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads a GraphQL response, whatever its status. Throws a `GatewayError` if it is none. */
export async function readResult<Data>(response: Response): Promise<Result<Data>> {
  const result = parseJson(await response.text()) as Result<Data> | null | undefined;
  if (result?.data !== undefined || Array.isArray(result?.errors)) return result;
  const { status } = response;
  throw new GatewayError(`The response is not GraphQL: status ${status}.`, {
    status,
    retryAfter: retryAfterOf(response),
    isRetryable: isRetryableStatus(status),
  });
}
