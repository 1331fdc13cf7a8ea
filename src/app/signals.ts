import { readFileSync } from 'node:fs';

/*
 * Handles SIGTERM and SIGINT from the start of the program. If the program is process 1 of a
 * container, Linux discards every signal that has no handler.
 */

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Bits of SIGINT (2) and SIGTERM (15) in Linux's mask of handled signals. */
const [INT_BIT, TERM_BIT] = [1n << 1n, 1n << 14n];

/**
 * Whether process 1 lost a signal that arrived before any JavaScript ran. At that time, only Node's
 * own handlers of SIGTERM and SIGINT exist. Such a handler removes itself and raises the signal
 * again, which has no effect on process 1. So if exactly one of the two handlers is missing, its
 * signal was lost.
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
 * Makes SIGTERM and SIGINT end the process with exit code 0. The returned function sets a callback
 * to call instead. If the same signal arrives twice, the second one ends the process immediately.
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
  // Replaces only the callback, never the signal handlers. A signal that arrives while JavaScript
  // runs is handled afterwards, and would be lost if its handler were replaced in between.
  return (callback) => {
    onSignal = callback;
  };
}
