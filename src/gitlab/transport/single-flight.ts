import type { GitlabResponse, Start, UpstreamRequest } from '../request.ts';
import type { OnCall } from './observing.ts';
import { createPerCredential } from './per-credential.ts';

/** One call that several callers wait for. */
interface InFlight {
  readonly answer: Promise<GitlabResponse<unknown>>;
  readonly controller: AbortController;
  /** Lets nobody join any more. */
  close(): void;
  waiting: number;
}

/** What one credential is asking right now, by address. */
interface Flights {
  current: Map<string, InFlight>;
}

/** Waits for a flight; who is called away leaves alone, and the last to leave ends it. */
function join(flight: InFlight, signal: AbortSignal | undefined): Promise<GitlabResponse<unknown>> {
  flight.waiting += 1;
  return new Promise((resolve, reject) => {
    const leave = () => {
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        flight.close();
        flight.controller.abort(signal?.reason);
      }
      reject(signal?.reason);
    };
    const arrive = () => signal?.removeEventListener('abort', leave);
    signal?.addEventListener('abort', leave, { once: true });
    flight.answer.finally(arrive).then(resolve, reject);
  });
}

function isShareable(request: UpstreamRequest<unknown>): boolean {
  return request.method === 'GET' && !request.streaming;
}

/**
 * Lets equal reads of one credential share a call while it is under way, with its parsing and
 * checking. Nothing outlives the call. Never across credentials: what one may see, another may not.
 * A write ends sharing with the calls begun before it was done, which may show the time before. Who
 * joins shares the deadline too.
 */
export function createSingleFlight(start: Start, onCall: OnCall): Start {
  const flightsOf = createPerCredential<Flights>(() => ({ current: new Map() }));

  const open = (request: UpstreamRequest<unknown>, flights: Map<string, InFlight>): InFlight => {
    const key = request.endpoint.path + request.query;
    const controller = new AbortController();
    const answer = start({ ...request, signal: controller.signal }, controller);
    const land = () => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    const flight: InFlight = { answer, controller, close: land, waiting: 0 };
    flights.set(key, flight);
    answer.then(land, land);
    return flight;
  };

  const share = (request: UpstreamRequest<unknown>): Promise<GitlabResponse<unknown>> => {
    const flights = flightsOf(request.credential).current;
    const key = request.endpoint.path + request.query;
    const known = flights.get(key);
    if (known) {
      if (request.counter) request.counter.coalesced += 1;
      const { template } = request.endpoint;
      onCall({ template, method: 'GET', status: undefined, durationMs: 0, outcome: 'coalesced' });
    }
    return join(known ?? open(request, flights), request.signal);
  };

  return async (request) => {
    request.signal?.throwIfAborted();
    if (isShareable(request)) return share(request);
    try {
      return await start(request);
    } finally {
      if (request.method === 'POST') flightsOf(request.credential).current = new Map();
    }
  };
}
