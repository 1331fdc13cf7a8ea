import type { Credential } from './credential.ts';
import { type Endpoint, type Query, toQuery } from './endpoint.ts';
import { GitlabCallBudgetError, isCapabilityError } from './errors.ts';
import type { CallBudget, Read, RequestCounter, UpstreamRequest } from './request.ts';
import type { ServerCapabilities } from './server-capabilities.ts';
import type { Transport } from './transport/transport.ts';

/** Dependencies of a client. */
export interface GitlabDeps {
  transport: Transport;
  credential: Credential;
  /** Aborts all calls. */
  signal?: AbortSignal | undefined;
  counter?: RequestCounter | undefined;
  /** Limits the calls; clients with the same budget share it. @default unlimited */
  budget?: CallBudget | undefined;
  /** W3C trace context headers to forward: traceparent, tracestate. */
  traceContext?: Readonly<Record<string, string>> | undefined;
}

function toBody(fields: Record<string, unknown>): string | undefined {
  const given = Object.values(fields).some((value) => value !== undefined);
  return given ? JSON.stringify(fields) : undefined;
}

/** Sends calls on behalf of one caller; T is the result of the reader. */
export interface Calls {
  get<T>(at: Endpoint, read: Read<T>, options?: GetOptions): Promise<T>;
  post<T>(at: Endpoint, read: Read<T>, fields?: Record<string, unknown>): Promise<T>;
  readonly server: ServerCapabilities;
}

export type GetOptions = { query?: Query; streaming?: boolean; keep?: boolean };

/** Lists the members instead of spreading: adding to a copy costs V8 microseconds. */
function toRequest<T>(
  caller: Omit<GitlabDeps, 'transport' | 'budget'>,
  request: Omit<UpstreamRequest<T>, 'credential'>,
): UpstreamRequest<T> {
  return {
    method: request.method,
    endpoint: request.endpoint,
    query: request.query,
    body: request.body,
    read: request.read,
    streaming: request.streaming,
    keep: request.keep,
    credential: caller.credential,
    signal: caller.signal,
    counter: caller.counter,
    traceContext: caller.traceContext,
  };
}

/** Creates the calls of one caller. */
export function createCalls({ transport, budget, ...caller }: GitlabDeps): Calls {
  /** Charges the budget. A call that only detects a missing feature is refunded. */
  const send = async <T>(request: UpstreamRequest<T>): Promise<T> => {
    if (!budget) return (await transport.send(request)).value;
    const { method, endpoint: at } = request;
    if (budget.left < 1) throw new GitlabCallBudgetError(budget.max, { method, path: at.path });
    budget.left -= 1;
    try {
      return (await transport.send(request)).value;
    } catch (error) {
      if (isCapabilityError(error)) budget.left += 1;
      throw error;
    }
  };
  return {
    get: (at, read, options = {}) => {
      const query = toQuery(options.query ?? {});
      const { streaming, keep } = options;
      return send(toRequest(caller, { method: 'GET', endpoint: at, query, read, streaming, keep }));
    },
    post: (at, read, fields = {}) => {
      const body = toBody(fields);
      return send(toRequest(caller, { method: 'POST', endpoint: at, query: '', body, read }));
    },
    server: transport.server,
  };
}
