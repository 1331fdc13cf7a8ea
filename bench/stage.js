/*
 * The test bed of a measurement: a fake GitLab and the driver (the load generator) on one core, and the
 * subject (the measured program) on another core. It measures what operations cost the subject.
 */
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ask,
  busyMs,
  childrenOf,
  cores,
  cpuMs,
  freePort,
  peakMiB,
  resetPeak,
  start,
  stop,
  waitUntilReady,
} from './processes.js';
import { unlessQuick } from './quick.js';
import { ascending, median, quantile } from './statistics.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Returns the operation of a query. An operation is a list of requests; with GraphQL, the list has one. */
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

/**
 * Sends each request once. Returns the requests with `bytes`, the length that the driver expects of each
 * later response. `checkFirst` gets the body of the first response.
 */
export async function recordLengths(subject, requests, checkFirst = () => {}) {
  const bodies = await Promise.all(requests.map((request) => fetchOnce(request, subject)));
  checkFirst(bodies[0]);
  return requests.map((request, index) => ({ ...request, bytes: bodies[index].length }));
}

/**
 * Summarizes the rounds of a case. `cpuMs` (the subject's CPU time), `loadMs` (the CPU time of fake GitLab
 * and driver) and `calls` are per operation. `busiestPart` is the share, 0 to 1, of the subject's CPU time
 * that its busiest process used.
 */
function summarize(rounds) {
  const took = ascending(rounds.flatMap((round) => round.took));
  const middle = (name) => median(rounds.map((round) => round[name]));
  return {
    cpuMs: middle('cpuMs'),
    loadMs: middle('loadMs'),
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

/** Returns a function that lets the driver send the requests of a case and resolves with their cost and durations. */
function createMeasure(fakeGitlab, driver) {
  const readCounters = async ({ pids }) => ({
    cpuMs: pids.map(cpuMs),
    loadMs: cpuMs(fakeGitlab.pid) + cpuMs(driver.pid),
    busyMs: busyMs(),
    calls: (await ask(fakeGitlab, {})).calls,
    at: performance.now(),
  });
  return async ({ subject, requests, ...work }, usualMs) => {
    const ms = unlessQuick(usualMs, 50);
    const { origin, pids } = subject;
    pids.forEach(resetPeak);
    const before = await readCounters(subject);
    const operations = [requests];
    const { took, failed } = await ask(driver, {
      caller: 'moving',
      concurrency: 8,
      operations,
      ...work,
      origin,
      ms,
    });
    const after = await readCounters(subject);
    const spent = pids.map((_, index) => after.cpuMs[index] - before.cpuMs[index]);
    return {
      took,
      failed,
      cpuMs: sum(spent) / took.length,
      loadMs: (after.loadMs - before.loadMs) / took.length,
      // CPU time during the measurement that other programs used or the hypervisor took (steal), as a
      // fraction of one core.
      othersPart:
        (after.busyMs - before.busyMs - (after.loadMs - before.loadMs) - sum(spent)) /
        (after.at - before.at),
      busiestPart: Math.max(...spent) / sum(spent),
      calls: (after.calls - before.calls) / took.length,
      perSecond: (took.length * 1000) / (after.at - before.at),
      peakMiB: sum(pids.map(peakMiB)),
    };
  };
}

/**
 * Returns a sentence about the CPU time of programs that are not part of the measurement. Above 15 % of a
 * core, the results are not reliable.
 */
function disturbance(parts) {
  const percent = (100 * sum(parts)) / parts.length;
  const verdict = percent > 15 ? ' **Measure again when the machine is quiet.**' : '';
  return `Other programs took ${percent.toFixed(0)} % of a core meanwhile.${verdict}`;
}

/**
 * Starts a fake GitLab, with `env` as its environment, and the driver. `close` ends them and all processes
 * that the test bed started later.
 */
export async function openTestBed({
  fakeGitlab: script = './double.js',
  env,
  core = cores.load,
} = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const log = openSync(join(directory, 'output'), 'a');
  const children = [];

  function launch(script, options) {
    const child = start(here(script), { log, core, ...options });
    children.push(child);
    return child;
  }

  const fakeGitlab = launch(script, { env });
  const { port: gitlabPort } = await ask(fakeGitlab);
  const gitlab = `http://127.0.0.1:${gitlabPort}`;
  const driver = launch('./driver.js');
  const othersParts = [];
  const measureCase = createMeasure(fakeGitlab, driver);
  const measure = async (one, ms) => {
    const result = await measureCase(one, ms);
    othersParts.push(result.othersPart);
    return result;
  };

  /**
   * Starts a subject: a program that reads the environment variables PORT and GITLAB_URL. In the
   * result, `pids` has the ids of its process and of the workers of this process, and `startedInMs`
   * is the time until the first response. With `inspect`, Node's inspector can be opened on
   * `inspectPort`.
   */
  async function open(script, { inspect, ...options } = {}) {
    const port = String(await freePort());
    const env = { GITLAB_URL: gitlab, HOST: '127.0.0.1', PORT: port, ...options.env };
    const inspectPort = inspect && (await freePort());
    const execArgv = inspect ? [`--inspect-port=${inspectPort}`] : [];
    const from = performance.now();
    const child = launch(script, { core: cores.subject, ipc: false, execArgv, ...options, env });
    const origin = `http://127.0.0.1:${port}`;
    await waitUntilReady(`${origin}/graphql?query={__typename}`, child);
    const startedInMs = performance.now() - from;
    const { pid } = child;
    return { origin, child, pid, pids: [pid, ...childrenOf(pid)], inspectPort, startedInMs };
  }

  return {
    launch,
    open,
    /** The fake GitLab as a subject, to measure its latency alone. It has no `pids`, so its CPU counts as 0. */
    gitlab: { origin: gitlab, pids: [] },
    openGateway: (options) => open('../dist/cli.js', options),
    openProxy: (options) => open('./subjects/proxy.js', options),
    /** Returns the number of calls that the fake GitLab has received. */
    calls: async () => (await ask(fakeGitlab, {})).calls,
    measure,
    disturbance: () => disturbance(othersParts),
    /**
     * Measures cases in interleaved rounds: each round measures every case once, so that other programs on
     * the machine disturb all of them equally. A case has a `subject`, the `requests` of one operation or
     * several `operations`, and other options of driver.js. Returns one summary per case.
     */
    async compare(cases, { warmUpMs = 600, rounds: usual = 3, roundMs = 500 } = {}) {
      const rounds = unlessQuick(usual, 1);
      const measured = cases.map(() => []);
      for (const one of cases) await measure(one, warmUpMs);
      for (let round = 0; round < rounds; round += 1) {
        for (const at of cases.keys()) {
          // Each round begins with another case, so that none is always the first.
          const index = (at + round) % cases.length;
          measured[index].push(await measure(cases[index], roundMs));
        }
      }
      return measured.map(summarize);
    },
    async close() {
      await Promise.all(children.map(stop));
      closeSync(log);
      rmSync(directory, { recursive: true });
    },
  };
}
