import type { DocumentNode, GraphQLError } from 'graphql';
import { toClientError } from '../graphql/client-errors.ts';
import {
  describe,
  noteResult,
  type Operation,
  startOperation,
} from '../observability/operation.ts';
import type { Telemetry } from '../observability/telemetry.ts';
import { startOperationSpan } from '../observability/tracing.ts';

/** What an operation begins with. */
export interface OperationStart {
  requestId: string;
  transport: Operation['transport'];
  header(name: string): string | null | undefined;
  /** Aborted when the caller disconnects. */
  signal: AbortSignal;
}

/** A running operation. */
export interface TrackedOperation {
  readonly operation: Operation;
  readonly span: ReturnType<typeof startOperationSpan>;
  readonly signal: AbortSignal;
  isOver: boolean;
}

/** Records each operation once, from its start to its last result: for the log line, metrics and the span. */
export interface OperationTracker {
  start(given: OperationStart): TrackedOperation;
  describe(tracked: TrackedOperation, document: DocumentNode, name: string | undefined): void;
  /** Records one result. `data` is JSON; undefined if nothing was executed. */
  record(
    tracked: TrackedOperation,
    result: { data: string | undefined; errors: readonly GraphQLError[] },
  ): void;
  /** Records a failure that has no result, unless the caller has disconnected. */
  fail(tracked: TrackedOperation, error: unknown): void;
  subscribed(change: 1 | -1): void;
  /** Ends it; repeated calls have no effect. */
  end(tracked: TrackedOperation): void;
}

/** `now` returns monotonic time in ms. */
export function createOperationTracker(
  observer: Telemetry['observer'],
  now: () => number,
): OperationTracker {
  return {
    start({ requestId, transport, header, signal }) {
      observer.began();
      const operation = startOperation({ requestId, transport, startedAt: now() });
      return { operation, span: startOperationSpan(header), signal, isOver: false };
    },
    describe: ({ operation }, document, name) => describe(operation, document, name),
    record({ operation }, { data, errors }) {
      // The data is only looked at to distinguish `partial` from `error`.
      noteResult(operation, errors.length > 0 ? { data: data && JSON.parse(data), errors } : {});
    },
    fail({ operation, signal }, error) {
      if (!signal.aborted) noteResult(operation, { errors: [toClientError(error, () => {})] });
    },
    subscribed: observer.subscribed,
    end(tracked) {
      if (tracked.isOver) return;
      tracked.isOver = true;
      const { operation, span, signal } = tracked;
      operation.isAborted = operation.type !== 'subscription' && signal.aborted;
      // Errors of a caller that disconnected are consequences of that.
      if (operation.isAborted) operation.codes.clear();
      observer.ended(operation, now() - operation.startedAt);
      span.end(operation);
    },
  };
}
