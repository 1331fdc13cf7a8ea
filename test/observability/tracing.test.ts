import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { startGateway } from '../helpers/start-gateway.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT_ID = 'b7ad6b7169203331';
const traceparent = `00-${TRACE_ID}-${PARENT_ID}-01`;
const JOB = `query Job { job(project: "${demo.project}", id: "${demo.successJobId}") { name } }`;

const start = () => startGateway({ simulator: { world: seedWorld() }, token: demo.token });

describe('without an OpenTelemetry SDK', () => {
  it('forwards the caller’s trace context to GitLab unchanged', async () => {
    const { query, simulator } = await start();
    await query(JOB, { headers: { traceparent, tracestate: 'a=1' } });
    expect(simulator.requests[0]?.headers).toMatchObject({ traceparent, tracestate: 'a=1' });
  });

  it.each([
    ['of a later version', `01-${TRACE_ID}-${PARENT_ID}-01-more`, true],
    ['with the version ff', `ff-${TRACE_ID}-${PARENT_ID}-01`, false],
    ['of version 00 with more members', `${traceparent}-more`, false],
    ['with a trace id of zeros', `00-${'0'.repeat(32)}-${PARENT_ID}-01`, false],
    ['with a parent id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`, false],
  ])('forwards only a valid traceparent: one %s', async (_what, header, isValid) => {
    const { query, simulator } = await start();
    await query(JOB, { headers: { traceparent: header } });
    expect(simulator.requests[0]?.headers['traceparent']).toBe(isValid ? header : undefined);
  });
});

describe('with an OpenTelemetry SDK in the process', () => {
  let exporter: InMemorySpanExporter;
  let provider: NodeTracerProvider;

  beforeEach(() => {
    exporter = new InMemorySpanExporter();
    provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    provider.register();
  });
  afterEach(async () => {
    await provider.shutdown();
    context.disable();
    trace.disable();
    propagation.disable();
  });

  const spansOf = async (kind: SpanKind, count = 1): Promise<ReadableSpan[]> => {
    const found = () => exporter.getFinishedSpans().filter((span) => span.kind === kind);
    await expect.poll(() => found().length).toBe(count);
    return found();
  };

  it('creates a span for the operation as a child of the caller’s, and child spans for its calls', async () => {
    const { query, simulator } = await start();
    await query(JOB, { headers: { traceparent } });
    const [operation] = await spansOf(SpanKind.SERVER);
    const [call] = await spansOf(SpanKind.CLIENT);
    expect(operation).toMatchObject({
      name: 'query',
      parentSpanContext: { traceId: TRACE_ID, spanId: PARENT_ID },
      attributes: { 'graphql.operation.type': 'query', 'graphql.operation.name': 'Job' },
    });
    expect(call).toMatchObject({
      name: 'GET /projects/:id/jobs/:id',
      parentSpanContext: operation?.spanContext(),
      attributes: {
        'http.request.method': 'GET',
        'url.template': '/projects/:id/jobs/:id',
        'http.response.status_code': 200,
      },
    });
    const { spanId } = call?.spanContext() ?? {};
    expect(simulator.requests[0]?.headers['traceparent']).toBe(`00-${TRACE_ID}-${spanId}-01`);
  });

  it('does not record a trace that the caller does not sample, and forwards that to GitLab', async () => {
    const { query, simulator } = await start();
    await query(JOB, { headers: { traceparent: traceparent.replace(/01$/, '00') } });
    expect(exporter.getFinishedSpans()).toEqual([]);
    const passedOn = simulator.requests[0]?.headers['traceparent'];
    expect(passedOn).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
  });

  it('makes a raw log’s call a child of the caller’s span', async () => {
    const { url } = await start();
    const headers = { 'private-token': demo.token, traceparent };
    const path = `/jobs/${demo.projectId}/${demo.successJobId}/trace`;
    await (await fetch(`${url}${path}`, { headers })).text();
    const [call] = await spansOf(SpanKind.CLIENT);
    expect(call?.parentSpanContext).toMatchObject({ traceId: TRACE_ID, spanId: PARENT_ID });
  });

  it('separates concurrent operations', async () => {
    const { query, simulator } = await start();
    simulator.setLatency(20);
    const ids = [demo.successJobId, demo.failedJobId, demo.manualJobId];
    await Promise.all(
      ids.map((id) => query(`{ job(project: "${demo.projectId}", id: "${id}") { name } }`)),
    );
    const operations = await spansOf(SpanKind.SERVER, 3);
    const calls = await spansOf(SpanKind.CLIENT, 3);
    const traces = (spans: ReadableSpan[]) =>
      spans.map((span) => span.spanContext().traceId).sort();
    expect(new Set(traces(calls)).size).toBe(3);
    expect(traces(calls)).toEqual(traces(operations));
  });

  it('marks failures, and creates a span for each retry', async () => {
    const { query, simulator } = await start();
    simulator.fail({ kind: '503', times: Number.POSITIVE_INFINITY });
    await query(JOB);
    const [operation] = await spansOf(SpanKind.SERVER);
    expect(operation?.status.code).toBe(SpanStatusCode.ERROR);
    expect(operation?.attributes).toMatchObject({ 'error.type': 'UPSTREAM_UNAVAILABLE' });
    const calls = await spansOf(SpanKind.CLIENT, simulator.requests.length);
    expect(calls.length).toBeGreaterThan(1);
    for (const { attributes } of calls) {
      expect(attributes['http.response.status_code']).toBe(503);
    }
  });

  it('marks the span of a refused document as failed', async () => {
    const { query } = await start();
    await query('{ nonsense }', { headers: { traceparent } });
    const [operation] = await spansOf(SpanKind.SERVER);
    expect(operation).toMatchObject({
      parentSpanContext: { traceId: TRACE_ID, spanId: PARENT_ID },
      attributes: { 'error.type': 'GRAPHQL_VALIDATION_FAILED' },
    });
  });

  it('puts no tokens, query strings or documents into spans', async () => {
    const { query } = await start();
    await query(`query Q { project(fullPath: "${demo.project}") { jobs { nodes { name } } } }`);
    await spansOf(SpanKind.CLIENT);
    const texts = exporter.getFinishedSpans().map(({ name, attributes }) => [name, attributes]);
    expect(JSON.stringify(texts)).not.toMatch(/glpat|\?|nodes/);
  });
});
