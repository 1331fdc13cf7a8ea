import { createPerCredential } from '../credential.ts';
import type { GitlabResponse, Start, UpstreamRequest } from '../request.ts';
import type { OnCall } from './observing.ts';

/** A running request that several callers wait for. */
interface InFlight {
  readonly response: Promise<GitlabResponse<unknown>>;
  readonly controller: AbortController;
  /** Prevents further callers from joining. */
  close(): void;
  waiting: number;
}

interface RunningRequests {
  byUrl: Map<string, InFlight>;
}

/**
 * Shares a running GET, with its parsing and validation, between equal requests of one credential.
 * Never across credentials, whose permissions differ. A write ends the sharing of requests that
 * began before it completed, since they may return the previous state. A caller that joins also
 * shares the deadline.
 */
export function createSingleFlight(start: Start, onCall: OnCall): Start {
  const runningOf = createPerCredential<RunningRequests>(() => ({ byUrl: new Map() }));

  const open = (request: UpstreamRequest<unknown>, byUrl: Map<string, InFlight>): InFlight => {
    const url = request.endpoint.path + request.query;
    const controller = new AbortController();
    const response = start({ ...request, signal: controller.signal }, controller);
    const close = () => {
      if (byUrl.get(url) === inFlight) byUrl.delete(url);
    };
    const inFlight: InFlight = { response, controller, close, waiting: 0 };
    byUrl.set(url, inFlight);
    response.then(close, close);
    return inFlight;
  };

  const share = (request: UpstreamRequest<unknown>): Promise<GitlabResponse<unknown>> => {
    const { byUrl } = runningOf(request.credential);
    const running = byUrl.get(request.endpoint.path + request.query);
    if (running) {
      if (request.counter) request.counter.coalesced += 1;
      const { template } = request.endpoint;
      onCall({ template, method: 'GET', status: undefined, durationMs: 0, outcome: 'coalesced' });
    }
    return join(running ?? open(request, byUrl), request.signal);
  };

  return async (request) => {
    request.signal?.throwIfAborted();
    if (request.method === 'GET' && !request.streaming) return share(request);
    try {
      return await start(request);
    } finally {
      if (request.method === 'POST') runningOf(request.credential).byUrl = new Map();
    }
  };
}

/**
 * Waits for the shared request. Aborting one waiter does not abort the request unless it was the
 * last.
 */
function join(
  inFlight: InFlight,
  signal: AbortSignal | undefined,
): Promise<GitlabResponse<unknown>> {
  inFlight.waiting += 1;
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      inFlight.waiting -= 1;
      if (inFlight.waiting === 0) {
        inFlight.close();
        inFlight.controller.abort(signal?.reason);
      }
      reject(signal?.reason);
    };
    const stopListening = () => signal?.removeEventListener('abort', onAbort);
    signal?.addEventListener('abort', onAbort, { once: true });
    inFlight.response.finally(stopListening).then(resolve, reject);
  });
}
