import { createStore } from './store.ts';

/** Numbers of calls to GitLab, of one response (`extensions.upstream`) or of a whole screen. */
export interface Calls {
  calls: number;
  /** Number of the calls to which GitLab answered 304: nothing had changed. */
  notModified: number;
}

const sum = createStore<Calls>({ calls: 0, notModified: 0 });

/** Adds the calls of one response. Does nothing if the gateway does not report them. */
export function countCalls(upstream: Calls | undefined): void {
  if (!upstream) return;
  const { calls, notModified } = sum.get();
  sum.set({ calls: calls + upstream.calls, notModified: notModified + upstream.notModified });
}

/** Sets the counts to zero. Called when another screen is opened. */
export function resetCalls(): void {
  sum.set({ calls: 0, notModified: 0 });
}

/** Returns the calls of all queries and mutations since the current screen was opened. */
export function useCalls(): Calls {
  return sum.use();
}
