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

/** The parts of a request that telemetry needs. */
export interface OperationStart {
  transport: Operation['transport'];
  requestId: string;
  /** Reads a request header, for the credential and the trace context. */
  header(name: string): string | null | undefined;
  /** Aborted when the caller disconnects. */
  signal: AbortSignal;
}

export type OperationTracker = ReturnType<typeof createOperationTracker>;

export interface TrackedOperation {
  readonly operation: Operation;
  readonly span: ReturnType<typeof startOperationSpan>;
  readonly signal: AbortSignal;
  isOver: boolean;
}

/**
 * Records each operation once, from its start to its last result: for the log line, metrics and the
 * span. `now` returns monotonic time in ms.
 */
export function createOperationTracker(observer: Telemetry['observer'], now: () => number) {
  return {
    start({ requestId, transport, header, signal }: OperationStart): TrackedOperation {
      observer.began();
      const operation = startOperation({ requestId, transport, startedAt: now() });
      return { operation, span: startOperationSpan(header), signal, isOver: false };
    },
    describe({ operation }: TrackedOperation, document: DocumentNode, name: string | undefined) {
      describe(operation, document, name);
    },
    /** Records one result. `data` is JSON, or undefined if nothing was executed. */
    record(
      { operation }: TrackedOperation,
      { data, errors }: { data: string | undefined; errors: readonly GraphQLError[] },
    ) {
      // Only the outcomes `partial` and `error` depend on the data, so it is parsed only if there
      // are errors.
      noteResult(operation, errors.length > 0 ? { data: data && JSON.parse(data), errors } : {});
    },
    /** Records a failure for which no response exists, unless the caller has disconnected. */
    fail({ operation, signal }: TrackedOperation, error: unknown) {
      if (!signal.aborted) noteResult(operation, { errors: [toClientError(error, () => {})] });
    },
    subscribed: observer.subscribed,
    /** Ends the operation. Further calls have no effect. */
    end(tracked: TrackedOperation) {
      if (tracked.isOver) return;
      tracked.isOver = true;
      const { operation, span, signal } = tracked;
      operation.isAborted = operation.type !== 'subscription' && signal.aborted;
      // The disconnection itself causes errors, which are not reported.
      if (operation.isAborted) operation.codes.clear();
      observer.ended(operation, now() - operation.startedAt);
      span.end(operation);
    },
  };
}
