import { setImmediate as turn } from 'node:timers/promises';
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { redactPatterns } from '../util/redact.ts';
import { type Operation, outcomeOf } from './operation.ts';

export type { Logger } from 'pino';

/** What an error's log line says. Texts of errors are redacted: some quote what was sent. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return redactPatterns(String(error));
  const { name, message, stack } = error;
  return { type: name, message: redactPatterns(message), stack: stack && redactPatterns(stack) };
}

/** What is written for nobody, once its reader stands still, is lost beyond so many bytes: memory is for those who ask. */
const MAX_WAITING = 16_777_216;
/** At the end the reader gets so many ms to take the rest. */
const LAST_MS = 500;

/** Lines wait for one another up to so many characters, and no longer than so many ms. */
const TOGETHER = 16_384;
const AT_MOST_MS = 50;

/** Standard output for a log. */
export interface StandardOutput extends DestinationStream {
  /** Writes what waits, if its reader takes it, and ends. Again: changes nothing. */
  end(): Promise<void>;
}

/**
 * Standard output, written beside the program's work: a slow reader of the log does not hold it up, nor its end. Lines
 * are handed over together, since each write on its own cost as much as making the line.
 */
export function createStandardOutput(): StandardOutput {
  const output = destination({ fd: 1, sync: false, maxLength: MAX_WAITING });
  const over = new Promise<void>((resolve) => {
    output.once('close', resolve);
    // Whoever reads the log may have gone; that is no reason to stop serving.
    output.on('error', () => resolve());
  });
  let lines: string[] = [];
  let size = 0;
  let timer: NodeJS.Timeout | undefined;
  let ending: Promise<void> | undefined;
  const handOver = () => {
    clearTimeout(timer);
    timer = undefined;
    if (size > 0) output.write(lines.join(''));
    [lines, size] = [[], 0];
  };
  const finish = async () => {
    // Operations that were just cut off tell of their end in this turn.
    await turn();
    handOver();
    output.end();
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, LAST_MS))]);
    // What is left would be written when the process exits, which waits for the reader without end.
    output.destroy();
  };
  return {
    write(line) {
      lines.push(line);
      size += line.length;
      if (size >= TOGETHER) handOver();
      else timer ??= setTimeout(handOver, AT_MOST_MS).unref();
    },
    end() {
      ending ??= finish();
      return ending;
    },
  };
}

/** Writes one JSON object a line. */
export function createLogger(options: {
  level: string;
  output: DestinationStream;
  /** Stands in each line, such as the worker's number. */
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

/** Says nothing. */
export const silentLogger: Logger = pino({ level: 'silent' });

/** GitLab's request ids in one line: enough to follow an operation there, not a page of them. */
const MAX_IDS = 20;

/** The line of an operation that has ended. */
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
      gitlabRequestIds: counter?.requestIds?.slice(0, MAX_IDS),
    },
    'operation',
  );
}
