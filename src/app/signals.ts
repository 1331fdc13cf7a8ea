import { readFileSync } from 'node:fs';

/*
 * Handles SIGTERM and SIGINT from the start of the program. As process 1 of a container, the program
 * has no default action for signals: Linux discards every signal that it does not handle.
 */

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Bits of SIGINT (2) and SIGTERM (15) in the mask of handled signals. */
const [INT_BIT, TERM_BIT] = [1n << 1n, 1n << 14n];

/**
 * Whether a signal arrived before any JavaScript ran. In that time, Node itself handles both
 * signals: it removes its handler and raises the signal again, which has no effect on process 1. So
 * if a signal was lost, exactly one of the two handlers is missing.
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
 * Ends the process with exit code 0 on a signal. The returned function sets a callback that is
 * called instead. The signal handlers stay in place: replacing them would lose a signal that
 * arrived during synchronous work. A second signal ends the process immediately.
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
