import type { Hint } from '../live/wake-ups.ts';
import type { MetricsJson } from '../observability/exposition.ts';

/** What the primary process says to a worker. */
export type ToWorker =
  /** Finish what runs, then end. */
  | { kind: 'drain' }
  /** Hand over your metrics. */
  | { kind: 'collect'; id: number }
  /** What all workers' metrics come to. */
  | { kind: 'summed'; id: number; text: string }
  /** Another worker was told that something may have changed. */
  | { kind: 'hint'; hint: Hint };

/** What a worker says to the primary process. */
export type ToPrimary =
  | { kind: 'listening'; address: string }
  | { kind: 'collected'; id: number; metrics: MetricsJson }
  /** Somebody wants the metrics of all. */
  | { kind: 'sum'; id: number }
  /** For the other workers. */
  | { kind: 'hint'; hint: Hint };

/** Questions that wait for their answers. */
export interface Questions<T> {
  /** Sends a question under a new id; resolves with its answer, or undefined when none came in time. */
  ask(send: (id: number) => void): Promise<T | undefined>;
  answer(id: number, value: T): void;
  /** How many wait. */
  readonly size: number;
}

/** How long a worker may take to hand over its metrics, in ms. */
const PATIENCE_MS = 2_000;
/** Who asks for the metrics of all waits longer than any of them may take. */
export const PATIENCE_FOR_ALL_MS = 2 * PATIENCE_MS;

/** No question waits longer than that: whoever was asked may be gone. */
export function createQuestions<T>(patienceMs = PATIENCE_MS): Questions<T> {
  const waiting = new Map<number, (value: T | undefined) => void>();
  let lastId = 0;
  return {
    ask(send) {
      const id = ++lastId;
      return new Promise((resolve) => {
        const settle = (value: T | undefined) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(value);
        };
        const timer = setTimeout(settle, patienceMs, undefined);
        waiting.set(id, settle);
        send(id);
      });
    },
    answer: (id, value) => waiting.get(id)?.(value),
    get size() {
      return waiting.size;
    },
  };
}
