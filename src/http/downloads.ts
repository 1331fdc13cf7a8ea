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
   * A download is aborted if the write buffer of its response is full for this time, without a
   * `drain` event. A full buffer holds about 64 KiB that the client has not read.
   */
  readonly stalledMs: number;
  /** A download that takes longer is aborted. */
  readonly maxMs: number;
  /**
   * A download is slow if its buffer is full for this time. If a new download would exceed the
   * limits, the slowest of the slow downloads is aborted. The measured time may be too long by half
   * of `slowMs`.
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
  /** When the write buffer of the response was last not full, as far as is known. */
  progressAt: number;
}

/** Creates the registry of the downloads of a process. */
export function createDownloads(
  given: Partial<DownloadLimits> & Pick<DownloadLimits, 'isKnown'>,
  clock: Pick<Clock, 'now'> = systemClock,
) {
  const limits = { ...defaultLimits, ...given };
  const running = new Set<Download>();

  /** Returns for how long the write buffer has been full, in ms; 0 if it is not full. */
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
    const timer = setInterval(
      () => {
        // A download whose buffer is not full waits for GitLab, not for the client.
        if (!response.writableNeedDrain) download.progressAt = clock.now();
        const isTooLong = clock.now() - startedAt >= limits.maxMs;
        if (isTooLong || waitingMs(download) >= limits.stalledMs) cutOff(download);
      },
      Math.min(limits.stalledMs / 10, limits.slowMs / 2),
    ).unref();
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
