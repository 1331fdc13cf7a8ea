import { createPerCredential, type KnownCredentials } from '../known-credentials.ts';
import type { GitlabResponse, Start, UpstreamRequest } from '../request.ts';
import type { OnCall } from './observing.ts';

/** A running request. Several callers may wait for its response. */
interface InFlight {
  readonly response: Promise<GitlabResponse<unknown>>;
  readonly controller: AbortController;
  /** Prevents further callers from joining. */
  close(): void;
  waiting: number;
}

/**
 * Shares a running GET, including parsing and validation, between equal requests of one credential.
 * Requests of different credentials are never shared, because permissions differ. A caller that
 * joins a running GET also gets the deadline of that GET.
 */
export function createSingleFlight(
  start: Start,
  { onCall, known }: { onCall: OnCall; known: KnownCredentials },
): Start {
  const runningOf = createPerCredential(() => new Map<string, InFlight>(), known);

  const open = (
    request: UpstreamRequest<unknown>,
    url: string,
    running: Map<string, InFlight>,
  ): InFlight => {
    const controller = new AbortController();
    const response = start({ ...request, signal: controller.signal }, controller);
    const close = () => {
      if (running.get(url) === inFlight) running.delete(url);
    };
    const inFlight: InFlight = { response, controller, close, waiting: 0 };
    running.set(url, inFlight);
    response.then(close, close);
    return inFlight;
  };

  const share = (request: UpstreamRequest<unknown>): Promise<GitlabResponse<unknown>> => {
    const running = runningOf(request.credential);
    const url = request.endpoint.path + request.query;
    const inFlight = running.get(url);
    if (inFlight) {
      if (request.counter) request.counter.coalesced += 1;
      const { template } = request.endpoint;
      onCall({ template, method: 'GET', status: undefined, durationMs: 0, outcome: 'coalesced' });
    }
    return join(inFlight ?? open(request, url, running), request.signal);
  };

  return async (request) => {
    request.signal?.throwIfAborted();
    if (request.method === 'GET' && !request.streaming) return share(request);
    try {
      return await start(request);
    } finally {
      // A GET that began before the write completed may return the previous state, so no further
      // request joins such a GET.
      if (request.method === 'POST') runningOf(request.credential).clear();
    }
  };
}

/**
 * Waits for the shared request. If the signal is aborted, only this caller stops waiting. The
 * request itself is aborted only if no other caller waits for it.
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
    inFlight.response.then(
      (response) => {
        stopListening();
        resolve(response);
      },
      (error) => {
        stopListening();
        reject(error);
      },
    );
  });
}
