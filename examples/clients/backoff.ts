/** Waits before the next attempt to connect: half a second to 30 s, longer after each failure. */
export function backoff(failures: number): Promise<void> {
  const ms = Math.min(1_000 * 2 ** failures, 30_000) * (0.5 + Math.random() / 2);
  return new Promise((resolve) => setTimeout(resolve, ms));
}
