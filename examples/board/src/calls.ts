import { createStore } from './store.ts';

/** Calls to GitLab since the screen was opened, as `extensions.upstream` reports them. */
export interface Calls {
  calls: number;
  /** Number of these calls to which GitLab answered that nothing had changed. */
  notModified: number;
}

const sum = createStore<Calls>({ calls: 0, notModified: 0 });

/** Adds the calls of one response. Does nothing if the gateway does not report them. */
export function countCalls(upstream: Calls | undefined): void {
  if (!upstream) return;
  const { calls, notModified } = sum.get();
  sum.set({ calls: calls + upstream.calls, notModified: notModified + upstream.notModified });
}

/** Sets the count to zero when another screen is opened. */
export function resetCalls(): void {
  sum.set({ calls: 0, notModified: 0 });
}

/** Returns the calls of the current screen. */
export function useCalls(): Calls {
  return sum.use();
}
