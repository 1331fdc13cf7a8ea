import type { ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../util/clock.ts';

/** Limits of downloads: long responses that are streamed from GitLab, such as raw logs. */
export interface DownloadLimits {
  /**
   * Maximum downloads at the same time. Must be lower than the number of streams to GitLab
   * (transport.ts), so that GraphQL can always read logs.
   */
  readonly total: number;
  readonly perCaller: number;
  /**
   * A download is aborted if the write buffer of its response is full, and was not empty (`drain`)
   * for this time. A full buffer holds about 64 KiB that the client has not read.
   */
  readonly stalledMs: number;
  /** A download that takes longer is aborted. */
  readonly maxMs: number;
  /**
   * If a new download would exceed the limits, the slowest download is aborted, provided that its
   * buffer is full and was last empty at least this time ago.
   */
  readonly slowMs: number;
  /**
   * Whether GitLab has accepted the credential of a caller. All other callers together may use half
   * of the downloads, and they never abort the download of an accepted caller.
   */
  isKnown(caller: string): boolean;
}

const defaultLimits: Omit<DownloadLimits, 'isKnown'> = {
  total: 24,
  perCaller: 12,
  stalledMs: 30_000,
  maxMs: 1_800_000,
  slowMs: 2_000,
};

interface Download {
  readonly caller: string;
  readonly response: ServerResponse;
  readonly startedAt: number;
  /** When the write buffer of the response was last empty: at its last `drain`, or at the start. */
  progressAt: number;
}

/** Creates the registry of the downloads of a process. */
export function createDownloads(
  given: Partial<DownloadLimits> & Pick<DownloadLimits, 'isKnown'>,
  clock: Pick<Clock, 'now'> = systemClock,
) {
  const limits = { ...defaultLimits, ...given };
  const running = new Set<Download>();

  /** Returns how long ago the write buffer was last empty, in ms; 0 if it is not full. */
  const waitingMs = ({ response, progressAt }: Download) =>
    response.writableNeedDrain ? clock.now() - progressAt : 0;
  const cutOff = (download: Download) => {
    running.delete(download);
    download.response.destroy();
  };
  /** Aborts the slowest of the given downloads. Returns false if none is slow. */
  const cutOffSlowest = (downloads: readonly Download[]): boolean => {
    const [slowest] = downloads.toSorted((a, b) => waitingMs(b) - waitingMs(a));
    if (!slowest || waitingMs(slowest) < limits.slowMs) return false;
    cutOff(slowest);
    return true;
  };
  const hasCapacity = (caller: string): boolean => {
    const all = [...running];
    const own = all.filter((download) => download.caller === caller);
    if (own.length >= limits.perCaller) return cutOffSlowest(own);
    if (limits.isKnown(caller)) return all.length < limits.total || cutOffSlowest(all);
    const unknown = all.filter((download) => !limits.isKnown(download.caller));
    const isFull = all.length >= limits.total || unknown.length >= limits.total / 2;
    return !isFull || cutOffSlowest(unknown);
  };
  const watch = (download: Download) => {
    const { response, startedAt } = download;
    const timer = setInterval(() => {
      const isTooLong = clock.now() - startedAt >= limits.maxMs;
      if (isTooLong || waitingMs(download) >= limits.stalledMs) cutOff(download);
    }, limits.stalledMs / 10).unref();
    response.on('drain', () => {
      download.progressAt = clock.now();
    });
    response.once('close', () => {
      clearInterval(timer);
      running.delete(download);
    });
  };

  return {
    /**
     * Registers a download until its response is closed. Returns false if there are too many
     * downloads and none is slow enough to be aborted.
     */
    start(caller: string, response: ServerResponse): boolean {
      if (!hasCapacity(caller)) return false;
      const now = clock.now();
      const download = { caller, response, startedAt: now, progressAt: now };
      running.add(download);
      watch(download);
      return true;
    },
  };
}
