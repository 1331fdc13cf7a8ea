import type { CallEvent, Exchange } from '../gitlab/call.ts';
import { createEndpoints, type OperatorEndpoints } from './endpoints.ts';
import { type MetricsJson, metricsAsJson, metricsAsText } from './exposition.ts';
import { type Logger, logOperation } from './logger.ts';
import { createMetrics } from './metrics.ts';
import type { Operation } from './operation.ts';
import { processMetrics } from './process-metrics.ts';
import { createReadiness } from './readiness.ts';
import { traceExchange } from './tracing.ts';

/** Everything that tells operators how one gateway is doing. */
export interface Observation {
  /** For the transport: what it tells, and spans around its calls. */
  readonly upstream: {
    onCall(event: CallEvent): void;
    onCircuit(isOpen: boolean): void;
    around(exchange: Exchange): Exchange;
  };
  /** Told when other replicas are out of reach (Redis is away), and when they are back. */
  onRelay(isUp: boolean): void;
  /** For the plugin that follows operations. */
  readonly observer: {
    began(): void;
    subscribed(change: 1 | -1): void;
    ended(operation: Operation, durationMs: number): void;
    refused(requestId: string, status: number): void;
  };
  /** /health, /ready and, if `withMetrics`, /metrics. */
  endpoints(withMetrics: boolean): OperatorEndpoints;
  /** This process's metrics, for whoever adds up those of several. */
  metrics(): Promise<MetricsJson>;
}

/** What observing needs of the rest of the gateway. */
export interface ObservationDeps {
  logger: Logger;
  now(): number;
  isDraining(): boolean;
  /** Whether GitLab answers. */
  ping(signal: AbortSignal): Promise<boolean>;
  /** What /metrics says where several processes serve one port. @default this process's own */
  metricsText?: (() => Promise<string>) | undefined;
}

/** Puts log, metrics, readiness and tracing together. */
export function createObservation(deps: ObservationDeps): Observation {
  const { logger, now } = deps;
  const metrics = createMetrics();
  const readiness = createReadiness({ ping: deps.ping, now });
  const registries = () => [metrics.registry, processMetrics()];
  const text = deps.metricsText ?? (() => metricsAsText(registries()));
  return {
    upstream: {
      onCall(event) {
        metrics.called(event);
        if (event.status !== undefined && event.status < 500) readiness.heard();
      },
      onCircuit(isOpen) {
        metrics.circuit(isOpen);
        if (isOpen) logger.warn('GitLab does not answer: calls to it are cut off for a while');
        else logger.info('GitLab answers again');
      },
      around: traceExchange,
    },
    onRelay(isUp) {
      metrics.relay(isUp);
      if (isUp) logger.info('Redis is back: replicas pass on wake-ups again');
      else logger.warn('Redis is away: each replica finds changes by polling alone');
    },
    observer: {
      began: metrics.began,
      subscribed: metrics.subscribed,
      ended(operation, durationMs) {
        metrics.ended(operation, durationMs);
        logOperation(logger, operation, durationMs);
      },
      refused(requestId, status) {
        metrics.refused(status);
        logger.info({ requestId, status }, 'request refused');
      },
    },
    endpoints: (withMetrics) =>
      createEndpoints({
        readiness,
        isDraining: deps.isDraining,
        metrics: withMetrics ? text : undefined,
      }),
    metrics: () => metricsAsJson(registries()),
  };
}
