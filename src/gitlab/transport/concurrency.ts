import type { Readable } from 'node:stream';
import type { Exchange } from '../request.ts';

/** How many calls may be under way at once. */
export interface ConcurrencyLimits {
  /** Over all callers: no more than there are connections, or calls would queue there unfairly. */
  readonly total: number;
  /** Of one credential, so that one caller's hundred jobs leave room for others. */
  readonly perCredential: number;
}

/** One credential's share: its calls under way, and those waiting, the oldest first. */
interface Share {
  active: number;
  readonly waiting: Set<() => void>;
}

/** Hands out room for calls: to credentials in turn, and to each one's calls in order. */
export interface FairLimiter {
  /** Takes room that is there, ahead of nobody; false where `enter` must wait for some. */
  tryAcquire(digest: string): boolean;
  /** Waits for room; rejects with the signal's reason when it is aborted first. */
  acquire(digest: string, signal: AbortSignal): Promise<void>;
  /** Gives room back; once for each `enter` that resolved. */
  release(digest: string): void;
}

/** Makes a turnstile. Credentials with nothing under way and nothing waiting take no space in it. */
export function createFairLimiter(limits: ConcurrencyLimits): FairLimiter {
  // In the order of their turns: who was served goes to the end.
  const shares = new Map<string, Share>();
  let active = 0;

  const shareOf = (digest: string): Share => {
    const share = shares.get(digest) ?? { active: 0, waiting: new Set() };
    shares.set(digest, share);
    return share;
  };
  const take = (digest: string, share: Share): void => {
    share.active += 1;
    active += 1;
    shares.delete(digest);
    shares.set(digest, share);
  };
  const serve = (digest: string, share: Share, admit: () => void): void => {
    share.waiting.delete(admit);
    take(digest, share);
    admit();
  };
  const serveNext = (): void => {
    for (const [digest, share] of shares) {
      const [next] = share.waiting;
      if (next && share.active < limits.perCredential) {
        serve(digest, share, next);
        return;
      }
    }
  };
  const forgetIdle = (digest: string): void => {
    const share = shares.get(digest);
    if (share?.active === 0 && share.waiting.size === 0) shares.delete(digest);
  };

  return {
    tryAcquire(digest) {
      const share = shareOf(digest);
      if (active >= limits.total || share.active >= limits.perCredential) return false;
      take(digest, share);
      return true;
    },
    acquire(digest, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const share = shareOf(digest);
        const giveUp = () => {
          share.waiting.delete(admit);
          forgetIdle(digest);
          reject(signal.reason);
        };
        const admit = () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        };
        signal.addEventListener('abort', giveUp, { once: true });
        share.waiting.add(admit);
        if (active < limits.total && share.active < limits.perCredential) serveNext();
      });
    },
    release(digest) {
      shareOf(digest).active -= 1;
      active -= 1;
      forgetIdle(digest);
      serveNext();
    },
  };
}

/** Gives a place back once a stream is closed, whichever side has ended it. */
function onClose(stream: Readable | undefined, leave: () => void): void {
  if (!stream || stream.closed) leave();
  else stream.once('close', leave);
}

/**
 * Keeps calls within the limits. Streams have connections of their own, as many, and hold their place until
 * they are closed: who reads a log slowly keeps nobody else from theirs.
 */
export function createConcurrency(exchange: Exchange, limits: ConcurrencyLimits): Exchange {
  const calls = createFairLimiter(limits);
  const streams = createFairLimiter(limits);
  return async (call) => {
    const turnstile = call.streaming ? streams : calls;
    const { digest } = call.credential;
    const leave = () => turnstile.release(digest);
    if (!turnstile.tryAcquire(digest)) await turnstile.acquire(digest, call.signal);
    try {
      const answer = await exchange(call);
      onClose(answer.stream, leave);
      return answer;
    } catch (error) {
      leave();
      throw error;
    }
  };
}
