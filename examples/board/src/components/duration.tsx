import { formatDuration } from 'gitlab-jobs-gateway/client';
import { useEffect, useState } from 'react';

/** Calls the component again each second while `isOn`. Returns the time in milliseconds. */
export function useNow(isOn: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isOn) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [isOn]);
  return now;
}

interface Run {
  startedAt?: string | null;
  finishedAt?: string | null;
  duration?: number | null;
}

/** How long a job or pipeline ran; ticks while it runs. */
export function Duration({ startedAt, finishedAt, duration }: Run) {
  const isRunning = Boolean(startedAt) && !finishedAt;
  const now = useNow(isRunning);
  const seconds = isRunning ? (now - Date.parse(startedAt ?? '')) / 1_000 : duration;
  return <span className="duration">{formatDuration(seconds)}</span>;
}
