import { setImmediate as nextTurn } from 'node:timers/promises';
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { redactPatterns } from '../util/redact.ts';
import { type Operation, outcomeOf } from './operation.ts';

export type { Logger } from 'pino';

/** Serializes an error. Message and stack are redacted, because some errors quote the request. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return redactPatterns(String(error));
  const { name, message, stack } = error;
  return { type: name, message: redactPatterns(message), stack: stack && redactPatterns(stack) };
}

/** Maximum time that `end` waits for the reader of standard output to take the last lines. */
const END_TIMEOUT_MS = 500;

/**
 * Creates a writer for standard output. Writes are asynchronous, so that a slow reader of the log
 * does not delay requests. Writes are buffered, because one write per line would cost as much CPU
 * time as serializing the line.
 */
export function createStandardOutput() {
  const output = destination({
    fd: 1,
    sync: false,
    // With a buffer of 8 KiB, writing took 6 % of the CPU time of a small operation. A buffer that
    // is not full is written every 100 ms (`periodicFlush`).
    minLength: 32_768,
    maxWrite: 65_536,
    // Text mode would join waiting lines to a string of up to `maxWrite` bytes. Before it adds a
    // line, it would measure this string, and V8 would copy the string for that.
    contentMode: 'buffer',
    periodicFlush: 100,
    // In bytes. When the buffer is full, lines are dropped until the reader has taken some.
    maxLength: 16_777_216,
  });
  const closed = new Promise<void>((resolve) => {
    output.once('close', resolve);
    // The reader of the log may be gone. The gateway continues without it.
    output.on('error', () => resolve());
  });
  let isEnded = false;
  let ending: Promise<void> | undefined;
  const finish = async () => {
    // Waits for the lines of operations that were just aborted.
    await nextTurn();
    output.end();
    isEnded = true;
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, END_TIMEOUT_MS))]);
    // Without this, pino would write the remaining lines synchronously on exit, and wait for the
    // reader without limit.
    output.destroy();
  };
  return {
    write(line: string) {
      // The declared type is for text mode; in buffer mode, `write` takes a buffer.
      if (!isEnded) output.write(Buffer.from(line) as never);
    },
    /** Writes buffered lines and closes. Idempotent. */
    end(): Promise<void> {
      ending ??= finish();
      return ending;
    },
  };
}

/** Creates a logger that writes one JSON object per line. */
export function createLogger(options: {
  level: string;
  output: DestinationStream;
  /** Members of every line, such as the worker's number. */
  base?: Record<string, unknown> | undefined;
}): Logger {
  return pino(
    {
      level: options.level,
      base: options.base ?? null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: describeError },
    },
    options.output,
  );
}

export const silentLogger: Logger = pino({ level: 'silent' });

/** Writes the log line of a finished operation. */
export function logOperation(logger: Logger, operation: Operation, durationMs: number): void {
  if (!logger.isLevelEnabled('info')) return;
  const { requestCounter: counter } = operation;
  const { requestId, transport, type, name, document, execution, codes, results } = operation;
  logger.info(
    {
      requestId,
      transport,
      type,
      name,
      document,
      execution,
      durationMs: Math.round(durationMs * 10) / 10,
      calls: counter?.calls ?? 0,
      coalesced: counter?.coalesced ?? 0,
      notModified: counter?.notModified ?? 0,
      outcome: outcomeOf(operation),
      errors: codes.size > 0 ? [...codes] : undefined,
      results: results === 1 ? undefined : results,
      gitlabRequestIds: counter?.requestIds?.slice(0, 20),
    },
    'operation',
  );
}
