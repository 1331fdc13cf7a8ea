import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { small, tokens } from '../helpers/worlds.ts';
import { startBothWays, type Way } from './direct-both-ways.ts';

let exporter: InMemorySpanExporter;
let provider: NodeTracerProvider;

beforeEach(() => {
  exporter = new InMemorySpanExporter();
  provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
});
afterEach(async () => {
  await provider.shutdown();
  trace.disable();
  propagation.disable();
  context.disable();
});

const json = { 'content-type': 'application/json' };
const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const JOB = `query Job { ok: __typename job(project: "42", id: "${small.fullJob}") { name trace { byteSize } } }`;
const RETRY = `mutation Retry { jobRetry(input: { id: "${toGlobalId('Job', 42, small.fullJob)}" }) { retriedJobId } }`;

/** Spans as a tree, in the order of their ends: names, what is known of them, and what is above. */
function shapeOf(spans: readonly ReadableSpan[]) {
  const nameOf = (id: string | undefined) =>
    spans.find((span) => span.spanContext().spanId === id)?.name ?? id;
  return spans.map(({ name, kind, status, attributes, parentSpanContext }) => ({
    ...{ name, kind, status, attributes },
    above: nameOf(parentSpanContext?.spanId),
  }));
}

it.each([
  ['a query', { query: JOB }],
  ['a mutation', { query: RETRY }],
  ['a refused document', { query: '{ nonsense }' }],
  ['a wrong argument', { query: '{ job(project: "42", id: "x") { name } }' }],
])('has the same spans by both ways: %s', async (_name, body) => {
  const both = await startBothWays();
  const spansBy = async ({ url, simulator }: Way) => {
    exporter.reset();
    const headers = { ...json, 'private-token': tokens.alice, traceparent };
    const sent = { method: 'POST', headers, body: JSON.stringify(body) };
    await (await fetch(`${url}/graphql`, sent)).text();
    const isServer = ({ kind }: ReadableSpan) => kind === SpanKind.SERVER;
    await expect.poll(() => exporter.getFinishedSpans().some(isServer)).toBe(true);
    const passedOn = simulator.requests.map((request) => request.headers['traceparent']);
    return {
      spans: shapeOf(exporter.getFinishedSpans()),
      // Each call names its own span, all of them the caller's trace.
      passedOn: passedOn.map((text) => String(text).slice(0, 35)),
    };
  };
  const seen = await spansBy(both.short);
  expect(seen).toEqual(await spansBy(both.general));
  expect(seen.spans.at(-1)?.above).toBe('b'.repeat(16));
});
