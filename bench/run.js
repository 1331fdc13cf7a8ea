/*
 * Measures the CPU time per operation of each workload on each subject (a measured program: the gateway, a
 * bare proxy, or another GraphQL server). Each round measures all subjects, one after the other, so that
 * other programs on the machine disturb all of them equally. Prints tables of ratios and of all figures. Without
 * --only, --subjects, --rounds and --quick, also writes them to results/.
 *
 *   node run.js [--only W1,W7] [--subjects gateway,mercurius] [--node 24] [--rounds 3] [--quick]
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findNode } from './nodes.js';
import { checkWorkload } from './operations.js';
import { ask, cores, cpuMs, freePort, rssMiB, start, stop, waitUntilReady } from './processes.js';
import { isQuick, unlessQuick } from './quick.js';
import { formatResults, writeReport } from './report.js';
import { manifestOf } from './requests.js';
import { ascending, median, quantile } from './statistics.js';
import { createWorkloads, learnCursors } from './workloads.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    subjects: { type: 'string' },
    node: { type: 'string', default: '24,20' },
    rounds: { type: 'string' },
    quick: { type: 'boolean' },
  },
});
const isFull = !options.only && !options.subjects && !options.rounds && !isQuick;
/** Number of concurrent callers. Enough to keep the subject busy all the time. */
const CONCURRENCY = 32;
/**
 * Number of GitLab tokens in rotation. It is greater than `CONCURRENCY`, so that no two running
 * operations share a token. It divides the number of requests of each workload, so that each
 * request always has the same token.
 */
const TOKENS = 50;
/**
 * A cell (one workload on one subject) is warm if its least CPU time per operation has not improved
 * by more than this fraction in two consecutive windows (periods of measurement).
 */
const STEADY = 0.03;
/**
 * Durations in ms of the subject's CPU time: `startUpMs` before its first measurement, `warmUpMs`
 * before each workload (V8 optimizes the code meanwhile), and `windowMs` per window. They are CPU
 * time, because wall time would include the time that other programs take. `checked` is the number
 * of responses per workload that are compared with the expected data. If it is undefined, all
 * responses are compared.
 */
const full = { startUpMs: 8_000, warmUpMs: 2_000, windowMs: 700, maxWindows: 30, rounds: 7 };
const part = { ...full, startUpMs: 5_000, warmUpMs: 1_000, windowMs: 300, rounds: 5, checked: 10 };
const quick = { startUpMs: 0, warmUpMs: 0, windowMs: 20, maxWindows: 1, rounds: 1, checked: 3 };
const { startUpMs, warmUpMs, windowMs, maxWindows, rounds, checked } = unlessQuick(
  isFull ? full : part,
  quick,
);
/**
 * How long the driver sends operations for each message that it gets from this process, in ms of
 * wall time. A window takes as many messages as are needed until the subject has used `windowMs` of
 * CPU time.
 */
const DRIVE_MS = unlessQuick(100, 20);
const roundCount = Number(options.rounds ?? rounds);

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const gateway = { script: '../dist/cli.js', client: 'apollo', program: 'gateway' };
const competitor = { client: 'apollo' };
/** The gateway with a manifest of trusted documents, which the requests of Relay need. */
const withManifest = { script: '../dist/cli.js', program: 'manifest', hasManifest: true };

/**
 * The measured programs. Subjects with the same `program` share a process. With `settled`, the tokens are those
 * for which the fake GitLab (double.js) answers conditional requests with 304. A subject without a `client` gets
 * REST requests.
 */
const subjects = [
  { id: 'proxy', script: './subjects/proxy.js' },
  { id: 'gateway', ...gateway },
  { id: 'settled', ...gateway, program: 'settled', settled: true },
  { id: 'mercurius', script: './subjects/mercurius.js', ...competitor },
  { id: 'duties', script: './subjects/mercurius.js', ...competitor, env: { DUTIES: '1' } },
  { id: 'yoga', script: './subjects/yoga.js', ...competitor },
  { id: 'apollo', ...withManifest, client: 'apollo' },
  { id: 'urql', ...withManifest, client: 'urql' },
  { id: 'relay', ...withManifest, client: 'relay' },
];
const chosenSubjects = options.subjects?.split(',') ?? subjects.map(({ id }) => id);

const children = [];
const directory = mkdtempSync(join(tmpdir(), 'bench-'));
const log = openSync(join(directory, 'output'), 'a');

function launch(script, options) {
  const child = start(here(script), { log, ...options });
  children.push(child);
  return child;
}

async function launchProgram({ script, hasManifest, env: own }, { node, gitlabUrl }) {
  const port = await freePort();
  const manifest = hasManifest && { TRUSTED_DOCUMENTS_FILE: join(directory, 'manifest.json') };
  const env = { GITLAB_URL: gitlabUrl, HOST: '127.0.0.1', PORT: String(port), ...manifest, ...own };
  const child = launch(script, { core: cores.subject, env, ipc: false, program: node.program });
  const origin = `http://127.0.0.1:${port}`;
  await waitUntilReady(`${origin}/graphql?query={__typename}`, child);
  return { origin, pid: child.pid, child };
}

/** Sends operations until the subject has used the CPU time of a window. Returns figures per operation. */
async function measure({ subject, operations }, { driver, fakeGitlab }) {
  const { origin, caller, pid } = subject;
  const work = { operations, concurrency: CONCURRENCY, tokens: TOKENS, ms: DRIVE_MS };
  const before = { cpu: cpuMs(pid), calls: (await ask(fakeGitlab, {})).calls };
  const took = [];
  while (cpuMs(pid) - before.cpu < windowMs) {
    took.push(...(await ask(driver, { ...work, origin, caller })).took);
  }
  const after = { cpu: cpuMs(pid), calls: (await ask(fakeGitlab, {})).calls };
  return {
    took,
    cpu: (after.cpu - before.cpu) / took.length,
    calls: (after.calls - before.calls) / took.length,
  };
}

/**
 * Sends operations until the cell is warm: the process has used `leastCpuMs` of CPU time, and the
 * least CPU time per operation has not improved by more than `STEADY` in two consecutive windows.
 * Returns false if the cell is not warm after `maxWindows` windows.
 */
async function warmUp(cell, setup, leastCpuMs) {
  let [least, spent, unimproved] = [Infinity, 0, 0];
  for (let window = 0; window < maxWindows; window += 1) {
    const { cpu, took } = await measure(cell, setup);
    spent += cpu * took.length;
    unimproved = cpu < least * (1 - STEADY) ? 0 : unimproved + 1;
    least = Math.min(least, cpu);
    if (unimproved >= 2 && spent >= leastCpuMs) return true;
  }
  return false;
}

/**
 * Measures one workload on each running subject that supports it. Returns the figures by id of the
 * subject.
 */
async function compare(workload, running, setup) {
  const cells = [];
  for (const subject of running) {
    if (subject.settled && !workload.goals.settled && workload.isWrite) continue;
    if (workload.missingIn?.includes(subject.id)) continue;
    const cell = {
      subject,
      operations: await checkWorkload(workload, subject, checked),
      rounds: [],
    };
    cell.isSteady = await warmUp(cell, setup, warmUpMs);
    cells.push(cell);
  }
  for (let round = 0; round < roundCount; round += 1) {
    for (const cell of cells) cell.rounds.push(await measure(cell, setup));
  }
  return Object.fromEntries(
    cells.map(({ subject: { id, pid }, isSteady, rounds }) => {
      const took = ascending(rounds.flatMap((one) => one.took));
      const figures = {
        cpus: rounds.map(({ cpu }) => cpu),
        cpuMs: median(rounds.map(({ cpu }) => cpu)),
        calls: median(rounds.map(({ calls }) => calls)),
        p50: quantile(took, 0.5),
        p99: quantile(took, 0.99),
        operations: took.length,
        rssMiB: rssMiB(pid),
        isSteady,
      };
      return [id, figures];
    }),
  );
}

/** Starts the programs of the chosen subjects. Returns the subjects with origin and process. */
async function launchSubjects(setup) {
  const programs = new Map();
  const running = [];
  for (const subject of subjects.filter(({ id }) => chosenSubjects.includes(id))) {
    const name = subject.program ?? subject.id;
    if (!programs.has(name)) programs.set(name, await launchProgram(subject, setup));
    const caller = subject.settled ? 'settled' : 'moving';
    running.push({ ...subject, ...programs.get(name), caller });
  }
  return running;
}

/**
 * Creates the workloads with cursors from a gateway. Starts a gateway only for this if none is among the
 * chosen subjects.
 */
async function learnWorkloads(running, setup) {
  const known = running.find(({ script }) => script === gateway.script);
  const subject = known ?? (await launchProgram(gateway, setup));
  const workloads = createWorkloads(await learnCursors(subject));
  if (!known) await stop(subject.child);
  return workloads;
}

/** Measures all chosen workloads on one version of Node.js. */
async function run(node) {
  const fakeGitlab = launch('./double.js', { core: cores.load });
  const { port } = await ask(fakeGitlab);
  const driver = launch('./driver.js', { core: cores.load });
  const setup = { fakeGitlab, driver, node, gitlabUrl: `http://127.0.0.1:${port}` };
  const queries = createWorkloads(() => '').map(({ query }) => query);
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify(manifestOf(queries)));
  const running = await launchSubjects(setup);
  const workloads = await learnWorkloads(running, setup);
  const [first] = workloads;
  for (const subject of running) {
    await warmUp(
      { subject, operations: await checkWorkload(first, subject, checked) },
      setup,
      startUpMs,
    );
  }
  const chosen = options.only?.split(',') ?? workloads.map(({ id }) => id);
  const results = [];
  for (const workload of workloads.filter(({ id }) => chosen.includes(id))) {
    results.push({ workload, by: await compare(workload, running, setup) });
    process.stderr.write(`${workload.id} `);
  }
  process.stderr.write('\n');
  await Promise.all(children.splice(0).map(stop));
  return { version: node.version, results };
}

try {
  const runs = [];
  for (const major of options.node.split(',')) {
    runs.push(await run(findNode(major)));
    console.log(formatResults(runs.at(-1)));
  }
  if (isFull) {
    const about = `- ${roundCount} rounds of ${windowMs} ms of CPU, ${CONCURRENCY} callers at once
- Each cell is warm when two consecutive windows of ${windowMs} ms of CPU do not improve its CPU per operation by more than ${100 * STEADY} %
`;
    const text = [about, ...runs.map(formatResults)].join('\n');
    writeReport('', 'Bench', text);
  }
} finally {
  await Promise.all(children.map(stop));
  closeSync(log);
  rmSync(directory, { recursive: true });
}
