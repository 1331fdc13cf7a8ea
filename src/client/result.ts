/** An error in a GraphQL response. */
export interface ResultError {
  readonly message: string;
  /** The path of the field that failed, such as `["pipeline", "jobs", 0, "name"]`. */
  readonly path?: readonly (string | number)[];
  readonly extensions?: {
    /** The kind of the error, such as `FORBIDDEN`. */
    readonly code?: string;
    /** Seconds to wait before another try; null if unknown. */
    readonly retryAfter?: number | null;
    readonly [name: string]: unknown;
  };
}

/** A GraphQL response. A field that failed is null and has an entry in `errors`. */
export interface Result<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly ResultError[];
  readonly extensions?: {
    /**
     * The cost of the operation. `calls` counts requests to GitLab. `coalesced` counts reads that
     * used the response of an equal request. `notModified` counts the calls with status 304. Needs
     * `UPSTREAM_EXTENSION=true` in the gateway.
     */
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
 * The only error class of the client. Thrown if there is no GraphQL response, or if a subscription
 * or `paginate` cannot continue.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  /** The status of the HTTP response that caused the error; undefined if none caused it. */
  declare readonly status: number | undefined;
  /** Seconds to wait before another try; undefined if the server did not say. */
  declare readonly retryAfter: number | undefined;
  /**
   * Whether another try may succeed: the network failed, or the gateway, a proxy or GitLab is busy
   * or down.
   */
  readonly isRetryable: boolean = false;
  /** The GraphQL errors that ended a subscription or `paginate`; otherwise empty. */
  readonly errors: readonly ResultError[] = [];

  constructor(message: string, { cause, ...details }: GatewayErrorOptions = {}) {
    super(message, { cause });
    Object.assign(this, details);
  }
}

/** Codes of errors for which another try may succeed. */
const RETRYABLE_CODES = [
  'RATE_LIMITED',
  'SHUTTING_DOWN',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAVAILABLE',
];

const isRetryableStatus = (status: number) => status >= 500 || [408, 429].includes(status);

/**
 * Returns the seconds to wait according to `Retry-After`, which contains seconds or a date.
 * Undefined if the header is missing or invalid, or if the wait is already over.
 */
function retryAfterOf({ headers }: Response): number | undefined {
  const value = headers.get('retry-after') ?? '';
  const seconds = Number(value) || Math.ceil((Date.parse(value) - Date.now()) / 1000);
  return seconds > 0 ? seconds : undefined;
}

/** Returns the error for a subscription that ended with a result without data. */
export function errorOfResult({ errors = [] }: Result<unknown>, response: Response): GatewayError {
  const retryAfters = errors.map(({ extensions }) => extensions?.retryAfter ?? 0);
  const { status } = response;
  // An error without a code comes from a proxy, so the HTTP status decides.
  const isRetryable = ({ extensions: { code } = {} }: ResultError) =>
    code ? RETRYABLE_CODES.includes(code) : isRetryableStatus(status);
  return new GatewayError(errors[0]?.message ?? 'The response has no data.', {
    status,
    retryAfter: Math.max(0, ...retryAfters) || retryAfterOf(response),
    isRetryable: errors.length > 0 && errors.every(isRetryable),
    errors,
  });
}

/** Returns the error for a connection that failed. */
export function networkError(cause: unknown): GatewayError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new GatewayError(`The connection to the gateway failed: ${detail}`, {
    isRetryable: true,
    cause,
  });
}

/** Parses JSON. Returns undefined for any other text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads a GraphQL response of any HTTP status. Throws a `GatewayError` for any other response. */
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
