import { collectDefaultMetrics, Registry } from 'prom-client';

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
