/** The logs of one operation, as guests of a room that all operations share. */
export interface OperationLogs {
  /** One log more will be kept. Say so before it is read: logs that are read side by side share alike. */
  open(): void;
  /** The most bytes that a log read now may keep of its end. */
  share(): number;
  /** Takes note of text that goes into the answer; false when there is more than an operation may give out. */
  tell(characters: number): boolean;
  /** The operation is over, and what it kept is gone. */
  leave(): void;
}

/** Where logs are kept while operations answer. */
export interface LogRoom {
  enter(): OperationLogs;
  /** Characters of logs that one operation may give out. */
  readonly mostToTell: number;
}

/** Together logs may take so many times what one may. */
const LOGS_OF_FULL_LENGTH = 2;
/** However many there are, each keeps so much. */
const LEAST_PER_LOG = 64 * 1024;
/** A log of full length, in so many formats. */
const TELLINGS = 4;

/**
 * Bounds the memory that logs take. A process dies of too much of it, and takes everybody's operations with it:
 * so where many logs are read at once, each keeps less of its end.
 */
export function createLogRoom(mostPerLog: number): LogRoom {
  const inAll = LOGS_OF_FULL_LENGTH * mostPerLog;
  const mostToTell = TELLINGS * mostPerLog;
  let logs = 0;
  return {
    mostToTell,
    enter() {
      let own = 0;
      let told = 0;
      return {
        open() {
          own += 1;
          logs += 1;
        },
        share: () => Math.min(mostPerLog, Math.max(LEAST_PER_LOG, Math.floor(inAll / logs))),
        tell(characters) {
          told += characters;
          return told <= mostToTell;
        },
        leave() {
          logs -= own;
          own = 0;
        },
      };
    },
  };
}
