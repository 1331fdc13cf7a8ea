/*
 * Bytes that stream through leave a buffer each 64 KiB. V8 counts the objects, which are tiny, and
 * not what hangs on them: left alone it lets 32 MiB of dead buffers stand before it looks
 * (docs/decisions/009-memory-of-logs.md).
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor' }) => void;

/** How much may pass between two looks. A look takes some tenths of a millisecond. */
const PASSING = 1 * 1024 * 1024;

/** V8's own collector, which it shows to contexts made under this flag; undefined where it does not. */
function findCollector(): Collect | undefined {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  return typeof found === 'function' ? (found as Collect) : undefined;
}

/** One heap, one count, whichever streams the bytes pass through. */
let collect: Collect | undefined;
let passed = 0;

/** Takes note of bytes that have streamed through; each MiB the buffers that are done with are freed. */
export function notePassing(bytes: number): void {
  passed += bytes;
  if (passed < PASSING) return;
  passed = 0;
  collect ??= findCollector() ?? (() => {});
  collect({ type: 'minor' });
}
