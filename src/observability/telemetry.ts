import type { Registry } from 'prom-client';
import type { CallEvent, Exchange } from '../gitlab/request.ts';
import { type Logger, logOperation } from './logger.ts';
import { createMetrics, metricsAsText, processMetrics } from './metrics.ts';
import type { Operation } from './operation.ts';
import { traceExchange } from './tracing.ts';

/** Decides whether this process should receive traffic. */
export interface Readiness {
  /** Sends a request to GitLab only if there was no recent response. */
  check(): Promise<{ ready: true } | { ready: false; reason: string }>;
  /** Records a response of GitLab, to any request of any caller. */
  recordResponse(): void;
}

/** A response counts as a successful check for this long. */
const RECENT_MS = 10_000;
/** Failed checks in a row until the process is not ready. */
const MAX_FAILURES = 3;
const CHECK_TIMEOUT_MS = 3_000;

/**
 * Uses the responses to callers' requests and, if there was none recently, its own request, which
 * concurrent checks share. Not ready before the first response, nor after three failed checks in a
 * row until the next response.
 */
export function createReadiness(deps: {
  /** Resolves with whether GitLab responds. */
  ping(signal: AbortSignal): Promise<boolean>;
  now(): number;
}): Readiness {
  let respondedAt: number | undefined;
  let failures = 0;
  let inFlight: Promise<void> | undefined;

  const recordResponse = () => {
    respondedAt = deps.now();
    failures = 0;
  };
  const ping = async () => {
    const responds = await deps.ping(AbortSignal.timeout(CHECK_TIMEOUT_MS)).catch(() => false);
    if (responds) recordResponse();
    else failures += 1;
  };
  const isRecent = () => respondedAt !== undefined && deps.now() - respondedAt < RECENT_MS;

  return {
    recordResponse,
    async check() {
      if (!isRecent()) {
        inFlight ??= ping().finally(() => {
          inFlight = undefined;
        });
        await inFlight;
      }
      if (respondedAt === undefined) {
        return { ready: false, reason: 'GitLab has not answered yet' };
      }
      if (failures < MAX_FAILURES) return { ready: true };
      const seconds = Math.round((deps.now() - respondedAt) / 1000);
      return { ready: false, reason: `GitLab has not answered for ${seconds} s` };
    },
  };
}

/** Log, metrics, readiness and traces of one gateway. */
export interface Telemetry {
  /** Hooks for the transport to GitLab. */
  readonly upstream: {
    onCall(event: CallEvent): void;
    onCircuit(isOpen: boolean): void;
    around(exchange: Exchange): Exchange;
  };
  /** Records that Redis became unreachable or reachable. */
  onRelay(isUp: boolean): void;
  /** Hooks for operations. */
  readonly observer: {
    began(): void;
    subscribed(change: 1 | -1): void;
    ended(operation: Operation, durationMs: number): void;
    refused(requestId: string, status: number): void;
  };
  readonly readiness: Readiness;
  /** The registries of /metrics. Metrics of the process are collected from the first call on. */
  registries(): Registry[];
  /** The metrics in Prometheus text format. */
  metricsText(): Promise<string>;
}

/** What telemetry needs from the rest of the gateway. */
export interface TelemetryDeps {
  logger: Logger;
  now(): number;
  /** Resolves with whether GitLab responds. */
  ping(signal: AbortSignal): Promise<boolean>;
}

/** Creates the telemetry of a gateway. */
export function createTelemetry({ logger, now, ping }: TelemetryDeps): Telemetry {
  const metrics = createMetrics();
  const readiness = createReadiness({ ping, now });
  const registries = () => [metrics.registry, processMetrics()];
  return {
    upstream: {
      onCall(event) {
        metrics.called(event);
        if (event.status !== undefined && event.status < 500) readiness.recordResponse();
      },
      onCircuit(isOpen) {
        metrics.circuit(isOpen);
        if (isOpen)
          logger.warn('GitLab does not respond: circuit breaker open, calls fail immediately');
        else logger.info('GitLab responds again: circuit breaker closed');
      },
      around: traceExchange,
    },
    onRelay(isUp) {
      metrics.relay(isUp);
      if (isUp) logger.info('Redis is reachable again: replicas share change events');
      else logger.warn('Redis is unreachable: each replica finds changes by polling only');
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
    readiness,
    registries,
    metricsText: () => metricsAsText(registries()),
  };
}
