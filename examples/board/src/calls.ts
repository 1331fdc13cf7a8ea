import { useSyncExternalStore } from 'react';

/** Calls to GitLab since the screen was opened, as `extensions.upstream` reports them. */
export interface Calls {
  /** Calls to GitLab. */
  calls: number;
  /** Those of them to which GitLab answered that nothing had changed. */
  notModified: number;
}

let sum: Calls = { calls: 0, notModified: 0 };
const listeners = new Set<() => void>();

function set(next: Calls): void {
  sum = next;
  for (const listener of listeners) listener();
}

/** Adds the calls of one response. Does nothing if the gateway does not report them. */
export function countCalls(upstream: Calls | undefined): void {
  if (!upstream) return;
  const { calls, notModified } = upstream;
  set({ calls: sum.calls + calls, notModified: sum.notModified + notModified });
}

/** Starts from zero again: for another screen. */
export function resetCalls(): void {
  set({ calls: 0, notModified: 0 });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Returns the calls of the current screen. */
export function useCalls(): Calls {
  return useSyncExternalStore(subscribe, () => sum);
}
