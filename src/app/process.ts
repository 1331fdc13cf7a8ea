import cluster from 'node:cluster';
import { once } from 'node:events';
import { createOperatorServer, onlyMetrics } from '../http/health.ts';
import { createLogger, createStandardOutput, type Logger } from '../observability/logger.ts';
import { demo, seedWorld } from '../simulator/seed.ts';
import { createSimulator, type Simulator } from '../simulator/simulator.ts';
import type { Config } from './config.ts';
import { createGateway } from './gateway.ts';
import { createWorkers, joinPrimary } from './workers.ts';

/** What can be ended in order. */
export interface Endable {
  /** Takes nothing new and resolves when what runs has finished. */
  drain(): Promise<void>;
  /** Cuts off what still runs, and lets go of everything. */
  close(): Promise<unknown>;
}

/** Time kept back from the time allowed, for closing what has not finished by then. */
const CLOSING_MS = 500;

function within(ms: number, work: Promise<unknown>): Promise<'done' | 'late'> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms, 'late' as const);
    work.then(() => resolve('done'), reject).finally(() => clearTimeout(timer));
  });
}

/** Ends in order, within that time: whatever still runs then is cut off. */
export async function shutDown(
  endable: Endable,
  { timeoutMs, logger }: { timeoutMs: number; logger: Logger },
): Promise<void> {
  logger.info('shutting down');
  const patienceMs = Math.max(timeoutMs / 2, timeoutMs - CLOSING_MS);
  const end = await within(patienceMs, endable.drain());
  if (end === 'late') logger.warn({ timeoutMs }, 'operations still ran at the end: cut off');
  // The end is promised within that time, whatever does not let itself be closed.
  await within(CLOSING_MS, endable.close());
}

/** The part of `process` that tells of faults. */
export interface FaultSource {
  on(
    event: 'unhandledRejection' | 'uncaughtException',
    listener: (fault: unknown) => void,
  ): unknown;
}

/**
 * Says each fault in one line. A rejection that nobody handled is one request's trouble, and the others
 * go on. After an exception that nobody caught, nothing is certain any more: the process ends, once
 * what runs has had a little time; a second one ends it at once.
 */
export function watchFaults(
  source: FaultSource,
  { logger, end, exit }: { logger: Logger; end(): Promise<unknown>; exit(): void },
): void {
  let isEnding = false;
  source.on('unhandledRejection', (fault) => logger.error({ err: fault }, 'unhandled rejection'));
  source.on('uncaughtException', (fault) => {
    logger.fatal({ err: fault }, 'uncaught exception: the process ends');
    if (isEnding) return exit();
    isEnding = true;
    void end().then(exit, exit);
  });
}

/** Where the demo's GitLab would be seen; a name that leads nowhere, so that its answers are alike everywhere. */
const DEMO_URL = 'https://gitlab.example.com';
/** The demo's tokens are no secret: GraphiQL shows them. */
const DEMO_TOKENS = { 'PRIVATE-TOKEN': demo.tokens.maintainer, 'JOB-TOKEN': demo.tokens.job };

/** What serving needs of the program around it. */
export interface Program {
  version: string;
  /** Says something to the person at the terminal. */
  print(line: string): void;
}

/** The same with what all of serving shares. */
interface Serving extends Program {
  config: Config;
  logger: Logger;
  exit(code: number): void;
}

/** After an exception that nobody caught, what runs gets no more than this. */
const FAULT_TIMEOUT_MS = 3_000;

/** A gateway's end, whoever asks for it: once, and in order. */
function endWith(endable: Endable, { config, logger, exit }: Serving): () => void {
  let isEnding = false;
  watchFaults(process, {
    logger,
    end: () => shutDown(endable, { timeoutMs: FAULT_TIMEOUT_MS, logger }),
    exit: () => exit(1),
  });
  return () => {
    if (isEnding) return;
    isEnding = true;
    const { shutdownTimeoutMs: timeoutMs } = config;
    void shutDown(endable, { timeoutMs, logger }).then(
      () => exit(0),
      () => exit(1),
    );
  };
}

/** Calls back on the first SIGINT or SIGTERM; a second one does not wait. */
function onSignal(callback: () => void): void {
  process.once('SIGTERM', callback);
  // The terminal's Ctrl-C reaches workers too; their primary tells them what to do.
  if (cluster.isWorker) process.on('SIGINT', () => {});
  else process.once('SIGINT', callback);
}

async function startSimulator(): Promise<Simulator> {
  const world = seedWorld({ now: Date.now() });
  const simulator = await createSimulator({ world, externalUrl: DEMO_URL });
  simulator.start();
  return simulator;
}

/** Serves in this process, alone or as one worker of several. */
async function serveHere(serving: Serving): Promise<void> {
  const { config, version, logger, print } = serving;
  const simulator = config.demo ? await startSimulator() : undefined;
  const gitlab = simulator && { gitlabUrl: simulator.url, gitlabExternalUrl: DEMO_URL };
  const worker = cluster.isWorker
    ? joinPrimary(process, {
        drain: () => end(),
        metrics: () => gateway.metrics(),
        hear: (hint) => gateway.receive(hint),
      })
    : undefined;
  const gateway = createGateway(
    { ...config, ...gitlab },
    {
      version,
      logger,
      exampleTokens: simulator && DEMO_TOKENS,
      metricsOfAll: worker?.metricsOfAll,
      passOn: worker?.passOn,
    },
  );
  const close = () => Promise.all([gateway.close(), simulator?.close()]);
  const end = endWith({ drain: gateway.drain, close }, serving);
  onSignal(end);
  const address = `${await gateway.listen(config.host, config.port)}/graphql`;
  if (worker) worker.listening(address);
  else print(`Listening on ${address}${config.demo ? ' with an embedded GitLab' : ''}`);
}

/** Serves in several processes, and starts those anew that die. */
async function serveInWorkers({ config, logger, exit, print }: Serving): Promise<void> {
  const { workers: count, shutdownTimeoutMs, metricsPort, host } = config;
  let code = 0;
  const stop = () => {
    void workers.stop(shutdownTimeoutMs).then(() => exit(code));
  };
  const workers = createWorkers({
    count,
    logger,
    onFailure(failure) {
      code = failure;
      stop();
    },
  });
  watchFaults(process, {
    logger,
    end: () => workers.stop(FAULT_TIMEOUT_MS),
    exit: () => exit(1),
  });
  onSignal(stop);
  if (metricsPort !== undefined) {
    const server = createOperatorServer(onlyMetrics(workers.metricsText));
    await once(server.listen(metricsPort, host), 'listening');
  }
  const address = await workers.start();
  print(`Listening on ${address} with ${count} workers`);
}

/** Serves until a signal ends it. Rejects where it cannot start. */
export async function serve(config: Config, program: Program): Promise<void> {
  const output = createStandardOutput();
  const base = cluster.worker && { worker: cluster.worker.id };
  const serving: Serving = {
    ...program,
    config,
    logger: createLogger({ level: config.logLevel, output, base }),
    exit(code) {
      void output.end().finally(() => process.exit(code));
    },
  };
  await (config.workers > 1 && cluster.isPrimary ? serveInWorkers(serving) : serveHere(serving));
}
