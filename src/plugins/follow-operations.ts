import type { ExecutionResult } from 'graphql';
import { isAsyncIterable } from 'graphql-yoga';
import { toClientError } from '../graphql/errors.ts';
import { noteResult, type Operation, startOperation } from '../observability/operation.ts';
import { type OperationSpan, startOperationSpan } from '../observability/tracing.ts';
import { watchStream } from '../observability/watched-stream.ts';

/** Who is told of operations. */
export interface OperationObserver {
  began(): void;
  /** By how many live subscriptions there are more. */
  subscribed(change: 1 | -1): void;
  ended(operation: Operation, durationMs: number): void;
}

/** An operation under way. */
export interface Running {
  readonly operation: Operation;
  readonly span: OperationSpan;
  /** Whether its caller is gone. */
  hasLeft(): boolean;
  /** Lets go of what its context holds. */
  release(): void;
  isOver: boolean;
}

type Result = ExecutionResult | AsyncIterable<ExecutionResult>;

/** What an operation begins with. */
export interface Start {
  requestId: string;
  transport: Operation['transport'];
  /** A header of its request. */
  header(name: string): string | null | undefined;
  hasLeft(): boolean;
}

/** Follows operations from their first sign to their last result and tells the observer. */
export interface Follower {
  start(given: Start): Running;
  end(running: Running): void;
  /** Takes note of an operation that came to nothing. */
  fail(running: Running, error: unknown): void;
  /** Takes note of a result; of a stream, gives what is to be sent in its place. */
  settle(running: Running, result: Result): AsyncIterable<ExecutionResult> | undefined;
}

/** Makes a follower; `now` is in ms. */
export function createFollower(observer: OperationObserver, now: () => number): Follower {
  const start = ({ requestId, transport, header, hasLeft }: Start): Running => {
    observer.began();
    return {
      operation: startOperation({ requestId, transport, startedAt: now() }),
      span: startOperationSpan(header),
      hasLeft,
      release() {},
      isOver: false,
    };
  };
  const end = (running: Running) => {
    if (running.isOver) return;
    running.isOver = true;
    const { operation, span } = running;
    operation.isAborted = operation.type !== 'subscription' && running.hasLeft();
    // What failed because nobody waited for it any more is no error to tell of.
    if (operation.isAborted) operation.codes.clear();
    running.release();
    observer.ended(operation, now() - operation.startedAt);
    span.end(operation);
  };
  const fail = ({ operation, hasLeft }: Running, error: unknown) => {
    if (!hasLeft()) noteResult(operation, { errors: [toClientError(error, () => {})] });
  };

  const settle = (running: Running, result: Result) => {
    const { operation } = running;
    if (!isAsyncIterable(result)) {
      noteResult(operation, result);
      end(running);
      return undefined;
    }
    const isLive = operation.type === 'subscription';
    if (isLive) observer.subscribed(1);
    return watchStream(result, {
      onValue: (value) => noteResult(operation, value),
      onError: (error) => fail(running, error),
      onEnd() {
        if (isLive) observer.subscribed(-1);
        end(running);
      },
    });
  };
  return { start, end, fail, settle };
}
