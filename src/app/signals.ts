import { readFileSync } from 'node:fs';

/*
 * Handles SIGTERM and SIGINT from the start of the program. That matters if the program is process
 * 1 of a container: for process 1, Linux discards every signal without a handler.
 */

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Bits of SIGINT (2) and SIGTERM (15) in Linux's mask of handled signals. */
const [INT_BIT, TERM_BIT] = [1n << 1n, 1n << 14n];

/**
 * Whether a signal arrived before any JavaScript ran. During that time, Node itself handles both
 * signals: it removes the handler of the signal and raises the signal again, which has no effect on
 * process 1. So a signal was lost if exactly one of the two handlers is missing.
 */
function hasLostSignal(): boolean {
  if (process.pid !== 1) return false;
  try {
    const [, mask] =
      /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    const handled = BigInt(`0x${mask ?? '0'}`);
    return Boolean(handled & INT_BIT) !== Boolean(handled & TERM_BIT);
  } catch {
    return false;
  }
}

/** Called on the first SIGTERM, and on the first SIGINT. */
export type OnSignal = (signal: NodeJS.Signals) => void;

/**
 * Ends the process with exit code 0 on a signal, or calls the callback that the returned function
 * has set. Only the callback changes, never the signal handlers: if a signal arrives while other
 * code runs, its handler runs later, and a replacement in between would lose the signal. A signal
 * that arrives twice ends the process immediately.
 */
export function handleSignals(): (callback: OnSignal) => void {
  let onSignal: OnSignal = () => process.exit(0);
  if (hasLostSignal()) process.exit(0);
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      if (process.pid === 1) process.once(signal, () => process.exit(1));
      onSignal(signal);
    });
  }
  return (callback) => {
    onSignal = callback;
  };
}
