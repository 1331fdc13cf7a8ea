import type { CallEvent, Exchange } from '../gitlab/request.ts';
import { type Logger, logOperation } from './logger.ts';
import {
  createMetrics,
  type MetricsJson,
  metricsAsJson,
  metricsAsText,
  processMetrics,
} from './metrics.ts';
import type { Operation } from './operation.ts';
import { traceExchange } from './tracing.ts';

/** Whether this process should be sent work. */
export interface Readiness {
  /** Asks GitLab only if nobody has heard from it lately. */
  check(): Promise<{ ready: true } | { ready: false; reason: string }>;
  /** An answer came from GitLab, on whosever behalf. */
  heard(): void;
}

/** An answer this young speaks for GitLab without asking again. */
const LATELY_MS = 10_000;
/** One answer that fails to come is no outage: so many in a row are. */
const FAILURES_TO_LEAVE = 3;
const PATIENCE_MS = 3_000;

/**
 * Judges by what is asked of GitLab anyway, and otherwise by asking it, once for all who want to know.
 * Before the first answer it is not ready; then three failures in a row make it so, and one answer undoes
 * that.
 */
export function createReadiness(deps: {
  /** Whether GitLab answers. */
  ping(signal: AbortSignal): Promise<boolean>;
  now(): number;
}): Readiness {
  let heardAt: number | undefined;
  let failures = 0;
  let asking: Promise<void> | undefined;

  const heard = () => {
    heardAt = deps.now();
    failures = 0;
  };
  const ask = async () => {
    const answers = await deps.ping(AbortSignal.timeout(PATIENCE_MS)).catch(() => false);
    if (answers) heard();
    else failures += 1;
  };
  const wasHeardLately = () => heardAt !== undefined && deps.now() - heardAt < LATELY_MS;

  return {
    heard,
    async check() {
      if (!wasHeardLately()) {
        asking ??= ask().finally(() => {
          asking = undefined;
        });
        await asking;
      }
      if (heardAt === undefined) return { ready: false, reason: 'GitLab has not answered yet' };
      if (failures < FAILURES_TO_LEAVE) return { ready: true };
      const seconds = Math.round((deps.now() - heardAt) / 1000);
      return { ready: false, reason: `GitLab has not answered for ${seconds} s` };
    },
  };
}

/** Everything that tells operators how one gateway is doing. */
export interface Telemetry {
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
  /** Whether this process can serve requests, for /ready. */
  readonly readiness: Readiness;
  /** What /metrics answers, in Prometheus' text format. */
  metricsText(): Promise<string>;
  /** This process's metrics, for whoever adds up those of several. */
  metrics(): Promise<MetricsJson>;
}

/** What observing needs of the rest of the gateway. */
export interface TelemetryDeps {
  logger: Logger;
  now(): number;
  /** Whether GitLab answers. */
  ping(signal: AbortSignal): Promise<boolean>;
  /** What /metrics says where several processes serve one port. @default this process's own */
  metricsText?: (() => Promise<string>) | undefined;
}

/** Puts log, metrics, readiness and tracing together. */
export function createTelemetry(deps: TelemetryDeps): Telemetry {
  const { logger, now } = deps;
  const metrics = createMetrics();
  const readiness = createReadiness({ ping: deps.ping, now });
  const registries = () => [metrics.registry, processMetrics()];
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
    readiness,
    metricsText: deps.metricsText ?? (() => metricsAsText(registries())),
    metrics: () => metricsAsJson(registries()),
  };
}
