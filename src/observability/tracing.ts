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
import type { Call, Exchange } from '../gitlab/request.ts';
import { type Operation, outcomeOf } from './operation.ts';

/*
 * Uses the OpenTelemetry API only: without an SDK in the process, nothing is recorded or exported.
 * docs/operations.md shows how to preload an SDK. Names follow the semantic conventions for GraphQL
 * and HTTP. Spans contain no tokens, query strings or documents.
 */

const tracerName = 'gitlab-jobs-gateway';

/** Returns a request header; null or undefined if it is absent. */
type ReadHeader = (name: string) => string | null | undefined;

const headerGetter: TextMapGetter<ReadHeader> = {
  keys: () => ['traceparent', 'tracestate', 'baggage'],
  get: (header, name) => header(name) ?? undefined,
};

/**
 * Whether an OpenTelemetry SDK is registered. Also true for a span that is not sampled: its context
 * must be passed on, so that its children are not sampled either.
 */
const hasSdk = (span: Span) => isSpanContextValid(span.spanContext());

/** Returns the context of the active span or, without one, the context in the carrier's headers. */
function parentIn<Carrier>(carrier: Carrier, getter?: TextMapGetter<Carrier>): Context {
  const active = context.active();
  return trace.getSpan(active) ? active : propagation.extract(active, carrier, getter);
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
export function startOperationSpan(header: ReadHeader) {
  const parent = parentIn(header, headerGetter);
  const tracer = trace.getTracer(tracerName);
  const span = tracer.startSpan('graphql', { kind: SpanKind.SERVER }, parent);
  const inside = hasSdk(span) ? trace.setSpan(parent, span) : undefined;
  return {
    /** Runs `work` with this span as the parent of all spans that `work` starts. */
    run: <T>(work: () => T): T => (inside ? context.with(inside, work) : work()),
    end(operation: Operation) {
      if (span.isRecording()) describeOperation(span, operation);
      span.end();
    },
  };
}

/**
 * Starts the span of a call to GitLab as a child of the active span. A download of a raw log or of
 * artifacts has no active span. The parent is then the `traceparent` of the caller, if there is
 * one.
 */
function startCallSpan({ method, endpoint, traceContext = {} }: Call): Span {
  const parent = parentIn(traceContext);
  const attributes = { 'http.request.method': method, 'url.template': endpoint.template };
  const name = `${method} ${endpoint.template}`;
  const options = { kind: SpanKind.CLIENT, attributes };
  return trace.getTracer(tracerName).startSpan(name, options, parent);
}

/** Returns the headers of a call to GitLab that make `span` the parent of GitLab's own spans. */
function traceHeadersOf(span: Span): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagation.inject(trace.setSpan(context.active(), span), carrier);
  return carrier;
}

/** Wraps the function that sends requests to GitLab, so that each request has a span. */
export function traceExchange(exchange: Exchange): Exchange {
  return async (call) => {
    const span = startCallSpan(call);
    if (!hasSdk(span)) return exchange(call);
    try {
      const response = await exchange({ ...call, traceContext: traceHeadersOf(span) });
      span.setAttribute('http.response.status_code', response.status);
      if (response.status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
      return response;
    } catch (error) {
      span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown');
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  };
}
