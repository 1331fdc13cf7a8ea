import type { Clock } from '../gitlab/clock.ts';

/** An act that goes on until it is stopped. */
export interface Repetition {
  /** Acts after that many ms instead of when the pause is over; while acting, once more thereafter. */
  hurry(inMs: () => number): void;
  /** Ends what is under way, and all that would come. */
  stop(): void;
}

/** Acts once; tells how many ms to wait before the next time. Ends early with the signal. */
export type Act = (signal: AbortSignal, hurried: boolean) => Promise<number>;

/** Acts at once, then again and again: never twice at a time. `act` must not reject. */
export function repeat(clock: Clock, act: Act): Repetition {
  const stopping = new AbortController();
  let acting = false;
  let hurriedBy: (() => number) | undefined;
  let cancel = () => {};

  const run = async (hurried: boolean) => {
    acting = true;
    hurriedBy = undefined;
    // A signal of its own for each act, so that whatever listens to it goes with it.
    const controller = new AbortController();
    const forward = () => controller.abort(stopping.signal.reason);
    stopping.signal.addEventListener('abort', forward, { once: true });
    const pauseMs = await act(controller.signal, hurried);
    stopping.signal.removeEventListener('abort', forward);
    acting = false;
    goOn(pauseMs);
  };
  const goOn = (pauseMs: number) => actIn(hurriedBy?.() ?? pauseMs, hurriedBy !== undefined);
  const actIn = (ms: number, hurried: boolean) => {
    cancel();
    if (stopping.signal.aborted) return;
    cancel = clock.after(ms, () => void run(hurried));
  };

  void run(false);
  return {
    hurry(inMs) {
      if (acting) hurriedBy = inMs;
      else actIn(inMs(), true);
    },
    stop() {
      cancel();
      stopping.abort(new Error('Nobody watches any more.'));
    },
  };
}
