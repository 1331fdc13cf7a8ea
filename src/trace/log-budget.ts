/** The logs of one operation, as guests of a room that all operations share. */
export interface OperationLogs {
  /** One log more will be kept. Say so before it is read: logs that are read side by side share alike. */
  open(): void;
  /** The most bytes that a log read now may keep of its end. */
  limitPerLog(): number;
  /** Takes note of what goes into the answer; false when there is more than an operation may give out. */
  recordOutput(part: { characters?: number; rows?: number }): boolean;
  /** The operation is over, and what it kept is gone. */
  release(): void;
}

/** Where logs are kept while operations answer. */
export interface LogBudget {
  openOperation(): OperationLogs;
}

/** Together logs may take so many times what one may. */
const LOGS_OF_FULL_LENGTH = 2;
/** However many there are, each keeps so much. */
const LEAST_PER_LOG = 64 * 1024;
/** A log of full length, in so many formats. */
const TELLINGS = 4;
/** Lines and sections, which cost more for being many than for their text: five full pages of lines. */
const MOST_ROWS = 25_000;

/**
 * Bounds the memory that logs take. A process dies of too much of it, and takes everybody's operations with it:
 * so where many logs are read at once, each keeps less of its end.
 */
export function createLogBudget(mostPerLog: number): LogBudget {
  const inAll = LOGS_OF_FULL_LENGTH * mostPerLog;
  const mostCharacters = TELLINGS * mostPerLog;
  let logs = 0;
  return {
    openOperation() {
      let own = 0;
      const told = { characters: 0, rows: 0 };
      return {
        open() {
          own += 1;
          logs += 1;
        },
        limitPerLog: () => Math.min(mostPerLog, Math.max(LEAST_PER_LOG, Math.floor(inAll / logs))),
        recordOutput({ characters = 0, rows = 0 }) {
          told.characters += characters;
          told.rows += rows;
          return told.characters <= mostCharacters && told.rows <= MOST_ROWS;
        },
        release() {
          logs -= own;
          own = 0;
        },
      };
    },
  };
}
