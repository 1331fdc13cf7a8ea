/*
 * What a measurement stands on: the GitLab double and the driver on one core, what is measured on the
 * other; and how operations are measured, round after round.
 */
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  answers,
  ask,
  busyMs,
  childrenOf,
  cores,
  cpuMs,
  forgetPeak,
  freePort,
  peakMiB,
  start,
  stop,
} from './processes.js';
import { unlessQuick } from './quick.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
const sorted = (values) => [...values].sort((a, b) => a - b);

/** The middle one of some numbers. */
export const median = (values) => quantile(sorted(values), 0.5);

/** An operation as the requests that it takes: one. */
export const graphql = (query) => [
  {
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  },
];

async function fetchOnce({ method, path, body, headers: own }, { origin }) {
  const headers = { 'private-token': 'first-0', ...own };
  const answer = await fetch(origin + path, { method, body, headers });
  return Buffer.from(await answer.arrayBuffer());
}

/** Makes each request once; adds the bytes that its answer must have from now on. `look` is shown the first answer. */
export async function check(subject, requests, look = () => {}) {
  const bodies = await Promise.all(requests.map((request) => fetchOnce(request, subject)));
  look(bodies[0]);
  return requests.map((request, index) => ({ ...request, bytes: bodies[index].length }));
}

/**
 * What a case's rounds come to: times in ms, memory in MiB; for each operation the calls, the subject's CPU, and
 * that of double and driver. `busiestPart` is how much of the subject's CPU one of its processes had.
 */
function summary(rounds) {
  const took = sorted(rounds.flatMap((round) => round.took));
  const middle = (name) => median(rounds.map((round) => round[name]));
  return {
    cpuMs: middle('cpuMs'),
    aroundMs: middle('aroundMs'),
    busiestPart: middle('busiestPart'),
    calls: middle('calls'),
    perSecond: middle('perSecond'),
    peakMiB: Math.max(...rounds.map((round) => round.peakMiB)),
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    operations: took.length,
  };
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Makes the driver drive one case for a while, and looks at what that costs its subject. */
function createMeasure(double, driver) {
  const look = async ({ pids }) => ({
    cpuMs: pids.map(cpuMs),
    aroundMs: cpuMs(double.pid) + cpuMs(driver.pid),
    busyMs: busyMs(),
    calls: (await ask(double, {})).calls,
    at: performance.now(),
  });
  return async ({ subject, requests, ...work }, usualMs) => {
    const ms = unlessQuick(usualMs, 50);
    const { origin, pids } = subject;
    pids.forEach(forgetPeak);
    const before = await look(subject);
    const operations = [requests];
    const { took } = await ask(driver, {
      caller: 'moving',
      concurrency: 8,
      operations,
      ...work,
      origin,
      ms,
    });
    const after = await look(subject);
    const spent = pids.map((_, index) => after.cpuMs[index] - before.cpuMs[index]);
    return {
      took,
      cpuMs: sum(spent) / took.length,
      aroundMs: (after.aroundMs - before.aroundMs) / took.length,
      // Of one core, on average: what other programs and the host have used meanwhile.
      othersPart:
        (after.busyMs - before.busyMs - (after.aroundMs - before.aroundMs) - sum(spent)) /
        (after.at - before.at),
      busiestPart: Math.max(...spent) / sum(spent),
      calls: (after.calls - before.calls) / took.length,
      perSecond: (took.length * 1000) / (after.at - before.at),
      peakMiB: sum(pids.map(peakMiB)),
    };
  };
}

/** Says how much of a core was taken by who is no part of the measurement: with more than a little, it says little. */
function disturbance(parts) {
  const percent = (100 * sum(parts)) / parts.length;
  const verdict = percent > 15 ? ' **Measure again when the machine is quiet.**' : '';
  return `Other programs took ${percent.toFixed(0)} % of a core meanwhile.${verdict}`;
}

/** Opens a stage; `env` is the double's. Everything on it ends with `close`. */
export async function openStage({ double: script = './double.js', env, core = cores.around } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const log = openSync(join(directory, 'output'), 'a');
  const children = [];

  function launch(script, options) {
    const child = start(here(script), { log, core, ...options });
    children.push(child);
    return child;
  }

  const double = launch(script, { env });
  const { port: gitlabPort } = await ask(double);
  const gitlab = `http://127.0.0.1:${gitlabPort}`;
  const driver = launch('./driver.js');
  const others = [];
  const look = createMeasure(double, driver);
  const measure = async (one, ms) => {
    const result = await look(one, ms);
    others.push(result.othersPart);
    return result;
  };

  /**
   * Starts what takes PORT and GITLAB_URL: a subject. `pids` are its processes; with `inspect` it can be
   * looked into at its `inspectPort`. `startedInMs` is the time until its first answer.
   */
  async function open(script, { inspect, ...options } = {}) {
    const port = String(await freePort());
    const env = { GITLAB_URL: gitlab, HOST: '127.0.0.1', PORT: port, ...options.env };
    const inspectPort = inspect && (await freePort());
    const execArgv = inspect ? [`--inspect-port=${inspectPort}`] : [];
    const from = performance.now();
    const child = launch(script, { core: cores.subject, ipc: false, execArgv, ...options, env });
    const origin = `http://127.0.0.1:${port}`;
    await answers(`${origin}/graphql?query={__typename}`, child);
    const startedInMs = performance.now() - from;
    const { pid } = child;
    return { origin, child, pid, pids: [pid, ...childrenOf(pid)], inspectPort, startedInMs };
  }

  return {
    launch,
    open,
    /** GitLab itself, as a subject that costs nothing. */
    gitlab: { origin: gitlab, pids: [] },
    openGateway: (options) => open('../dist/cli.js', options),
    openProxy: (options) => open('./subjects/proxy.js', options),
    /** The calls that GitLab got so far. */
    calls: async () => (await ask(double, {})).calls,
    measure,
    disturbance: () => disturbance(others),
    /**
     * Measures cases side by side: round after round, each in turn, so that what else happens on the machine
     * meets all of them alike. A case has a `subject`, its `requests` and what else driver.js takes. Answers
     * what each one's rounds come to.
     */
    async compare(cases, { warmUpMs = 600, rounds: usual = 3, roundMs = 500 } = {}) {
      const rounds = unlessQuick(usual, 1);
      const measured = cases.map(() => []);
      for (const one of cases) await measure(one, warmUpMs);
      for (let round = 0; round < rounds; round += 1) {
        for (const [index, one] of cases.entries()) {
          measured[index].push(await measure(one, roundMs));
        }
      }
      return measured.map(summary);
    },
    async close() {
      await Promise.all(children.map(stop));
      closeSync(log);
      rmSync(directory, { recursive: true });
    },
  };
}
