/** What can go wrong with an answer on purpose. */
export interface Fault {
  /**
   * `429` is the throttle's plain text, `429-json` the application's; `html` a sign-in page with
   * 200; `reset` breaks the connection; `hang` never answers; `truncated` breaks off in the middle;
   * `slow` answers after `delayMs`; `maintenance` refuses as a read-only instance does.
   */
  kind:
    | '429'
    | '429-json'
    | '500'
    | '502'
    | '503'
    | '504'
    | 'html'
    | 'reset'
    | 'hang'
    | 'truncated'
    | 'slow'
    | 'maintenance'
    | 'redirect';
  /** On `${method} ${path}`: a part of it, or a pattern. @default every request */
  match?: string | RegExp | undefined;
  /** @default 1; Infinity is allowed */
  times?: number | undefined;
  /** Seconds in Retry-After. */
  retryAfter?: number | undefined;
  /** Wait before the fault (or, for `slow`, before the answer). */
  delayMs?: number | undefined;
  /** Where `redirect` points. */
  location?: string | undefined;
  /** The request is carried out first, and only its answer is lost. */
  afterHandling?: boolean | undefined;
}

/** Faults that wait for their requests, oldest first. */
export interface FaultQueue {
  add(fault: Fault): void;
  clear(): void;
  /** The fault for this request, if any; one use of it is then gone. */
  take(method: string, path: string): Fault | null;
}

function fits(fault: Fault, line: string): boolean {
  if (fault.match === undefined) return true;
  return typeof fault.match === 'string' ? line.includes(fault.match) : fault.match.test(line);
}

/** A queue without faults. */
export function createFaultQueue(): FaultQueue {
  let waiting: { fault: Fault; left: number }[] = [];
  return {
    add(fault) {
      waiting.push({ fault, left: fault.times ?? 1 });
    },
    clear() {
      waiting = [];
    },
    take(method, path) {
      const entry = waiting.find(({ fault }) => fits(fault, `${method} ${path}`));
      if (entry === undefined) return null;
      entry.left -= 1;
      waiting = waiting.filter(({ left }) => left > 0);
      return entry.fault;
    },
  };
}

/** A whole answer, ready for the wire. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function reply(status: number, type: string, text: string): Reply {
  return { status, headers: { 'Content-Type': type }, body: Buffer.from(text) };
}

function json(status: number, value: unknown): Reply {
  return reply(status, 'application/json', JSON.stringify(value));
}

function page(status: number, title: string): Reply {
  const html = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
  return reply(status, 'text/html; charset=utf-8', html);
}

const tooMany = 'This endpoint has been requested too many times. Try again later.';

/** The answers of faults that answer; the others have none (upstream.md §5, §6). */
const replies: Readonly<Partial<Record<Fault['kind'], (fault: Fault) => Reply>>> = {
  '429': () => reply(429, 'text/plain', 'Retry later\n'),
  '429-json': () => json(429, { message: { error: tooMany } }),
  '500': () => json(500, { message: '500 Internal Server Error' }),
  '502': () => page(502, 'GitLab is not responding'),
  '503': () => page(503, 'Service unavailable'),
  '504': () => page(504, '504 Gateway Time-out'),
  html: () => page(200, 'Sign in · GitLab'),
  redirect: () => reply(302, 'text/html', '<html><body>You are being redirected.</body></html>'),
};

function maintenance(isNew: boolean): Reply {
  if (isNew) return json(503, { message: 'system is in maintenance mode' });
  const text = 'You cannot perform write operations on a read-only instance';
  return json(403, { message: text });
}

const usualRetryAfter: Readonly<Partial<Record<Fault['kind'], number>>> = {
  '429': 60,
  maintenance: 60,
};

/** What a fault answers; null where it answers nothing of its own. */
export function faultReply(
  fault: Fault,
  options: {
    readonly maintenance503: boolean;
    /** What a throttle says that is over in so many seconds. */
    rateLimit(seconds: number): Record<string, string>;
  },
): Reply | null {
  const isMaintenance = fault.kind === 'maintenance';
  const made = isMaintenance ? maintenance(options.maintenance503) : replies[fault.kind]?.(fault);
  if (made === undefined) return null;
  const seconds =
    fault.retryAfter ?? (made.status === 403 ? undefined : usualRetryAfter[fault.kind]);
  return {
    ...made,
    headers: {
      ...made.headers,
      ...(fault.kind === '429' && seconds !== undefined ? options.rateLimit(seconds) : {}),
      ...(seconds === undefined ? {} : { 'Retry-After': String(seconds) }),
      ...(fault.location === undefined ? {} : { Location: fault.location }),
    },
  };
}
