/**
 * Limits the memory of all logs together. If the process ran out of memory, all operations would
 * fail.
 */
export type LogBudget = ReturnType<typeof createLogBudget>;
/** The part of the budget that one operation uses. */
export type OperationLogs = ReturnType<LogBudget['openOperation']>;

/**
 * Memory for all logs together, as a multiple of the limit of one log. Very many concurrent logs
 * may need more, because each may keep MIN_PER_LOG bytes.
 */
const MAX_FULL_LOGS = 2;
const MIN_PER_LOG = 64 * 1024;
/**
 * Maximum characters of log output per operation, as a multiple of the byte limit of one log. It is
 * above 1 because an operation may select one log in several formats.
 */
const MAX_FULL_OUTPUTS = 4;
/**
 * Maximum number of lines and sections in the output of an operation: five pages of 5,000. It is a
 * separate limit because even empty lines need memory.
 */
const MAX_ROWS = 25_000;

/**
 * Returns the number of bytes that each of `logs` concurrent logs may keep: an equal share of
 * `max.total`, but at least 64 KiB and at most `max.perLog`.
 */
export function sharePerLog(max: { perLog: number; total: number }, logs: number): number {
  return Math.min(max.perLog, Math.max(MIN_PER_LOG, Math.floor(max.total / logs)));
}

/**
 * Creates the budget for the logs of a process. At most `maxPerLog` bytes of each log may be kept.
 */
export function createLogBudget(maxPerLog: number) {
  const max = { perLog: maxPerLog, total: MAX_FULL_LOGS * maxPerLog };
  let logs = 0;
  return {
    openOperation() {
      let own = 0;
      const output = { characters: 0, rows: 0 };
      return {
        /**
         * Counts a log of the operation. Must be called before the log is read, so that concurrent
         * logs share the memory equally.
         */
        open() {
          own += 1;
          logs += 1;
        },
        /** Stops counting a log that could not be opened. Has no effect after `release`. */
        close() {
          if (own === 0) return;
          own -= 1;
          logs -= 1;
        },
        /**
         * Returns how many bytes of a log may be kept at the moment. Readers keep the end of the
         * log.
         */
        limitPerLog: () => sharePerLog(max, logs),
        /** Counts output of the operation. Returns false if its output now exceeds a limit. */
        recordOutput({ characters = 0, rows = 0 }: { characters?: number; rows?: number }) {
          output.characters += characters;
          output.rows += rows;
          return output.characters <= MAX_FULL_OUTPUTS * maxPerLog && output.rows <= MAX_ROWS;
        },
        /**
         * Stops counting all logs of the operation. Must be called when they are no longer needed.
         */
        release() {
          logs -= own;
          own = 0;
        },
      };
    },
  };
}
