import { createLogger, type Logger } from '../../src/observability/logger.ts';

/** A line of the log, parsed. */
export type LogLine = Record<string, unknown> & { level: string; msg: string };

/** A log that is kept, to be looked into. */
export interface MemoryLog {
  logger: Logger;
  /** As it was written. */
  text(): string;
  lines(): LogLine[];
  /** Resolves with the first line that fits, written already or later. */
  line(fits: (line: LogLine) => boolean): Promise<LogLine>;
}

/** Keeps what is logged. */
export function createMemoryLog(level = 'info'): MemoryLog {
  const texts: string[] = [];
  const waiting = new Set<() => void>();
  const output = {
    write(text: string) {
      texts.push(text);
      for (const look of waiting) look();
    },
  };
  const lines = () => texts.map((text) => JSON.parse(text) as LogLine);
  return {
    logger: createLogger({ level, output }),
    text: () => texts.join(''),
    lines,
    line: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          const found = lines().find(fits);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
