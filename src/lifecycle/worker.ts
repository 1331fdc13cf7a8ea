import type { Hint } from '../live/wake-ups.ts';
import type { MetricsJson } from '../observability/exposition.ts';
import {
  createQuestions,
  PATIENCE_FOR_ALL_MS,
  type ToPrimary,
  type ToWorker,
} from './worker-messages.ts';

/** The part of `process` that a worker talks to its primary through. */
export interface Channel {
  send?: ((message: ToPrimary) => unknown) | undefined;
  readonly connected: boolean;
  on(event: 'message', listener: (message: ToWorker) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

/** A worker's side of the talk. */
export interface Worker {
  /** Metrics of all workers, as text. */
  metricsOfAll(): Promise<string>;
  /** This worker serves now, and can be asked. */
  listening(address: string): void;
  /** Tells the other workers that something may have changed. */
  passOn(hint: Hint): void;
}

/** Joins the primary process. A worker whose primary is gone drains too: nobody would replace it. */
export function joinPrimary(
  channel: Channel,
  does: { drain(): void; metrics(): Promise<MetricsJson>; hear(hint: Hint): void },
): Worker {
  const questions = createQuestions<string>(PATIENCE_FOR_ALL_MS);
  const send = (message: ToPrimary) => {
    if (channel.connected) channel.send?.(message);
  };
  const collect = async (id: number) => {
    send({ kind: 'collected', id, metrics: await does.metrics() });
  };
  channel.on('message', (message) => {
    if (message.kind === 'drain') does.drain();
    if (message.kind === 'collect') void collect(message.id);
    if (message.kind === 'hint') does.hear(message.hint);
    if (message.kind === 'summed') questions.answer(message.id, message.text);
  });
  channel.on('disconnect', () => does.drain());
  return {
    async metricsOfAll() {
      const text = await questions.ask((id) => send({ kind: 'sum', id }));
      // An empty page would say that all is well and nothing happens.
      if (text === undefined) throw new Error('The primary process does not answer.');
      return text;
    },
    listening: (address) => send({ kind: 'listening', address }),
    passOn: (hint) => send({ kind: 'hint', hint }),
  };
}
