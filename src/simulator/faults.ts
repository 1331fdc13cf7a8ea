import { type HttpResponse, htmlPage } from './responses.ts';

export interface Fault {
  /**
   * What the client gets:
   * - `500`, `502`, `503`, `504`: an error with this status
   * - `429`: the plain text of GitLab's rate limit for the whole API
   * - `429-json`: the JSON of GitLab's rate limit for one endpoint
   * - `html`: a sign-in page with status 200
   * - `redirect`: 302 to `location`, by default the sign-in page
   * - `maintenance`: the response of a read-only instance
   * - `reset`: no response, because the connection is closed
   * - `truncated`: half of the body, before the connection is closed
   * - `hang`: no response
   * - `slow`: the normal response after `delayMs`
   */
  kind: keyof typeof responses | 'maintenance' | 'reset' | 'hang' | 'truncated' | 'slow';
  /** Substring of `${method} ${path}`, or a pattern for it. @default every request */
  match?: string | RegExp | undefined;
  /** Number of requests to which the fault applies; may be Infinity. @default 1 */
  times?: number | undefined;
  retryAfter?: number | undefined;
  /** Delay before the fault or, for `slow`, before the response, in ms. */
  delayMs?: number | undefined;
  location?: string | undefined;
  /**
   * Whether the server handles the request before the fault, so that only the response is lost. The
   * kinds `slow` and `truncated` always handle it.
   */
  afterHandling?: boolean | undefined;
}

export type FaultQueue = ReturnType<typeof createFaultQueue>;

type ByKind<T> = Readonly<Partial<Record<Fault['kind'], T>>>;

function matches({ match }: Fault, line: string): boolean {
  if (match === undefined) return true;
  return typeof match === 'string' ? line.includes(match) : match.test(line);
}

/** Creates a queue of pending faults, oldest first. */
export function createFaultQueue() {
  let pending: { fault: Fault; left: number }[] = [];
  return {
    add(fault: Fault) {
      pending.push({ fault, left: fault.times ?? 1 });
    },
    clear() {
      pending = [];
    },
    /**
     * Returns the oldest fault that applies to a request; null if none applies. Removes the fault
     * after it was returned `times` times.
     */
    take(method: string, path: string): Fault | null {
      const entry = pending.find(({ fault }) => matches(fault, `${method} ${path}`));
      if (entry === undefined) return null;
      entry.left -= 1;
      pending = pending.filter(({ left }) => left > 0);
      return entry.fault;
    },
  };
}

function response(status: number, type: string, text: string): HttpResponse {
  return { status, headers: { 'Content-Type': type }, body: Buffer.from(text) };
}

function json(status: number, value: unknown): HttpResponse {
  return response(status, 'application/json', JSON.stringify(value));
}

const tooMany = 'This endpoint has been requested too many times. Try again later.';

/** Responses by kind of fault (upstream.md §5, §6). Kinds such as `reset` have no response. */
const responses = {
  '429': response(429, 'text/plain', 'Retry later\n'),
  '429-json': json(429, { message: { error: tooMany } }),
  '500': json(500, { message: '500 Internal Server Error' }),
  '502': htmlPage(502, 'GitLab is not responding'),
  '503': htmlPage(503, 'Service unavailable'),
  '504': htmlPage(504, '504 Gateway Time-out'),
  html: htmlPage(200, 'Sign in · GitLab'),
  redirect: response(302, 'text/html', '<html><body>You are being redirected.</body></html>'),
} satisfies Record<string, HttpResponse>;

function maintenance(is503: boolean): HttpResponse {
  if (is503) return json(503, { message: 'system is in maintenance mode' });
  return json(403, { message: 'You cannot perform write operations on a read-only instance' });
}

const defaultRetryAfter: ByKind<number> = { '429': 60, maintenance: 60 };

/** Returns the response of a fault; null if its kind has none. */
export function faultResponse(
  fault: Fault,
  options: {
    readonly maintenance503: boolean;
    /** Returns the rate limit headers for a limit that is renewed in `seconds`. */
    rateLimit(seconds: number): Record<string, string>;
  },
): HttpResponse | null {
  const { kind, retryAfter, location } = fault;
  const known: ByKind<HttpResponse> = responses;
  const base = kind === 'maintenance' ? maintenance(options.maintenance503) : known[kind];
  if (base === undefined) return null;
  const seconds = retryAfter ?? (base.status === 403 ? undefined : defaultRetryAfter[kind]);
  return {
    ...base,
    headers: {
      ...base.headers,
      ...(kind === '429' && seconds !== undefined && options.rateLimit(seconds)),
      ...(seconds !== undefined && { 'Retry-After': String(seconds) }),
      ...(location !== undefined && { Location: location }),
    },
  };
}
