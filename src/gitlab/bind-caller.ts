import { type Credential, latestOf } from './credential.ts';
import { type Endpoint, type Query, toQuery } from './endpoint.ts';
import {
  GitlabCallBudgetError,
  GitlabTimeoutError,
  isCapabilityError,
  isUnauthenticated,
} from './errors.ts';
import type { CallBudget, CallProgress, Read, RequestCounter, UpstreamRequest } from './request.ts';
import type { Transport } from './transport/transport.ts';

export interface GitlabDeps {
  transport: Transport;
  credential: Credential;
  signal?: AbortSignal | undefined;
  counter?: RequestCounter | undefined;
  /**
   * Limits the number of calls to GitLab. Several clients may share one budget. @default unlimited
   */
  budget?: CallBudget | undefined;
  /** W3C trace context headers to forward: traceparent, tracestate. */
  traceContext?: Readonly<Record<string, string>> | undefined;
}

/** A request without the members that `Calls` adds, such as the caller's credential and signal. */
type CallOf<T> = Omit<
  UpstreamRequest<T>,
  'method' | 'credential' | 'signal' | 'counter' | 'traceContext' | 'progress'
> & { method: 'GET' | 'POST' };

type GetOptions = Pick<UpstreamRequest<unknown>, 'expects' | 'streaming' | 'keep'> & {
  query?: Query;
};

/**
 * Sends a call with the latest credential. If GitLab answers 401 and there is a replacement for the
 * credential, repeats a GET with the replacement. Never repeats a POST.
 */
async function sendWithLatest<T>(
  credential: Credential,
  method: 'GET' | 'POST',
  send: (sender: Credential) => Promise<T>,
): Promise<T> {
  const sender = latestOf(credential);
  try {
    return await send(sender);
  } catch (error) {
    const isRenewed = isUnauthenticated(error) && sender.renewal?.renew(sender);
    if (isRenewed && method === 'GET') return await send(latestOf(sender));
    throw error;
  }
}

/** Sends calls on behalf of one caller. */
export class Calls {
  readonly #deps: GitlabDeps;

  constructor(deps: GitlabDeps) {
    this.#deps = deps;
  }

  get<T>(endpoint: Endpoint, read: Read<T>, options: GetOptions = {}): Promise<T> {
    const { query, expects, streaming, keep } = options;
    const search = query ? toQuery(query) : '';
    return this.#send({ method: 'GET', endpoint, query: search, read, expects, streaming, keep });
  }

  /** Sends the fields as a JSON body. Sends no body if all fields are undefined. */
  post<T>(endpoint: Endpoint, read: Read<T>, fields: Record<string, unknown> = {}): Promise<T> {
    return this.#send({ method: 'POST', endpoint, query: '', body: toBody(fields), read });
  }

  /**
   * Throws GitlabCallBudgetError, which names `origin`, if the budget does not allow `count` more
   * calls.
   */
  require(count: number, origin: { method: string; path: string }): void {
    const { budget } = this.#deps;
    if (budget && budget.left < count) throw new GitlabCallBudgetError(budget.max, origin);
  }

  /**
   * Sends a call and charges it to the budget. Refunds a call that failed because the server lacks
   * a feature.
   */
  async #send<T>(call: CallOf<T>): Promise<T> {
    const { budget, credential, signal } = this.#deps;
    const { method } = call;
    const origin = { method, path: call.endpoint.path };
    this.require(1, origin);
    if (budget) budget.left -= 1;
    const progress: CallProgress = { sent: false };
    try {
      return await sendWithLatest(credential, method, (sender) =>
        this.#sendAs(sender, call, progress),
      );
    } catch (error) {
      if (budget && isCapabilityError(error)) budget.left += 1;
      // If the operation was aborted before a write was sent, the error says so: the client may
      // safely repeat the write.
      const isUnsentWrite = method === 'POST' && signal?.aborted && !progress.sent;
      throw isUnsentWrite
        ? new GitlabTimeoutError({ phase: 'total', sent: false }, { ...origin, cause: error })
        : error;
    }
  }

  async #sendAs<T>(sender: Credential, call: CallOf<T>, progress: CallProgress): Promise<T> {
    const { transport, budget, signal, counter, traceContext } = this.#deps;
    const { value } = await transport.send({
      method: call.method,
      endpoint: call.endpoint,
      query: call.query,
      body: call.body,
      read: call.read,
      expects: call.expects,
      streaming: call.streaming,
      keep: call.keep,
      credential: sender,
      signal,
      counter,
      traceContext,
      progress,
    });
    if (budget) budget.answered = (budget.answered ?? 0) + 1;
    return value;
  }
}

function toBody(fields: Record<string, unknown>): string | undefined {
  const hasValue = Object.values(fields).some((value) => value !== undefined);
  return hasValue ? JSON.stringify(fields) : undefined;
}
