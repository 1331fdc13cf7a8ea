import type { ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';

/** Where the pieces of a body come from; `return` ends it early. */
export type Pieces = Iterator<Uint8Array> | AsyncIterator<Uint8Array>;

/** Who takes the pieces. */
export interface Reader {
  /** What carries the body; undefined where it goes to no socket. */
  response: ServerResponse | undefined;
  /** In ms: a reader who takes nothing for so long is cut off. */
  patienceMs: number;
}

/**
 * A body for a Response that takes a piece only when it is asked for one, and lets others have a turn in
 * between. Not `Readable.toWeb`, which takes as many as there are: it counts pieces where it means bytes.
 */
export function createPulledStream(
  pieces: Pieces,
  { response, patienceMs }: Reader,
): ReadableStream<Uint8Array> {
  let isBegun = false;
  // Not before the first piece: the adapter switches the socket's timeout off when it begins with a body.
  const begin = () => {
    isBegun = true;
    response?.setTimeout(patienceMs, () => {
      // With nothing on its way, it is not the reader who keeps others waiting.
      if (response.writableLength > 0) response.destroy();
    });
  };
  return new ReadableStream(
    {
      async pull(controller) {
        if (!isBegun) begin();
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
