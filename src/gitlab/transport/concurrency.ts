import type { Call, Exchange, RawResponse } from '../request.ts';

interface ConcurrencyLimits {
  /**
   * Slots of all callers together. Must not exceed the number of connections: calls that wait for a
   * connection are not served in fair order.
   */
  readonly total: number;
  /** Slots of one credential, so that a caller with a hundred calls leaves slots for others. */
  readonly perCredential: number;
  /**
   * Whether GitLab has accepted a credential. A quarter of the slots is reserved for such
   * credentials.
   */
  isKnown(digest: string): boolean;
}

/**
 * Maximum number of waiting calls of one credential that start in a row, before calls of the next
 * credential start. An operation often waits for several pages. If these arrive together, the
 * operation ends sooner and keeps the first ones in memory for less time (docs/performance.md).
 */
const CALLS_PER_TURN = 8;

interface Share {
  active: number;
  /** Number of calls that were started in the current turn. */
  turn: number;
  /** Number of active calls that started before GitLab had accepted the credential. */
  unknown: number;
  /** Callbacks of waiting calls, oldest first. */
  readonly waiting: Set<() => void>;
}

/**
 * Fair concurrency limiter: round-robin across credentials, with up to `callsPerTurn` waiting calls
 * in a turn; FIFO within a credential. Uses no memory for idle credentials.
 */
export function createFairLimiter(limits: ConcurrencyLimits, callsPerTurn = 1) {
  // In round-robin order: a credential moves to the end when its turn is over.
  const shares = new Map<string, Share>();
  const maxUnknown = Math.ceil((limits.total * 3) / 4);
  let active = 0;
  let unknown = 0;
  /** Number of waiting calls of all credentials. */
  let waiting = 0;

  const hasSlot = (digest: string, share: Share): boolean =>
    active < limits.total &&
    share.active < limits.perCredential &&
    (unknown < maxUnknown || limits.isKnown(digest));
  const shareOf = (digest: string): Share => {
    const share = shares.get(digest) ?? { active: 0, turn: 0, unknown: 0, waiting: new Set() };
    shares.set(digest, share);
    return share;
  };
  const take = (digest: string, share: Share): void => {
    share.active += 1;
    active += 1;
    if (!limits.isKnown(digest)) {
      share.unknown += 1;
      unknown += 1;
    }
    share.turn += 1;
    if (share.turn < callsPerTurn && share.waiting.size > 0) return;
    share.turn = 0;
    shares.delete(digest);
    shares.set(digest, share);
  };
  const serveNext = (): void => {
    // Usually no call waits. Iterating over all shares would cause 7 % of the memory allocations of
    // a small operation.
    if (waiting === 0) return;
    for (const [digest, share] of shares) {
      const [grant] = share.waiting;
      if (grant && hasSlot(digest, share)) {
        share.waiting.delete(grant);
        waiting -= 1;
        take(digest, share);
        grant();
        return;
      }
    }
  };
  const removeIfIdle = (digest: string): void => {
    const share = shares.get(digest);
    if (share?.active === 0 && share.waiting.size === 0) shares.delete(digest);
  };

  return {
    /** Acquires a slot if one is free. Returns whether it did. */
    tryAcquire(digest: string): boolean {
      const share = shareOf(digest);
      if (hasSlot(digest, share)) {
        take(digest, share);
        return true;
      }
      removeIfIdle(digest);
      return false;
    },
    /** Waits for a slot. Rejects with the signal's reason if the signal is aborted first. */
    acquire(digest: string, signal: AbortSignal): Promise<void> {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const share = shareOf(digest);
        const onAbort = () => {
          if (share.waiting.delete(grant)) waiting -= 1;
          removeIfIdle(digest);
          reject(signal.reason);
        };
        const grant = () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
        signal.addEventListener('abort', onAbort, { once: true });
        share.waiting.add(grant);
        waiting += 1;
        if (hasSlot(digest, share)) serveNext();
      });
    },
    release(digest: string) {
      const share = shareOf(digest);
      share.active -= 1;
      active -= 1;
      if (share.unknown > 0) {
        share.unknown -= 1;
        unknown -= 1;
      }
      removeIfIdle(digest);
      serveNext();
    },
  };
}

/**
 * Calls back when the stream of a response is closed. Calls back immediately if the stream is
 * already closed, or if there is none.
 */
export function onClose({ stream }: RawResponse, callback: () => void): void {
  if (!stream || stream.closed) callback();
  else stream.once('close', callback);
}

/**
 * Performs an exchange while holding a slot of the caller. A stream holds the slot until it is
 * closed.
 */
export async function withSlot(
  limiter: ReturnType<typeof createFairLimiter>,
  { credential: { digest }, signal }: Call,
  exchange: () => Promise<RawResponse>,
): Promise<RawResponse> {
  const release = () => limiter.release(digest);
  if (!limiter.tryAcquire(digest)) await limiter.acquire(digest, signal);
  try {
    const response = await exchange();
    onClose(response, release);
    return response;
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Limits concurrent calls. Streams have their own connections and their own limiter with equal
 * limits, so that slow readers of logs do not block other calls.
 */
export function createConcurrency(exchange: Exchange, limits: ConcurrencyLimits): Exchange {
  const calls = createFairLimiter(limits, CALLS_PER_TURN);
  const streams = createFairLimiter(limits);
  return (call) => withSlot(call.streaming ? streams : calls, call, () => exchange(call));
}
