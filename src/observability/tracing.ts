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
 * Uses the OpenTelemetry API only: without an SDK in the process, nothing is recorded or exported.
 * docs/operations.md shows how to preload one. Names follow the semantic conventions for GraphQL
 * and HTTP. Spans contain no tokens, query strings or documents.
 */

const tracerName = 'gitlab-jobs-gateway';

/** Returns a request header; null or undefined if it is absent. */
type ReadHeader = (name: string) => string | null | undefined;

const headerGetter: TextMapGetter<ReadHeader> = {
  keys: () => ['traceparent', 'tracestate', 'baggage'],
  get: (header, name) => header(name) ?? undefined,
};

/** Whether there is an SDK. Also true for spans that are not sampled: children inherit that. */
const isKnown = (span: Span) => isSpanContextValid(span.spanContext());

/** Returns the context of the active span, or the one that the carrier contains. */
function parentIn<Carrier>(carrier: Carrier, getter?: TextMapGetter<Carrier>): Context {
  const active = context.active();
  return trace.getSpan(active) ? active : propagation.extract(active, carrier, getter);
}

/** The span of an operation. `run` makes it the parent of all spans that `work` starts. */
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

/** Starts a span as a child of the active span or, without one, of the caller's `traceparent`. */
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

/** Starts a child of the active span or, for a raw log, of the caller's `traceparent`. */
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

/** Returns the headers that make a span the parent of GitLab's spans. */
function traceHeadersOf(span: Span): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagation.inject(trace.setSpan(context.active(), span), carrier);
  return carrier;
}

/** Wraps an exchange so that each request to GitLab has a span. */
export function traceExchange(exchange: Exchange): Exchange {
  return async (call) => {
    const span = startCallSpan(call);
    if (!isKnown(span)) return exchange(call);
    try {
      const answer = await exchange({ ...call, traceContext: traceHeadersOf(span) });
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
