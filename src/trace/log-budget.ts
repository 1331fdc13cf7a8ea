/**
 * Limits the memory of all logs. Running out of memory would end the process with all its
 * operations.
 */
export type LogBudget = ReturnType<typeof createLogBudget>;
/** The part of the budget that one operation uses. */
export type OperationLogs = ReturnType<LogBudget['openOperation']>;

/** Memory for all logs together, as a multiple of the limit of one log. */
const MAX_FULL_LOGS = 2;
const MIN_PER_LOG = 64 * 1024;
/**
 * Maximum output per operation, in characters and as a multiple of the limit of one log. Above 1,
 * because an operation may select one log in several formats.
 */
const MAX_FULL_OUTPUTS = 4;
/**
 * Maximum number of lines and sections in the output of an operation: five pages of the largest
 * size. Limited separately, because even empty lines need memory.
 */
const MAX_ROWS = 25_000;

/**
 * Number of bytes that each of `logs` concurrent logs may keep: an equal share of `total`, at least
 * 64 KiB.
 */
export function sharePerLog(max: { perLog: number; total: number }, logs: number): number {
  return Math.min(max.perLog, Math.max(MIN_PER_LOG, Math.floor(max.total / logs)));
}

/** Creates the budget of a process, with at most `maxPerLog` bytes for each log. */
export function createLogBudget(maxPerLog: number) {
  const max = { perLog: maxPerLog, total: MAX_FULL_LOGS * maxPerLog };
  let logs = 0;
  return {
    openOperation() {
      let own = 0;
      const output = { characters: 0, rows: 0 };
      return {
        /** Adds a log. Call before reading it, so that concurrent logs share the memory equally. */
        open() {
          own += 1;
          logs += 1;
        },
        /** Subtracts a log that could not be opened. Has no effect after `release`. */
        close() {
          if (own === 0) return;
          own -= 1;
          logs -= 1;
        },
        /** Returns the maximum bytes to keep of a log that is read now. The end of the log is kept. */
        limitPerLog: () => sharePerLog(max, logs),
        /** Adds to the operation's output. Returns false if the output then exceeds its limit. */
        recordOutput({ characters = 0, rows = 0 }: { characters?: number; rows?: number }) {
          output.characters += characters;
          output.rows += rows;
          return output.characters <= MAX_FULL_OUTPUTS * maxPerLog && output.rows <= MAX_ROWS;
        },
        /**
         * Returns the operation's memory to the budget. Call when its logs are no longer needed.
         */
        release() {
          logs -= own;
          own = 0;
        },
      };
    },
  };
}
