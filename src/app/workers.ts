import cluster, { type Worker } from 'node:cluster';
import { Counter, Gauge, Registry } from 'prom-client';
import type { ChangeEvent } from '../live/notifications.ts';
import type { Logger } from '../observability/logger.ts';
import {
  type MetricsJson,
  metricsAsJson,
  sumAsText,
  sumOfCounts,
} from '../observability/metrics.ts';

const WITHIN_MS = 60_000;
const MAX_DEATHS = 10;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

/** Decides how soon what died is started again. */
export interface Restarts {
  /** The pause before the next start, in ms; undefined when it has died too often to be started again. */
  next(now: number): number | undefined;
}

/** The first death is made good almost at once, each further one within a minute after twice the pause. */
export function createRestarts(): Restarts {
  let deaths: number[] = [];
  return {
    next(now) {
      deaths = [...deaths.filter((at) => now - at < WITHIN_MS), now];
      if (deaths.length >= MAX_DEATHS) return undefined;
      return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (deaths.length - 1));
    },
  };
}

/** What the primary process says to a worker. */
export type ToWorker =
  /** Finish what runs, then end. */
  | { kind: 'drain' }
  /** Hand over your metrics. */
  | { kind: 'collect'; id: number }
  /** What all workers' metrics come to. */
  | { kind: 'summed'; id: number; text: string }
  /** Another worker was told that something may have changed. */
  | { kind: 'hint'; hint: ChangeEvent };

/** What a worker says to the primary process. */
export type ToPrimary =
  | { kind: 'listening'; address: string }
  | { kind: 'collected'; id: number; metrics: MetricsJson }
  /** Somebody wants the metrics of all. */
  | { kind: 'sum'; id: number }
  /** For the other workers. */
  | { kind: 'hint'; hint: ChangeEvent };

/** Questions that wait for their answers. */
export interface Questions<T> {
  /** Sends a question under a new id; resolves with its answer, or undefined when none came in time. */
  ask(send: (id: number) => void): Promise<T | undefined>;
  answer(id: number, value: T): void;
  /** How many wait. */
  readonly size: number;
}

/** How long a worker may take to hand over its metrics, in ms. */
const PATIENCE_MS = 2_000;
/** Who asks for the metrics of all waits longer than any of them may take. */
export const PATIENCE_FOR_ALL_MS = 2 * PATIENCE_MS;

/** No question waits longer than that: whoever was asked may be gone. */
export function createQuestions<T>(patienceMs = PATIENCE_MS): Questions<T> {
  const waiting = new Map<number, (value: T | undefined) => void>();
  let lastId = 0;
  return {
    ask(send) {
      const id = ++lastId;
      return new Promise((resolve) => {
        const settle = (value: T | undefined) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(value);
        };
        const timer = setTimeout(settle, patienceMs, undefined);
        waiting.set(id, settle);
        send(id);
      });
    },
    answer: (id, value) => waiting.get(id)?.(value),
    get size() {
      return waiting.size;
    },
  };
}

/** The part of `process` that a worker talks to its primary through. */
export interface Channel {
  send?: ((message: ToPrimary) => unknown) | undefined;
  readonly connected: boolean;
  on(event: 'message', listener: (message: ToWorker) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

/** A worker's side of the talk. */
export interface PrimaryLink {
  /** Metrics of all workers, as text. */
  metricsOfAll(): Promise<string>;
  /** This worker serves now, and can be asked. */
  listening(address: string): void;
  /** Tells the other workers that something may have changed. */
  passOn(hint: ChangeEvent): void;
}

/** Joins the primary process. A worker whose primary is gone drains too: nobody would replace it. */
export function joinPrimary(
  channel: Channel,
  does: { drain(): void; metrics(): Promise<MetricsJson>; hear(hint: ChangeEvent): void },
): PrimaryLink {
  const questions = createQuestions<string>(PATIENCE_FOR_ALL_MS);
  const send = (message: ToPrimary) => {
    if (channel.connected) channel.send?.(message);
  };
  const collect = async (id: number) => {
    send({ kind: 'collected', id, metrics: await does.metrics() });
  };
  channel.on('message', (message) => {
    if (message.kind === 'drain') does.drain();
    if (message.kind === 'collect') void collect(message.id);
    if (message.kind === 'hint') does.hear(message.hint);
    if (message.kind === 'summed') questions.answer(message.id, message.text);
  });
  channel.on('disconnect', () => does.drain());
  return {
    async metricsOfAll() {
      const text = await questions.ask((id) => send({ kind: 'sum', id }));
      // An empty page would say that all is well and nothing happens.
      if (text === undefined) throw new Error('The primary process does not answer.');
      return text;
    },
    listening: (address) => send({ kind: 'listening', address }),
    passOn: (hint) => send({ kind: 'hint', hint }),
  };
}

/** The processes that serve one port together. */
export interface Workers {
  /** Resolves with the address once all of them serve. */
  start(): Promise<string>;
  /** What their metrics come to. */
  metricsText(): Promise<string>;
  /** Lets them finish and end; kills who has not after that many ms. Resolves when all are gone. */
  stop(withinMs: number): Promise<void>;
}

/** How many, and who is told. */
export interface WorkersOptions {
  count: number;
  logger: Logger;
  /** One of them did not even start, or they die again and again. With the exit code for that. */
  onFailure(code: number): void;
}

/** Who is told the address once a worker serves. */
type Told = (address: string) => void;

function createWorkerMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    alive: new Gauge({ name: 'gateway_workers', help: 'Workers that serve', registers }),
    restarts: new Counter({
      name: 'gateway_worker_restarts_total',
      help: 'Workers that died and were replaced',
      registers,
    }),
  };
}

/**
 * Collects workers' metrics. Their sums must not go down, since what counts from scrape to scrape would take that for
 * a restart, and all that is left for new: who is too busy to answer is stood in for by what it said last, and of one
 * that is gone the counts remain.
 */
function createCounts() {
  const questions = createQuestions<MetricsJson>();
  const last = new WeakMap<Worker, MetricsJson>();
  let gone = Promise.resolve<MetricsJson>([]);
  return {
    answer: questions.answer,
    async ask(worker: Worker, send: (id: number) => void): Promise<void> {
      const answer = await questions.ask(send);
      if (answer) last.set(worker, answer);
    },
    leave(worker: Worker) {
      const left = last.get(worker) ?? [];
      gone = gone.then((before) => sumOfCounts([before, left]));
    },
    /** All that is known, with these as those that are not gone. */
    of: (workers: ReadonlySet<Worker>) =>
      Promise.all([gone, ...[...workers].map((worker) => last.get(worker) ?? [])]),
  };
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}

/**
 * Runs workers through node:cluster, which hands connections round. The first must serve before the
 * others are started, so that what prevents a start is said once. One that dies is replaced after a
 * pause that grows with every death in the last minute; ten of them are a crash loop, and the end.
 */
export function createWorkers({ count, logger, onFailure }: WorkersOptions): Workers {
  const metrics = createWorkerMetrics();
  const restarts = createRestarts();
  const counts = createCounts();
  const serving = new Set<Worker>();
  let isStopping = false;
  let hasServed = false;

  const metricsText = async (): Promise<string> => {
    metrics.alive.set(serving.size);
    const askOne = (worker: Worker) =>
      counts.ask(worker, (id) => tell(worker, { kind: 'collect', id }));
    await Promise.all([...serving].map(askOne));
    const own = await metricsAsJson([metrics.registry]);
    return sumAsText([own, ...(await counts.of(serving))]);
  };
  const sumFor = async (worker: Worker, id: number) =>
    tell(worker, { kind: 'summed', id, text: await metricsText() });

  const passOn = (from: Worker, message: ToWorker & { kind: 'hint' }) => {
    for (const worker of serving) if (worker !== from) tell(worker, message);
  };

  const replace = (worker: Worker, code: number | null, signal: string | null, told: Told) => {
    serving.delete(worker);
    counts.leave(worker);
    if (isStopping) return;
    if (!hasServed) return onFailure(code ?? 1);
    const pauseMs = restarts.next(performance.now());
    const death = { worker: worker.id, code, signal };
    if (pauseMs === undefined) {
      logger.fatal(death, 'workers die again and again: giving up');
      return onFailure(1);
    }
    metrics.restarts.inc();
    logger.error({ ...death, pauseMs }, 'a worker died and will be replaced');
    // Whoever waits for the one that died waits for this one now.
    setTimeout(() => isStopping || fork(told), pauseMs);
  };

  /** Starts one; calls back each time it says that it serves. */
  const fork = (told: Told) => {
    const worker = cluster.fork();
    worker.on('message', (message: ToPrimary) => {
      if (message.kind === 'collected') counts.answer(message.id, message.metrics);
      if (message.kind === 'hint') passOn(worker, message);
      if (message.kind === 'sum') void sumFor(worker, message.id);
      if (message.kind !== 'listening') return;
      serving.add(worker);
      hasServed = true;
      told(message.address);
    });
    worker.on('exit', (code, signal) => replace(worker, code, signal, told));
    // Such as a message to a worker that has just died; its exit is what counts.
    worker.on('error', (error) => logger.warn({ err: error }, 'a worker cannot be reached'));
  };
  const forkOne = () => new Promise<string>((resolve) => fork(resolve));

  return {
    async start() {
      const address = await forkOne();
      await Promise.all(Array.from({ length: count - 1 }, forkOne));
      return address;
    },
    metricsText,
    async stop(withinMs) {
      isStopping = true;
      const workers = Object.values(cluster.workers ?? {}).filter((one) => one !== undefined);
      const gone = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
      for (const worker of workers) tell(worker, { kind: 'drain' });
      const timer = setTimeout(() => {
        for (const worker of workers) worker.process.kill('SIGKILL');
      }, withinMs);
      await Promise.all(gone);
      clearTimeout(timer);
    },
  };
}
