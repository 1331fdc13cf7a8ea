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

interface GatewayErrorOptions {
  status?: number;
  retryAfter?: number | undefined;
  isRetryable: boolean;
  errors?: readonly ResultError[];
  cause?: unknown;
}

/**
 * The one error of the client: there is no GraphQL response, or a subscription cannot go on.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  /** The status of the HTTP response; undefined if there was none. */
  readonly status: number | undefined;
  /** Seconds to wait before another try; undefined if the server did not say. */
  readonly retryAfter: number | undefined;
  /** Whether another try may succeed: the network failed, or the server is busy or restarting. */
  readonly isRetryable: boolean;
  /** The GraphQL errors that ended a subscription; otherwise empty. */
  readonly errors: readonly ResultError[];

  constructor(message: string, options: GatewayErrorOptions) {
    super(message, { cause: options.cause });
    this.status = options.status;
    this.retryAfter = options.retryAfter;
    this.isRetryable = options.isRetryable;
    this.errors = options.errors ?? [];
  }
}

/** Codes of errors that can be gone at the next try. */
const RETRYABLE_CODES = [
  'RATE_LIMITED',
  'SHUTTING_DOWN',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAVAILABLE',
];

const isRetryableStatus = (status: number) => status >= 500 || [408, 425, 429].includes(status);

/** Reads `Retry-After`, a number of seconds or a date. Returns undefined if there is none. */
function retryAfterOf({ headers }: Response): number | undefined {
  const text = headers.get('retry-after');
  if (!text) return undefined;
  const seconds = Number(text);
  const value = Number.isNaN(seconds) ? (Date.parse(text) - Date.now()) / 1000 : seconds;
  return value >= 0 ? value : undefined;
}

/** Returns the error of a subscription that ended with GraphQL errors. */
export function errorOfResult({ errors = [] }: Result<unknown>, response: Response): GatewayError {
  const retryAfters = errors.map(({ extensions }) => extensions?.retryAfter ?? 0);
  const codes = errors.map(({ extensions }) => extensions?.code ?? '');
  return new GatewayError(errors[0]?.message ?? 'The response has no data.', {
    status: response.status,
    retryAfter: Math.max(0, ...retryAfters) || retryAfterOf(response),
    isRetryable: codes.length > 0 && codes.every((code) => RETRYABLE_CODES.includes(code)),
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isResult(value: unknown): value is Result<never> {
  if (typeof value !== 'object' || value === null) return false;
  return 'data' in value || Array.isArray((value as Result<never>).errors);
}

/** Reads a GraphQL response, whatever its status. Throws a `GatewayError` if it is none. */
export async function readResult<Data>(response: Response): Promise<Result<Data>> {
  const value = parseJson(await response.text());
  if (isResult(value)) return value;
  const { status, statusText } = response;
  throw new GatewayError(
    `The response is not GraphQL: status ${`${status} ${statusText}`.trim()}.`,
    {
      status,
      retryAfter: retryAfterOf(response),
      isRetryable: isRetryableStatus(status),
    },
  );
}
