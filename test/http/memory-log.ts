import { createLogger, type Logger } from '../../src/observability/logger.ts';

/** A log line, parsed from JSON. */
export type LogLine = Record<string, unknown> & { level: string; msg: string };

/** A log that is kept in memory. */
export interface MemoryLog {
  logger: Logger;
  text(): string;
  lines(): LogLine[];
  /** Resolves with the first line that matches. Waits for one if there is none yet. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>;
}

/** Creates a log in memory. */
export function createMemoryLog(level = 'info'): MemoryLog {
  const texts: string[] = [];
  const waiting = new Set<() => void>();
  const output = {
    write(text: string) {
      texts.push(text);
      for (const check of waiting) check();
    },
  };
  const lines = () => texts.map((text) => JSON.parse(text) as LogLine);
  return {
    logger: createLogger({ level, output }),
    text: () => texts.join(''),
    lines,
    line: (matches) =>
      new Promise((resolve) => {
        const check = () => {
          const found = lines().find(matches);
          if (!found) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
  };
}
