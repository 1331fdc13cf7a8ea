import type { Credential } from './credential.ts';
import { type Endpoint, type Query, toQuery } from './endpoint.ts';
import { GitlabCallBudgetError, isCapabilityError } from './errors.ts';
import type { CallBudget, Read, RequestCounter, UpstreamRequest } from './request.ts';
import type { Transport } from './transport/transport.ts';

export interface GitlabDeps {
  transport: Transport;
  credential: Credential;
  signal?: AbortSignal | undefined;
  counter?: RequestCounter | undefined;
  /** Limits the calls; clients with the same budget share it. @default unlimited */
  budget?: CallBudget | undefined;
  /** W3C trace context headers to forward: traceparent, tracestate. */
  traceContext?: Readonly<Record<string, string>> | undefined;
}

type GetOptions = { query?: Query; streaming?: boolean; keep?: boolean };

/** Sends calls on behalf of one caller. */
export function createCalls(deps: GitlabDeps) {
  const { transport, budget, credential, signal, counter, traceContext } = deps;
  /** Charges the budget. A call that only detects a missing feature is refunded. */
  const send = async <T>(
    method: 'GET' | 'POST',
    endpoint: Endpoint,
    read: Read<T>,
    { query = '', body, streaming, keep }: Partial<UpstreamRequest<T>>,
  ): Promise<T> => {
    if (budget) {
      const { max, left } = budget;
      if (left < 1) throw new GitlabCallBudgetError(max, { method, path: endpoint.path });
      budget.left -= 1;
    }
    try {
      const request = {
        method,
        endpoint,
        query,
        body,
        read,
        streaming,
        keep,
        credential,
        signal,
        counter,
        traceContext,
      };
      return (await transport.send(request)).value;
    } catch (error) {
      if (budget && isCapabilityError(error)) budget.left += 1;
      throw error;
    }
  };
  return {
    get: <T>(endpoint: Endpoint, read: Read<T>, { query = {}, streaming, keep }: GetOptions = {}) =>
      send('GET', endpoint, read, { query: toQuery(query), streaming, keep }),
    /** Sends the fields as JSON, or no body if all are undefined. */
    post: <T>(endpoint: Endpoint, read: Read<T>, fields: Record<string, unknown> = {}) =>
      send('POST', endpoint, read, { body: toBody(fields) }),
    server: transport.server,
    projects: transport.projects,
  };
}

function toBody(fields: Record<string, unknown>): string | undefined {
  const hasValue = Object.values(fields).some((value) => value !== undefined);
  return hasValue ? JSON.stringify(fields) : undefined;
}
