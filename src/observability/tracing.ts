import {
  type Context,
  context,
  isSpanContextValid,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
} from '@opentelemetry/api';
import type { Call, Exchange, RawResponse } from '../gitlab/request.ts';
import { type Operation, outcomeOf } from './operation.ts';

/*
 * OpenTelemetry through its API alone: without an SDK in the process nothing is recorded and nothing
 * leaves it. docs/operations.md shows how to preload one. Names follow the semantic conventions for
 * GraphQL and HTTP; no span holds a token, a query string or a document's text.
 */

const tracerName = 'gitlab-jobs-gateway';

/** Reads a header of a request; null or undefined where it is absent. */
type ReadHeader = (name: string) => string | null | undefined;

/** The names that propagators ask for one by one. */
const headerGetter: TextMapGetter<ReadHeader> = {
  keys: () => ['traceparent', 'tracestate', 'baggage'],
  get: (header, name) => header(name) ?? undefined,
};

/** Whether there is an SDK. A span that is not sampled counts too: it has what lies below it not sampled either. */
const isKnown = (span: Span) => isSpanContextValid(span.spanContext());

/** The span that is active, or else the one that a carrier of trace context names. */
function parentIn<Carrier>(carrier: Carrier, getter?: TextMapGetter<Carrier>): Context {
  const active = context.active();
  return trace.getSpan(active) ? active : propagation.extract(active, carrier, getter);
}

/** The span of an operation; `run` makes it the parent of what happens inside. */
export interface OperationSpan {
  run<T>(work: () => T): T;
  end(operation: Operation): void;
}

function describeOperation(span: Span, operation: Operation): void {
  const { type, name, document, requestCounter, codes } = operation;
  const outcome = outcomeOf(operation);
  if (type !== 'unknown') span.updateName(type);
  span.setAttributes({
    'graphql.operation.type': type,
    ...(name !== undefined && { 'graphql.operation.name': name }),
    ...(document !== undefined && { 'graphql.document.id': document }),
    'gateway.upstream.calls': requestCounter?.calls ?? 0,
    'gateway.outcome': outcome,
    ...(codes.size > 0 && { 'error.type': [...codes].join(',') }),
  });
  if (outcome === 'error') span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Starts one, below the span that is active, or else below the caller's `traceparent`. */
export function startOperationSpan(header: ReadHeader): OperationSpan {
  const parent = parentIn(header, headerGetter);
  const tracer = trace.getTracer(tracerName);
  const span = tracer.startSpan('graphql', { kind: SpanKind.SERVER }, parent);
  if (!isKnown(span)) return { run: (work) => work(), end: () => span.end() };
  const inside = trace.setSpan(parent, span);
  return {
    run: (work) => context.with(inside, work),
    end(operation) {
      if (span.isRecording()) describeOperation(span, operation);
      span.end();
    },
  };
}

/** Below the span that is active; a raw log's, which is no operation, below the caller's `traceparent`. */
function startCallSpan({ method, endpoint, traceContext = {} }: Call): Span {
  const parent = parentIn(traceContext);
  const attributes = { 'http.request.method': method, 'url.template': endpoint.template };
  const name = `${method} ${endpoint.template}`;
  const options = { kind: SpanKind.CLIENT, attributes };
  return trace.getTracer(tracerName).startSpan(name, options, parent);
}

function describeAnswer(span: Span, { status }: RawResponse): void {
  span.setAttribute('http.response.status_code', status);
  if (status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
}

/** What goes upstream: the call's own span as the parent, where there is one. */
function traceContextBelow(span: Span): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagation.inject(trace.setSpan(context.active(), span), carrier);
  return carrier;
}

/** Gives each exchange with GitLab a span of its own. */
export function traceExchange(exchange: Exchange): Exchange {
  return async (call) => {
    const span = startCallSpan(call);
    if (!isKnown(span)) return exchange(call);
    try {
      const answer = await exchange({ ...call, traceContext: traceContextBelow(span) });
      describeAnswer(span, answer);
      return answer;
    } catch (error) {
      span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown');
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  };
}
