import type { Logger } from '../observability/logger.ts';

/** What can be ended in order. */
export interface Endable {
  /** Takes nothing new and resolves when what runs has finished. */
  drain(): Promise<void>;
  /** Cuts off what still runs, and lets go of everything. */
  close(): Promise<unknown>;
}

/** Time kept back from the time allowed, for closing what has not finished by then. */
const CLOSING_MS = 500;

function within(ms: number, work: Promise<unknown>): Promise<'done' | 'late'> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms, 'late' as const);
    work.then(() => resolve('done'), reject).finally(() => clearTimeout(timer));
  });
}

/** Ends in order, within that time: whatever still runs then is cut off. */
export async function shutDown(
  endable: Endable,
  { timeoutMs, logger }: { timeoutMs: number; logger: Logger },
): Promise<void> {
  logger.info('shutting down');
  const patienceMs = Math.max(timeoutMs / 2, timeoutMs - CLOSING_MS);
  const end = await within(patienceMs, endable.drain());
  if (end === 'late') logger.warn({ timeoutMs }, 'operations still ran at the end: cut off');
  // The end is promised within that time, whatever does not let itself be closed.
  await within(CLOSING_MS, endable.close());
}
