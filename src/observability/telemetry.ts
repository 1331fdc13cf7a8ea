import { Registry } from 'prom-client';
import type { CallEvent } from '../gitlab/request.ts';
import { type Logger, logOperation } from './logger.ts';
import { createMetrics, processMetrics } from './metrics.ts';
import type { Operation } from './operation.ts';
import { traceExchange } from './tracing.ts';

interface ReadinessDeps {
  /** Resolves with whether GitLab responds. */
  ping(signal: AbortSignal): Promise<boolean>;
  now(): number;
}

/** Decides whether this process should receive traffic. */
export type Readiness = ReturnType<typeof createReadiness>;

/** A response counts as a successful check for this long. */
const RECENT_MS = 10_000;
/** Failed checks in a row until the process is not ready. */
const MAX_FAILURES = 3;
const CHECK_TIMEOUT_MS = 3_000;

/**
 * Decides whether GitLab responds. A recent response to any caller counts; otherwise a check sends a
 * request of its own, which concurrent checks share. The gateway is not ready until the first
 * response, and again after three failed checks in a row.
 */
export function createReadiness(deps: ReadinessDeps) {
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
    /** Records a response of GitLab, to any request of any caller. */
    recordResponse,
    async check() {
      if (!isRecent()) {
        inFlight ??= ping().finally(() => {
          inFlight = undefined;
        });
        await inFlight;
      }
      if (respondedAt === undefined) return { ready: false, reason: 'GitLab has not answered yet' };
      if (failures < MAX_FAILURES) return { ready: true };
      const seconds = Math.round((deps.now() - respondedAt) / 1000);
      return { ready: false, reason: `GitLab has not answered for ${seconds} s` };
    },
  };
}

/** Log, metrics, readiness and traces of one gateway. */
export type Telemetry = ReturnType<typeof createTelemetry>;

/** Creates the telemetry of a gateway. */
export function createTelemetry({ logger, ...deps }: ReadinessDeps & { logger: Logger }) {
  const metrics = createMetrics();
  const readiness = createReadiness(deps);
  const registries = () => [metrics.registry, processMetrics()];
  return {
    /** Hooks for the transport to GitLab. */
    upstream: {
      onCall(event: CallEvent) {
        metrics.called(event);
        if (event.status !== undefined && event.status < 500) readiness.recordResponse();
      },
      onCircuit(isOpen: boolean) {
        metrics.circuit(isOpen);
        if (isOpen) {
          logger.warn('GitLab does not respond: circuit breaker open, calls fail immediately');
        } else logger.info('GitLab responds again: circuit breaker closed');
      },
      onMoved({ path, number }: { path: string; number: string }) {
        logger.info(
          { path, project: number },
          'a renamed project is requested by its old path: GitLab redirects to its number',
        );
      },
      around: traceExchange,
    },
    onRelay(isUp: boolean) {
      metrics.relay(isUp);
      if (isUp) logger.info('Redis is reachable again: replicas share change events');
      else logger.warn('Redis is unreachable: each replica finds changes by polling only');
    },
    /** Hooks for operations. */
    observer: {
      began: metrics.began,
      subscribed: metrics.subscribed,
      ended(operation: Operation, durationMs: number) {
        metrics.ended(operation, durationMs);
        logOperation(logger, operation, durationMs);
      },
      /** Records a request that was refused before any operation. */
      refused(requestId: string, status: number) {
        metrics.refused(status);
        logger.info({ requestId, status }, 'request refused');
      },
    },
    readiness,
    /** The registries of /metrics. Metrics of the process are collected from the first call on. */
    registries,
    metricsText: () => Registry.merge(registries()).metrics(),
  };
}
