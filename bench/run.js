/*
 * Measures all workloads on all subjects, side by side: round after round, each subject in turn, so
 * that what else happens on the machine meets all of them alike. Prints one table of ratios, and
 * writes it with the rest to results/.
 *
 *   node run.js [--quick] [--only W1,W3]
 */
import { deepStrictEqual } from 'node:assert';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { expectedData } from './expected.js';
import { answers, ask, cores, cpuMs, freePort, rssMiB, start, stop } from './processes.js';
import { printTable, writeResults } from './report.js';
import { workloads } from './workloads.js';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean' }, only: { type: 'string' } },
});
/** Callers at once: enough that the subject always has work. */
const CONCURRENCY = 8;
const { startUpMs, warmUpMs, rounds, roundMs } = options.quick
  ? { startUpMs: 1_500, warmUpMs: 150, rounds: 2, roundMs: 250 }
  : { startUpMs: 10_000, warmUpMs: 1_000, rounds: 5, roundMs: 650 };

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** `script` takes PORT and GITLAB_URL; `caller` begins the tokens of who asks (see double.js). */
const subjects = [
  { id: 'proxy', title: 'bare proxy', script: './subjects/proxy.js', rest: true },
  { id: 'gateway', title: 'our gateway', script: '../dist/cli.js' },
  {
    id: 'settled',
    title: 'our gateway, GitLab says 304',
    script: '../dist/cli.js',
    caller: 'settled',
  },
  { id: 'mercurius', title: 'Mercurius + graphql-jit', script: './subjects/mercurius.js' },
  { id: 'yoga', title: 'plain Yoga + Pothos', script: './subjects/yoga.js' },
];

const children = [];
const directory = mkdtempSync(join(tmpdir(), 'bench-'));
const log = openSync(join(directory, 'output'), 'a');

function launch(script, options) {
  const child = start(here(script), { log, ...options });
  children.push(child);
  return child;
}

async function launchSubject(subject, gitlabUrl) {
  const port = await freePort();
  const env = { GITLAB_URL: gitlabUrl, HOST: '127.0.0.1', PORT: String(port) };
  const child = launch(subject.script, { core: cores.subject, env, ipc: false });
  const origin = `http://127.0.0.1:${port}`;
  await answers(`${origin}/graphql?query={__typename}`, child);
  return { caller: 'moving', ...subject, origin, pid: child.pid };
}

/** What a subject is asked for; the proxy gets REST. */
function requestsOf(workload, subject) {
  if (subject.rest) return workload.rest;
  return [{ method: 'POST', path: '/graphql', body: JSON.stringify({ query: workload.query }) }];
}

async function fetchOnce({ method, path, body }, { origin, caller }) {
  const headers = { 'private-token': `${caller}-0`, 'content-type': 'application/json' };
  const answer = await fetch(origin + path, { method, body, headers });
  return Buffer.from(await answer.arrayBuffer());
}

/** Checks a subject's answer; gives the requests with the number of bytes that each must bring. */
async function check(workload, subject) {
  const requests = requestsOf(workload, subject);
  const bodies = await Promise.all(requests.map((request) => fetchOnce(request, subject)));
  if (!subject.rest) {
    const { data, errors } = JSON.parse(bodies[0]);
    const expected = { data: expectedData(workload.query, workload.answer), errors: undefined };
    deepStrictEqual({ data, errors }, expected, `${subject.id} answers ${workload.id} wrongly`);
  }
  return requests.map((request, index) => ({ ...request, bytes: bodies[index].length }));
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
const median = (values) =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

async function measure(work, subject, { driver, double }) {
  const before = { cpu: cpuMs(subject.pid), calls: (await ask(double, {})).calls };
  const { took } = await ask(driver, work);
  const after = { cpu: cpuMs(subject.pid), calls: (await ask(double, {})).calls };
  return {
    took,
    cpu: (after.cpu - before.cpu) / took.length,
    calls: (after.calls - before.calls) / took.length,
  };
}

/** All subjects on one workload: what each round cost, and the whole. */
async function compare(workload, running, around) {
  const works = new Map();
  for (const subject of running) {
    const { origin, caller } = subject;
    const work = { origin, caller, concurrency: CONCURRENCY };
    works.set(subject, { ...work, requests: await check(workload, subject) });
    await ask(around.driver, { ...works.get(subject), ms: warmUpMs });
  }
  const measured = new Map(running.map((subject) => [subject.id, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of running) {
      const work = { ...works.get(subject), ms: roundMs };
      measured.get(subject.id).push(await measure(work, subject, around));
    }
  }
  const unit = measured.get('proxy');
  return Object.fromEntries(
    running.map(({ id, pid }) => {
      const all = measured.get(id);
      const took = all.flatMap((one) => one.took).sort((a, b) => a - b);
      const ratios = all.map(({ cpu }, round) => cpu / unit[round].cpu);
      return [
        id,
        {
          ratio: median(ratios),
          spread: [Math.min(...ratios), Math.max(...ratios)],
          cpuMs: median(all.map(({ cpu }) => cpu)),
          calls: median(all.map(({ calls }) => calls)),
          p50: quantile(took, 0.5),
          p99: quantile(took, 0.99),
          operations: took.length,
          rssMiB: rssMiB(pid),
        },
      ];
    }),
  );
}

/** Lets a fresh process compile what every operation runs through; nothing is measured yet. */
async function startUp(subject, { driver }) {
  const [workload] = workloads;
  const requests = await check(workload, subject);
  const { origin, caller } = subject;
  await ask(driver, { origin, caller, concurrency: CONCURRENCY, requests, ms: startUpMs });
}

async function run() {
  const double = launch('./double.js', { core: cores.around });
  const { port } = await ask(double);
  const driver = launch('./driver.js', { core: cores.around });
  const gitlabUrl = `http://127.0.0.1:${port}`;
  const running = [];
  for (const subject of subjects) running.push(await launchSubject(subject, gitlabUrl));
  for (const subject of running) await startUp(subject, { driver });
  const chosen = options.only?.split(',') ?? workloads.map(({ id }) => id);
  const results = [];
  for (const workload of workloads.filter(({ id }) => chosen.includes(id))) {
    results.push({ workload, by: await compare(workload, running, { driver, double }) });
    process.stderr.write(`${workload.id} `);
  }
  process.stderr.write('\n');
  return results;
}

try {
  const results = await run();
  printTable(results, subjects);
  if (!options.quick && !options.only) {
    console.log(
      `\nWritten to ${writeResults(results, subjects, { rounds, roundMs, CONCURRENCY })}`,
    );
  }
} finally {
  await Promise.all(children.map(stop));
  closeSync(log);
  rmSync(directory, { recursive: true });
}
