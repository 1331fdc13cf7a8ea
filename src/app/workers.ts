import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client';
import type { ChangeEvent } from '../live/notifications.ts';
import type { Logger } from '../observability/logger.ts';

/** A change event that a worker sends to the primary, and the primary to all other workers. */
type EventMessage = { kind: 'event'; event: ChangeEvent };
type ToWorker = { kind: 'drain' } | EventMessage;
type ToPrimary = { kind: 'listening'; address: string } | EventMessage;

const RESTART_DELAY_MS = 100;

/**
 * Returns a function to call when a worker dies. It returns true if ten workers have died within a
 * minute.
 */
export function createCrashLoopGuard(): (now: number) => boolean {
  let deaths: number[] = [];
  return (now) => {
    deaths = [...deaths.filter((at) => now - at < 60_000), now];
    return deaths.length >= 10;
  };
}

/**
 * Connects a worker to its primary. `forward` sends a change event to all other workers. If the
 * primary exits, Node ends the worker.
 */
export function joinPrimary(handlers: { drain(): void; receive(event: ChangeEvent): void }) {
  // The constructor installs the handler that answers the primary's requests for metrics.
  new AggregatorRegistry();
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'drain') handlers.drain();
    if (message.kind === 'event') handlers.receive(message.event);
  });
  const send = (message: ToPrimary) => {
    if (process.connected) process.send?.(message);
  };
  return {
    reportListening: (address: string) => send({ kind: 'listening', address }),
    forward: (event: ChangeEvent) => send({ kind: 'event', event }),
  };
}

function broadcast(message: ToWorker, workers: Iterable<Worker>, except?: Worker): void {
  for (const worker of workers) {
    if (worker !== except && worker.isConnected()) worker.send(message);
  }
}

function createWorkerMetrics(countServing: () => number) {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'gateway_workers',
    help: 'Workers that serve',
    registers,
    collect() {
      this.set(countServing());
    },
  });
  const restarts = new Counter({
    name: 'gateway_worker_restarts_total',
    help: 'Workers that died and were replaced',
    registers,
  });
  return { registry, restarts };
}

/**
 * Runs worker processes that share one port, and replaces those that die. `start` resolves with the
 * shared address when all workers listen. `onFailure` receives an exit code for the program if the
 * first worker cannot start, or if ten workers die within a minute.
 */
export function createWorkers(count: number, logger: Logger, onFailure: (code: number) => void) {
  const isCrashLoop = createCrashLoopGuard();
  const serving = new Set<Worker>();
  const { registry, restarts } = createWorkerMetrics(() => serving.size);
  const aggregator = new AggregatorRegistry();
  let isStopping = false;
  let hasServed = false;

  const onListening = (worker: Worker) => {
    serving.add(worker);
    if (!hasServed) for (let started = 1; started < count; started++) cluster.fork();
    hasServed = true;
  };
  const onExit = (worker: Worker, code: number | null, signal: string | null) => {
    serving.delete(worker);
    if (isStopping) return;
    if (!hasServed) return onFailure(code || 1);
    const death = { worker: worker.id, code, signal };
    if (isCrashLoop(performance.now())) {
      logger.fatal(death, 'too many workers died: giving up');
      return onFailure(1);
    }
    restarts.inc();
    logger.error(death, 'a worker died and will be replaced');
    setTimeout(() => isStopping || cluster.fork(), RESTART_DELAY_MS);
  };

  return {
    start: () =>
      new Promise<string>((resolve) => {
        cluster.on('exit', onExit);
        cluster.on('message', (worker, message: ToPrimary) => {
          if (message.kind === 'event') broadcast(message, serving, worker);
          if (message.kind !== 'listening') return;
          onListening(worker);
          if (serving.size === count) resolve(message.address);
        });
        cluster.on('fork', (worker) => {
          // Node reports an error if, for example, a message is sent to a worker that has just
          // died. `onExit` handles the worker's death.
          worker.on('error', (error) =>
            logger.warn({ err: error }, 'a message to a worker failed'),
          );
        });
        // Starts the first worker alone, so that an invalid configuration is reported only once.
        cluster.fork();
      }),
    /** Returns the metrics of all workers. Rejects if one does not respond within 5 s. */
    metricsText: async () => `${await registry.metrics()}\n${await aggregator.clusterMetrics()}`,
    /** Drains all workers; kills those that still run after `timeoutMs`. */
    async stop(timeoutMs: number): Promise<void> {
      isStopping = true;
      const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
      const exited = workers.map((worker) => new Promise((done) => worker.once('exit', done)));
      broadcast({ kind: 'drain' }, workers);
      const timer = setTimeout(() => {
        for (const worker of workers) worker.process.kill('SIGKILL');
      }, timeoutMs);
      await Promise.all(exited);
      clearTimeout(timer);
    },
  };
}
