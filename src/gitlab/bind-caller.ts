import type { Credential } from './credential.ts';
import { type Endpoint, type Query, toQuery } from './endpoint.ts';
import { GitlabCallBudgetError, isCapabilityError } from './errors.ts';
import type { CallBudget, Read, RequestCounter, UpstreamRequest } from './request.ts';
import type { ServerCapabilities } from './server-capabilities.ts';
import type { Transport } from './transport/transport.ts';

/** What a client is made of. */
export interface GitlabDeps {
  transport: Transport;
  credential: Credential;
  /** Ends every call when the caller leaves. */
  signal?: AbortSignal | undefined;
  /** Counts the calls of one operation. */
  counter?: RequestCounter | undefined;
  /** How many calls may be begun, together with whoever has the same. @default any number */
  budget?: CallBudget | undefined;
  /** W3C trace context to pass on: traceparent, tracestate. */
  traceContext?: Readonly<Record<string, string>> | undefined;
}

function toBody(fields: Record<string, unknown>): string | undefined {
  const given = Object.values(fields).some((value) => value !== undefined);
  return given ? JSON.stringify(fields) : undefined;
}

/** Makes one call; T is what its reader makes of the answer. */
export interface Calls {
  get<T>(at: Endpoint, read: Read<T>, options?: GetOptions): Promise<T>;
  post<T>(at: Endpoint, read: Read<T>, fields?: Record<string, unknown>): Promise<T>;
  readonly server: ServerCapabilities;
}

/** How a read is asked for. */
export type GetOptions = { query?: Query; streaming?: boolean; keep?: boolean };

/** One caller's request. Named one by one, not spread: members added to a copy cost V8 microseconds. */
function toRequest<T>(
  caller: Omit<GitlabDeps, 'transport' | 'budget'>,
  asked: Omit<UpstreamRequest<T>, 'credential'>,
): UpstreamRequest<T> {
  return {
    method: asked.method,
    endpoint: asked.endpoint,
    query: asked.query,
    body: asked.body,
    read: asked.read,
    streaming: asked.streaming,
    keep: asked.keep,
    credential: caller.credential,
    signal: caller.signal,
    counter: caller.counter,
    traceContext: caller.traceContext,
  };
}

/** Binds calls to a caller. */
export function createCalls({ transport, budget, ...caller }: GitlabDeps): Calls {
  /** Makes a call if one is left. One that only told what the server cannot do is given back. */
  const send = async <T>(request: UpstreamRequest<T>): Promise<T> => {
    if (!budget) return (await transport.send(request)).value;
    const { max } = budget;
    const { method, endpoint: at } = request;
    if (budget.left < 1) throw new GitlabCallBudgetError(max, { method, path: at.path });
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
