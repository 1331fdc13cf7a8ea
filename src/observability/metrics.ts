import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CallEvent } from '../gitlab/request.ts';
import { type Operation, outcomeOf } from './operation.ts';

let processRegistry: Registry | undefined;

/**
 * Returns the metrics of the process: memory, CPU, event loop, garbage collection, open handles.
 * All gateways of a process share them. Collection costs time, so it starts with the first call.
 */
export function processMetrics(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

function createInstruments(registry: Registry) {
  const registers = [registry];
  return {
    operations: new Counter({
      name: 'gateway_operations_total',
      help: 'Finished operations by type, outcome, execution, and reason for general execution',
      labelNames: ['type', 'outcome', 'execution', 'reason'],
      registers,
    }),
    duration: new Histogram({
      name: 'gateway_operation_duration_seconds',
      help: 'Duration of queries and mutations',
      labelNames: ['type'],
      buckets: SECONDS,
      registers,
    }),
    callsPerOperation: new Histogram({
      name: 'gateway_operation_upstream_calls',
      help: 'Calls to GitLab per query or mutation',
      labelNames: ['type'],
      buckets: [0, 1, 2, 3, 5, 10, 20, 50],
      registers,
    }),
    errors: new Counter({
      name: 'gateway_errors_total',
      help: 'Operations with an error, once for each of their error codes',
      labelNames: ['code'],
      registers,
    }),
    running: new Gauge({
      name: 'gateway_operations_running',
      help: 'Operations in progress, including subscriptions',
      registers,
    }),
    subscriptions: new Gauge({
      name: 'gateway_live_subscriptions',
      help: 'Subscriptions in progress',
      registers,
    }),
    refused: new Counter({
      name: 'gateway_refused_requests_total',
      help: 'Requests to /graphql rejected before any operation, by HTTP status',
      labelNames: ['status'],
      registers,
    }),
    calls: new Counter({
      name: 'gateway_upstream_calls_total',
      help: 'Calls to GitLab with retries; status "none": no response, "left": caller disconnected',
      labelNames: ['method', 'endpoint', 'status'],
      registers,
    }),
    callDuration: new Histogram({
      name: 'gateway_upstream_call_duration_seconds',
      help: 'Response time of GitLab',
      labelNames: ['endpoint'],
      buckets: SECONDS,
      registers,
    }),
    coalesced: new Counter({
      name: 'gateway_upstream_coalesced_total',
      help: 'Reads that shared a call already in progress, by endpoint',
      labelNames: ['endpoint'],
      registers,
    }),
    toolCalls: new Counter({
      name: 'gateway_mcp_calls_total',
      help: 'Calls of MCP tools by tool and outcome',
      labelNames: ['tool', 'outcome'],
      registers,
    }),
    toolAnswers: new Histogram({
      name: 'gateway_mcp_answer_characters',
      help: 'Characters of the answers of MCP tools',
      labelNames: ['tool'],
      buckets: [250, 500, 1_000, 2_000, 4_000, 6_000, 10_000, 20_000, 40_000],
      registers,
    }),
    // With several workers, the next two gauges show the maximum of all workers, not the sum.
    redisAway: new Gauge({
      name: 'gateway_redis_away',
      help: '1 while Redis is unreachable, so that change events do not reach other replicas',
      aggregator: 'max',
      registers,
    }),
    circuitOpen: new Gauge({
      name: 'gateway_circuit_open',
      help: '1 while the circuit breaker is open and calls to GitLab fail immediately',
      aggregator: 'max',
      registers,
    }),
  };
}

/** A call of an MCP tool that has been answered. */
export interface ToolCallEvent {
  /** `unknown` if there is no such tool. */
  tool: string;
  outcome: 'ok' | 'error';
  characters: number;
}

function executionLabels({ execution }: Operation) {
  if (execution === undefined) return { execution: 'none', reason: '' };
  if (execution === 'compiled') return { execution, reason: '' };
  return { execution: 'general', reason: execution };
}

/**
 * Creates the gateway's own metrics in a separate registry. All label values come from the
 * gateway's code or are HTTP statuses of GitLab, so callers cannot add new ones.
 */
export function createMetrics() {
  const registry = new Registry();
  const metrics = createInstruments(registry);
  return {
    registry,
    /** Counts an operation that has started. Call `ended` when it has ended. */
    began: () => metrics.running.inc(),
    ended(operation: Operation, durationMs: number) {
      const { type, codes, requestCounter } = operation;
      const outcome = outcomeOf(operation);
      metrics.running.dec();
      metrics.operations.inc({ type, outcome, ...executionLabels(operation) });
      for (const code of codes) metrics.errors.inc({ code });
      if (type === 'subscription') return;
      metrics.duration.observe({ type }, durationMs / 1000);
      metrics.callsPerOperation.observe({ type }, requestCounter?.calls ?? 0);
    },
    subscribed: (change: 1 | -1) => metrics.subscriptions.inc(change),
    called({ method, template: endpoint, status, durationMs, outcome }: CallEvent) {
      if (outcome === 'coalesced') return metrics.coalesced.inc({ endpoint });
      if (outcome === 'left') return metrics.calls.inc({ method, endpoint, status: 'left' });
      metrics.calls.inc({ method, endpoint, status: String(status ?? 'none') });
      return metrics.callDuration.observe({ endpoint }, durationMs / 1000);
    },
    /** Counts a call of an MCP tool. `tool` must be from a fixed list. */
    toolCalled({ tool, outcome, characters }: ToolCallEvent) {
      metrics.toolCalls.inc({ tool, outcome });
      metrics.toolAnswers.observe({ tool }, characters);
    },
    relay: (isUp: boolean) => metrics.redisAway.set(isUp ? 0 : 1),
    circuit: (isOpen: boolean) => metrics.circuitOpen.set(isOpen ? 1 : 0),
    refused: (status: number) => metrics.refused.inc({ status }),
  };
}
