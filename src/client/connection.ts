import { onAbort, untilAborted } from './abort.ts';
import type { Clock } from './clock.ts';
import { createEventParser } from './event-stream.ts';
import { errorOfResult, GatewayError, networkError, type Result, readResult } from './result.ts';

/** A connection counts as lost if nothing arrives for this time. The gateway pings every 12 s. */
const MAX_SILENCE_MS = 30_000;

/** Waits for a promise. Aborts the connection if that takes longer than `MAX_SILENCE_MS`. */
type Receive = <Value>(value: Promise<Value>) => Promise<Value>;

async function* readStream<Data>(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  receive: Receive,
): AsyncGenerator<Result<Data>, void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const parse = createEventParser();
  try {
    for (;;) {
      const { value: text } = await receive(reader.read());
      if (text === undefined) throw new Error('it ended too early');
      for (const { type, data } of parse(text)) {
        if (type === 'complete') return;
        if (type === 'next') yield JSON.parse(data);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function* readResults<Data>(
  response: Response,
  receive: Receive,
): AsyncGenerator<Result<Data>, void> {
  const { body, headers } = response;
  if (body && headers.get('content-type')?.startsWith('text/event-stream')) {
    yield* readStream<Data>(body, receive);
  } else {
    yield await receive(readResult<Data>(response));
  }
}

/**
 * Opens a connection and yields its results. Ends when the subscription is complete. Throws a
 * `GatewayError` if the connection ends earlier, or if a result has no data. Closing the iterator
 * closes the connection.
 */
export async function* readConnection<Data>(
  open: (signal: AbortSignal) => Promise<Response>,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Result<Data>, void> {
  const connection = new AbortController();
  const forget = onAbort(signal, (reason) => connection.abort(reason));
  const receive: Receive = (value) => {
    const error = new Error('nothing has arrived for 30 s');
    const cancel = clock.after(MAX_SILENCE_MS, () => connection.abort(error));
    return untilAborted(value, connection.signal).finally(cancel);
  };
  try {
    const response = await receive(open(connection.signal));
    for await (const result of readResults<Data>(response, receive)) {
      if (result.data == null) throw errorOfResult(result, response);
      yield result;
    }
  } catch (error) {
    throw error instanceof GatewayError ? error : networkError(error);
  } finally {
    forget();
    connection.abort();
  }
}
