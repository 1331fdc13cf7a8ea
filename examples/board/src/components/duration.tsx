import { formatDuration } from 'gitlab-jobs-gateway/client';
import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  for (const listener of listeners) listener();
}

/** Calls the listener each second. All listeners share one timer. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const subscribeToNothing = () => () => {};

/**
 * Renders the component again every `ms` milliseconds while `isOn`. Returns the current time in ms,
 * rounded down to a multiple of `ms`; 0 while `isOn` is false.
 */
export function useNow(isOn: boolean, ms = 1_000): number {
  const read = () => (isOn ? Math.floor(Date.now() / ms) * ms : 0);
  return useSyncExternalStore(isOn ? subscribe : subscribeToNothing, read);
}

interface Run {
  startedAt?: string | null;
  finishedAt?: string | null;
  duration?: number | null;
}

/** Shows how long a job or pipeline ran. Counts up while it runs. */
export function Duration({ startedAt, finishedAt, duration }: Run) {
  const isRunning = Boolean(startedAt) && !finishedAt;
  const now = useNow(isRunning);
  const seconds = isRunning ? Math.max(0, now - Date.parse(startedAt ?? '')) / 1_000 : duration;
  return <span className="duration">{formatDuration(seconds)}</span>;
}
