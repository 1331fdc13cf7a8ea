/**
 * Formats seconds: `45s`, `2m 05s`, `1h 02m 03s`. Drops fractions of a second. Returns an empty
 * string for undefined and null. The duration of a job that has not started is null.
 */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds == null) return '';
  const whole = Math.max(0, Math.floor(seconds));
  const padded = (value: number) => String(value % 60).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return `${whole}s`;
  if (minutes < 60) return `${minutes}m ${padded(whole)}s`;
  return `${Math.floor(minutes / 60)}h ${padded(minutes)}m ${padded(whole)}s`;
}
