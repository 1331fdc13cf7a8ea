import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { notePassing } from '../../young-garbage.ts';

/** Where the pieces of one answer's body go. */
export interface BodySink {
  write(chunk: Buffer): void;
  end(): void;
  fail(error: unknown): void;
}

/** Collects a body, up to `limit` bytes; past that it calls `overflow` and keeps nothing more. */
export function createCollector(options: {
  limit: number;
  done(body: Buffer): void;
  overflow(): void;
  fail(error: unknown): void;
}): BodySink {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    write(chunk) {
      size += chunk.length;
      if (size > options.limit) options.overflow();
      else chunks.push(chunk);
    },
    end: () => options.done(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
    fail: options.fail,
  };
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}

/** Passes a body on as it comes, no faster than it is read; closing the stream ends the exchange. */
export function createBodyStream(controller: Dispatcher.DispatchController): {
  stream: Readable;
  sink: BodySink;
} {
  let ended = false;
  const stream = new Readable({
    read: () => controller.resume(),
    destroy(error, callback) {
      if (!ended) controller.abort(error ?? new Error('The reader of the stream has left.'));
      callback(error);
    },
  });
  const sink: BodySink = {
    write(chunk) {
      notePassing(chunk.length);
      if (!stream.push(chunk)) controller.pause();
    },
    end() {
      ended = true;
      stream.push(null);
    },
    fail(error) {
      ended = true;
      stream.destroy(toError(error));
    },
  };
  return { stream, sink };
}
