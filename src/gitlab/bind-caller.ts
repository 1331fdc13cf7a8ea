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
  /** Limits the number of calls. Clients may share one budget. @default unlimited */
  budget?: CallBudget | undefined;
  /** W3C trace context headers to forward: traceparent, tracestate. */
  traceContext?: Readonly<Record<string, string>> | undefined;
}

type GetOptions = Pick<UpstreamRequest<unknown>, 'expects' | 'streaming' | 'keep'> & {
  query?: Query;
};

/** Throws GitlabCallBudgetError if fewer than `count` calls are left. */
function requireCalls(
  budget: CallBudget | undefined,
  count: number,
  origin: { method: string; path: string },
): void {
  if (budget && budget.left < count) throw new GitlabCallBudgetError(budget.max, origin);
}

/**
 * Sends a call with the latest credential. If GitLab rejects it and a newer one is available, a
 * read is repeated with that. A write is never repeated.
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
export function createCalls(deps: GitlabDeps) {
  const { transport, budget, credential, signal, counter, traceContext } = deps;
  /**
   * Charges the call to the budget. Refunds a call that only showed that the server lacks a
   * feature.
   */
  const send = async <T>(
    method: 'GET' | 'POST',
    endpoint: Endpoint,
    read: Read<T>,
    { query = '', body, expects, streaming, keep }: Partial<UpstreamRequest<T>>,
  ): Promise<T> => {
    const origin = { method, path: endpoint.path };
    requireCalls(budget, 1, origin);
    if (budget) budget.left -= 1;
    const progress: CallProgress = { sent: false };
    const sendAs = async (sender: Credential): Promise<T> => {
      const request = {
        method,
        endpoint,
        query,
        body,
        read,
        expects,
        streaming,
        keep,
        credential: sender,
        signal,
        counter,
        traceContext,
        progress,
      };
      const { value } = await transport.send(request);
      if (budget) budget.answered = (budget.answered ?? 0) + 1;
      return value;
    };
    try {
      return await sendWithLatest(credential, method, sendAs);
    } catch (error) {
      if (budget && isCapabilityError(error)) budget.left += 1;
      // A write that was certainly not sent may be repeated, so its error says that.
      const isUnsentWrite = method === 'POST' && signal?.aborted && !progress.sent;
      throw isUnsentWrite
        ? new GitlabTimeoutError({ phase: 'total', sent: false }, { ...origin, cause: error })
        : error;
    }
  };
  return {
    get: <T>(endpoint: Endpoint, read: Read<T>, { query = {}, ...options }: GetOptions = {}) =>
      send('GET', endpoint, read, { query: toQuery(query), ...options }),
    /** Sends the fields as JSON, or no body if all are undefined. */
    post: <T>(endpoint: Endpoint, read: Read<T>, fields: Record<string, unknown> = {}) =>
      send('POST', endpoint, read, { body: toBody(fields) }),
    /** Throws GitlabCallBudgetError if the budget does not allow `count` more calls to `path`. */
    requireCalls: (count: number, origin: { method: string; path: string }) =>
      requireCalls(budget, count, origin),
    server: transport.server,
    projects: transport.projects,
  };
}

function toBody(fields: Record<string, unknown>): string | undefined {
  const hasValue = Object.values(fields).some((value) => value !== undefined);
  return hasValue ? JSON.stringify(fields) : undefined;
}
