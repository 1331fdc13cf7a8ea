import cluster from 'node:cluster';
import { setFlagsFromString } from 'node:v8';
import { AggregatorRegistry } from 'prom-client';
import { createOperatorServer, metricsEndpoint } from '../http/health.ts';
import { createLogger, createStandardOutput, type Logger } from '../observability/logger.ts';
import type { Config } from './config.ts';
import { createGateway, listen } from './gateway.ts';
import type { OnSignal } from './signals.ts';
import { createWorkers, joinPrimary } from './workers.ts';

/** The part of the shutdown timeout that is reserved for `close`. */
const CLOSE_TIMEOUT_MS = 500;
/** The shutdown timeout after an uncaught exception. */
const FAULT_TIMEOUT_MS = 3_000;

function within(ms: number, work: Promise<unknown>): Promise<'done' | 'late'> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms, 'late' as const);
    work.then(() => resolve('done'), reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Calls `drain`, then `close`. Resolves within `timeoutMs`, even if one of the calls hangs. `close`
 * may always take 500 ms, so a `timeoutMs` of less than 1 s may be exceeded by up to 500 ms.
 * Rejects if `drain` or `close` rejects.
 */
export async function shutDown(
  { drain, close }: { drain(): Promise<void>; close(): Promise<unknown> },
  { timeoutMs, logger }: { timeoutMs: number; logger: Logger },
): Promise<void> {
  logger.info('shutting down');
  const drainMs = Math.max(timeoutMs / 2, timeoutMs - CLOSE_TIMEOUT_MS);
  const result = await within(drainMs, drain());
  if (result === 'late') logger.warn({ timeoutMs }, 'shutdown timeout: operations aborted');
  await within(CLOSE_TIMEOUT_MS, close());
}

/** Reports uncaught exceptions and unhandled rejections as events, as `process` does. */
export interface FaultSource {
  on(event: FaultEvent, listener: (fault: unknown) => void): unknown;
}
type FaultEvent = 'unhandledRejection' | 'uncaughtException';

/**
 * Logs each fault. After an unhandled rejection the process continues, because only one request is
 * affected. After an uncaught exception the state of the process is undefined, so the process shuts
 * down. A second uncaught exception ends the process immediately.
 */
export function watchFaults(
  source: FaultSource,
  { logger, end, exit }: { logger: Logger; end(): Promise<unknown>; exit(): void },
): void {
  let isEnding = false;
  source.on('unhandledRejection', (fault) => logger.error({ err: fault }, 'unhandled rejection'));
  source.on('uncaughtException', (fault) => {
    logger.fatal({ err: fault }, 'uncaught exception: shutting down');
    if (isEnding) return exit();
    isEnding = true;
    void end().then(exit, exit);
  });
}

interface Program {
  version: string;
  /** Writes a line to the terminal. */
  print(line: string): void;
  /** Sets what SIGTERM and SIGINT do. Until then, they end the process. */
  setOnSignal(callback: OnSignal): void;
}

interface Serving extends Program {
  config: Config;
  logger: Logger;
  /** Writes the log lines that are still buffered, and exits. */
  exit(code: number): void;
}

/**
 * Keeps V8 from creating objects in its old generation. V8 would do so for the objects of each
 * operation, because they usually survive a short garbage collection while the operation waits for
 * GitLab. The rows that these objects refer to would then live until the next full garbage
 * collection (docs/performance.md).
 *
 * Call this after the start. If the flag is changed earlier, the start takes 25 ms longer, probably
 * because V8 then does not use its cache of Node's own modules.
 */
function keepNewObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/** Runs the gateway in this process, which may be one of several workers. */
async function serveHere(serving: Serving): Promise<void> {
  const { version, logger, print, exit } = serving;
  const demo = serving.config.demo
    ? await (await import('./demo.ts')).startDemo(serving.config)
    : undefined;
  const { config } = demo ?? serving;
  const primary = cluster.isWorker
    ? joinPrimary({ drain: () => end(), receive: (event) => gateway.receive(event) })
    : undefined;
  const gateway = createGateway(config, {
    version,
    logger,
    isWorker: cluster.isWorker,
    passOn: primary?.forward,
    ...demo?.deps,
  });
  if (primary && config.metricsPort !== undefined) {
    AggregatorRegistry.setRegistries(gateway.registries());
  }
  const endable = {
    drain: gateway.drain,
    close: () => Promise.all([gateway.close(), demo?.close()]),
  };
  const fail = () => exit(1);
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= shutDown(endable, { timeoutMs: config.shutdownTimeoutMs, logger });
    void ending.then(() => exit(0), fail);
  };
  watchFaults(process, {
    logger,
    end: () => shutDown(endable, { timeoutMs: FAULT_TIMEOUT_MS, logger }),
    exit: fail,
  });
  serving.setOnSignal((signal) => {
    // Ctrl-C in a terminal also signals the workers. They ignore it, because their primary stops
    // them.
    if (cluster.isPrimary || signal === 'SIGTERM') end();
  });
  const origin = await gateway.listen(config.host, config.port);
  keepNewObjectsYoung();
  const address = `${origin}/graphql`;
  if (primary) return primary.reportListening(address);
  const metricsUrl = gateway.metricsUrl();
  if (metricsUrl) print(`Metrics on ${metricsUrl}`);
  print(`Listening on ${address}${demo ? ' with an embedded GitLab' : ''}`);
  for (const line of demo?.describe(origin) ?? []) print(line);
}

/** Runs worker processes, and the server for their metrics. */
async function serveInWorkers(serving: Serving): Promise<void> {
  const { config, logger, exit, print } = serving;
  const { workers: count, shutdownTimeoutMs, metricsPort, host } = config;
  const stop = (code: number) => void workers.stop(shutdownTimeoutMs).then(() => exit(code));
  const workers = createWorkers(count, logger, stop);
  watchFaults(process, {
    logger,
    end: () => workers.stop(FAULT_TIMEOUT_MS),
    exit: () => exit(1),
  });
  serving.setOnSignal(() => stop(0));
  if (metricsPort !== undefined) {
    const server = createOperatorServer(metricsEndpoint(workers.metricsText));
    print(`Metrics on ${await listen(server, host, metricsPort)}/metrics`);
  }
  print(`Listening on ${await workers.start()} with ${count} workers`);
}

/**
 * Starts to serve. Resolves when the gateway listens. Rejects if it cannot start. If the first of
 * several workers cannot start, the process exits instead. A signal ends the process.
 */
export async function serve(config: Config, program: Program): Promise<void> {
  const output = createStandardOutput();
  const base = cluster.worker && { worker: cluster.worker.id };
  const serving: Serving = {
    ...program,
    config,
    logger: createLogger({ level: config.logLevel, output, base }),
    exit: (code) => void output.end().finally(() => process.exit(code)),
  };
  await (config.workers > 1 && cluster.isPrimary ? serveInWorkers(serving) : serveHere(serving));
}
