import type { Logger } from '../observability/logger.ts';

/** The part of `process` that tells of faults. */
export interface FaultSource {
  on(
    event: 'unhandledRejection' | 'uncaughtException',
    listener: (fault: unknown) => void,
  ): unknown;
}

/**
 * Says each fault in one line. A rejection that nobody handled is one request's trouble, and the others
 * go on. After an exception that nobody caught, nothing is certain any more: the process ends, once
 * what runs has had a little time; a second one ends it at once.
 */
export function watchFaults(
  source: FaultSource,
  { logger, end, exit }: { logger: Logger; end(): Promise<unknown>; exit(): void },
): void {
  let isEnding = false;
  source.on('unhandledRejection', (fault) => logger.error({ err: fault }, 'unhandled rejection'));
  source.on('uncaughtException', (fault) => {
    logger.fatal({ err: fault }, 'uncaught exception: the process ends');
    if (isEnding) return exit();
    isEnding = true;
    void end().then(exit, exit);
  });
}
