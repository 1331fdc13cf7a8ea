import { readFileSync } from 'node:fs';

/*
 * SIGTERM and SIGINT before the program serves. As process 1 of a container it has no default action
 * for signals: Linux discards every signal that the program does not handle.
 */

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Bits of SIGINT (2) and SIGTERM (15) in the mask of handled signals. */
const [INT_BIT, TERM_BIT] = [1n << 1n, 1n << 14n];

/**
 * Whether a signal arrived before any JavaScript ran. Node itself handles both signals from early on.
 * Its handler removes itself and raises the signal again, which has no effect on process 1. So one of
 * the two handlers is missing.
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

/** Ends the process on a signal, with exit code 0. Returns a function that stops that. */
export function exitOnSignal(): () => void {
  const exit = () => process.exit(0);
  if (hasLostSignal()) exit();
  for (const signal of SIGNALS) process.once(signal, exit);
  return () => {
    for (const signal of SIGNALS) process.off(signal, exit);
  };
}
