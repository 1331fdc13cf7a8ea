import { Registry } from 'prom-client';
import { causeOf, type GitlabError } from '../gitlab/errors.ts';
import type { CallEvent } from '../gitlab/request.ts';
import type { Problem } from '../gitlab/transport/problems.ts';
import { type Logger, logOperation } from './logger.ts';
import { createMetrics, processMetrics } from './metrics.ts';
import type { Operation } from './operation.ts';
import { createProblemLog } from './problem-log.ts';
import { traceExchange } from './tracing.ts';

interface ReadinessDeps {
  /** Resolves with the reason why GitLab cannot be used; undefined if it can. */
  probe(): Promise<GitlabError | undefined>;
  /** Returns the time in ms. Only differences are used. */
  now(): number;
}

/** Decides whether this process should receive traffic. */
export type Readiness = ReturnType<typeof createReadiness>;

/** How long a successful check is valid. */
const RECENT_MS = 10_000;
/** After this many failed checks in a row, the process is not ready. */
const MAX_FAILURES = 3;

/**
 * Decides whether GitLab can be used, by checks that the gateway makes itself. A caller's failed
 * call does not count as a failed check, because the caller may be the reason. The gateway is ready
 * after the first successful check. After three failed checks in a row, it is not ready until a
 * check succeeds.
 */
export function createReadiness(deps: ReadinessDeps) {
  let succeededAt: number | undefined;
  let failures = 0;
  let cause: string | undefined;
  let isDoubted = false;
  let running: Promise<void> | undefined;

  const probe = async () => {
    isDoubted = false;
    const problem = await deps.probe();
    if (problem) failures += 1;
    else [succeededAt, failures] = [deps.now(), 0];
    cause = problem && causeOf(problem);
  };
  const isRecent = () => succeededAt !== undefined && deps.now() - succeededAt < RECENT_MS;

  return {
    /**
     * Makes the next `check` probe GitLab even if the last probe was recent. To be called after a
     * failed call to GitLab.
     */
    doubt() {
      isDoubted = true;
    },
    async check(): Promise<{ ready: boolean; reason?: string }> {
      if (isDoubted || failures > 0 || !isRecent()) {
        running ??= probe().finally(() => {
          running = undefined;
        });
        await running;
      }
      if (succeededAt === undefined) {
        return { ready: false, reason: `GitLab has not answered yet: ${cause}` };
      }
      if (failures < MAX_FAILURES) return { ready: true };
      const seconds = Math.round((deps.now() - succeededAt) / 1000);
      return { ready: false, reason: `GitLab has not answered for ${seconds} s: ${cause}` };
    },
  };
}

/** Log, metrics, readiness and traces of one gateway. */
export type Telemetry = ReturnType<typeof createTelemetry>;

export function createTelemetry({ logger, ...deps }: ReadinessDeps & { logger: Logger }) {
  const metrics = createMetrics();
  const readiness = createReadiness(deps);
  const logProblem = createProblemLog(logger, deps.now);
  const registries = () => [metrics.registry, processMetrics()];
  return {
    /** Hooks for the transport to GitLab. */
    upstream: {
      onCall(event: CallEvent) {
        metrics.called(event);
        if (event.status !== undefined && event.status >= 500) readiness.doubt();
      },
      onProblem(problem: Problem) {
        readiness.doubt();
        logProblem(problem);
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
    onRelay(isUp: boolean, error?: unknown) {
      metrics.relay(isUp);
      if (error !== undefined) {
        logger.error(
          { err: error },
          'the Redis client cannot be loaded: this process finds changes by polling only',
        );
      } else if (isUp) logger.info('Redis is reachable again: replicas share change events');
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
    toolCalled: metrics.toolCalled,
    readiness,
    /**
     * Returns the registries of /metrics. The first call starts the collection of process metrics.
     */
    registries,
    metricsText: () => Registry.merge(registries()).metrics(),
  };
}
