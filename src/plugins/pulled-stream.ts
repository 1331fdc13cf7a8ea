import { setImmediate as turn } from 'node:timers/promises';

/** Where the pieces of a body come from; `return` ends it early. */
export type Pieces = Iterator<Uint8Array> | AsyncIterator<Uint8Array>;

/**
 * A body for a Response that takes a piece only when it is asked for one, and lets others have a turn in
 * between. Not `Readable.toWeb`, which takes as many as there are: it counts pieces where it means bytes.
 */
export function createPulledStream(pieces: Pieces): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        await turn();
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
