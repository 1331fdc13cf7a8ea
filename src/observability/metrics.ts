import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';
import type { CallEvent } from '../gitlab/request.ts';
import { type Operation, outcomeOf } from './operation.ts';

/** One process's metrics in a form that can be sent to another. */
export type MetricsJson = MetricObjectWithValues<MetricValue<string>>[];

/** Prometheus' text. */
export async function metricsAsText(registries: readonly Registry[]): Promise<string> {
  const texts = await Promise.all(registries.map((registry) => registry.metrics()));
  return texts.join('\n');
}

/** The same as data. */
export async function metricsAsJson(registries: readonly Registry[]): Promise<MetricsJson> {
  const lists = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()));
  return lists.flat();
}

/** Prometheus' text over several processes: counts are added up, of states the highest counts. */
export function sumAsText(processes: readonly MetricsJson[]): Promise<string> {
  return AggregatorRegistry.aggregate([...processes]).metrics();
}

/** Their counts alone, added up: what stays of processes that are gone, whose states went with them. */
export async function sumOfCounts(processes: readonly MetricsJson[]): Promise<MetricsJson> {
  const sum = await AggregatorRegistry.aggregate([...processes]).getMetricsAsJSON();
  return sum.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
}

let registry: Registry | undefined;

/**
 * What the process itself does: memory, CPU, event-loop lag, garbage collections, open handles. There is
 * one process however many gateways live in it, and observing it costs, so this begins when somebody first
 * asks.
 */
export function processMetrics(): Registry {
  if (registry === undefined) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry;
}

/** More combinations than any metric here can have; beyond it, something is wrong and goes into one. */
const MAX_CELLS = 1_000;
const OTHER = 'other';

/**
 * Remembers a metric's cell for each combination of labels: finding it again costs one look into a
 * map. Bounded, whatever the labels are: the combinations that come too late are counted as "other".
 */
export function createCells<Labels extends string[], Cell>(
  make: (...labels: Labels) => Cell,
): (...labels: Labels) => Cell {
  const cells = new Map<string, Cell>();
  return (...labels) => {
    const key = labels.join(' ');
    const known = cells.get(key);
    if (known !== undefined) return known;
    const isFull = cells.size >= MAX_CELLS;
    const cell = isFull ? make(...(labels.map(() => OTHER) as Labels)) : make(...labels);
    if (!isFull) cells.set(key, cell);
    return cell;
  };
}

/** The gateway's own figures. Labels come from closed lists: no caller can make up a new one. */
export interface Metrics {
  readonly registry: Registry;
  /** An operation has begun; tell `ended` when it is over. */
  began(): void;
  ended(operation: Operation, durationMs: number): void;
  /** By how many live subscriptions there are more. */
  subscribed(change: 1 | -1): void;
  called(event: CallEvent): void;
  /** Whether calls to GitLab are cut off for the time being. */
  circuit(isOpen: boolean): void;
  /** Whether wake-ups reach other replicas. */
  relay(isUp: boolean): void;
  /** An HTTP request to /graphql that got an answer without any operation, by its status. */
  refused(status: number): void;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const CALLS = [0, 1, 2, 3, 5, 10, 20, 50];

/** What is 1 while something is wrong, in any of the processes. */
function createSwitches(registers: Registry[]) {
  return {
    relay: new Gauge({
      name: 'gateway_redis_away',
      help: '1 while wake-ups do not reach other replicas, because Redis is away',
      aggregator: 'max',
      registers,
    }),
    circuit: new Gauge({
      name: 'gateway_circuit_open',
      help: '1 while GitLab does not answer anyone and calls are cut off',
      aggregator: 'max',
      registers,
    }),
  };
}

function createInstruments(registry: Registry) {
  const registers = [registry];
  return {
    operations: new Counter({
      name: 'gateway_operations_total',
      help: 'GraphQL operations that ended, by type and outcome (ok, partial, error, aborted)',
      labelNames: ['type', 'outcome'],
      registers,
    }),
    duration: new Histogram({
      name: 'gateway_operation_duration_seconds',
      help: 'How long queries and mutations took',
      labelNames: ['type'],
      buckets: SECONDS,
      registers,
    }),
    callsPerOperation: new Histogram({
      name: 'gateway_operation_upstream_calls',
      help: 'Calls to GitLab that a query or mutation took',
      labelNames: ['type'],
      buckets: CALLS,
      registers,
    }),
    errors: new Counter({
      name: 'gateway_errors_total',
      help: 'Operations with an error, by its code; with several codes, once for each',
      labelNames: ['code'],
      registers,
    }),
    running: new Gauge({
      name: 'gateway_operations_running',
      help: 'Operations under way, subscriptions included',
      registers,
    }),
    subscriptions: new Gauge({
      name: 'gateway_live_subscriptions',
      help: 'Subscriptions under way',
      registers,
    }),
    refused: new Counter({
      name: 'gateway_refused_requests_total',
      help: 'Requests to /graphql answered without any operation, by HTTP status',
      labelNames: ['status'],
      registers,
    }),
    calls: new Counter({
      name: 'gateway_upstream_calls_total',
      help: 'Calls to GitLab, repeated ones included, by endpoint and status ("none" without an answer, "left" where nobody waited for it any more)',
      labelNames: ['method', 'endpoint', 'status'],
      registers,
    }),
    callDuration: new Histogram({
      name: 'gateway_upstream_call_duration_seconds',
      help: 'How long GitLab took to answer',
      labelNames: ['endpoint'],
      buckets: SECONDS,
      registers,
    }),
    coalesced: new Counter({
      name: 'gateway_upstream_coalesced_total',
      help: 'Reads that shared a call under way, by endpoint',
      labelNames: ['endpoint'],
      registers,
    }),
    ...createSwitches(registers),
  };
}

/** Counts what the gateway does. Each combination of labels is looked up by one key, without objects. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const made = createInstruments(registry);
  const operations = createCells((type, outcome) => made.operations.labels(type, outcome));
  const durations = createCells((type) => made.duration.labels(type));
  const callsOf = createCells((type) => made.callsPerOperation.labels(type));
  const errors = createCells((code) => made.errors.labels(code));
  const calls = createCells((...labels) => made.calls.labels(...labels));
  const callDurations = createCells((endpoint) => made.callDuration.labels(endpoint));
  const coalesced = createCells((endpoint) => made.coalesced.labels(endpoint));
  const refused = createCells((status) => made.refused.labels(status));
  return {
    registry,
    began: () => made.running.inc(),
    ended(operation, durationMs) {
      const { type, codes, meter } = operation;
      made.running.dec();
      operations(type, outcomeOf(operation)).inc();
      for (const code of codes) errors(code).inc();
      if (type === 'subscription') return;
      durations(type).observe(durationMs / 1000);
      callsOf(type).observe(meter?.calls ?? 0);
    },
    subscribed: (change) => made.subscriptions.inc(change),
    called({ method, template, status, durationMs, outcome }) {
      if (outcome === 'coalesced') return coalesced(template).inc();
      calls(method, template, outcome === 'left' ? outcome : String(status ?? 'none')).inc();
      // How long GitLab would have taken, nobody knows.
      if (outcome === 'left') return undefined;
      return callDurations(template).observe(durationMs / 1000);
    },
    relay: (isUp) => made.relay.set(isUp ? 0 : 1),
    circuit: (isOpen) => made.circuit.set(isOpen ? 1 : 0),
    refused: (status) => refused(String(status)).inc(),
  };
}
