/*
 * Measures the start and the idle memory of the gateway and of Mercurius: the time until the first response,
 * and resident memory before, during and after load.
 *
 *   node idle.js [--node 24] [--minutes 60] [--quick]
 *
 * With --minutes, the load is that long, at a constant rate, on both programs at the same time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { keptMiB } from './inspector.js';
import { findNode } from './nodes.js';
import { checkWorkload } from './operations.js';
import { cpuMs, rssMiB, stop } from './processes.js';
import { unlessQuick } from './quick.js';
import { spread, table, writeReport } from './report.js';
import { openTestBed } from './stage.js';
import { createWorkloads, learnCursors } from './workloads.js';

const { values: options } = parseArgs({
  options: {
    node: { type: 'string', default: '24' },
    minutes: { type: 'string' },
    quick: { type: 'boolean' },
  },
});
const scripts = { 'our gateway': '../dist/cli.js', Mercurius: './subjects/mercurius.js' };
/** Number of times that each program is started. The programs alternate. */
const STARTS = unlessQuick(9, 2);
const REST_MS = unlessQuick(10_000, 200);
/** Number of parts of the load. Memory is read after each part; the programs alternate. */
const PARTS = unlessQuick(4, 2);
const LOAD_MS = 60_000 * Number(options.minutes ?? 2);
/** Operations per second of a load at a constant rate. A core can do several times as many. */
const RATE = 100;
const isPaced = options.minutes !== undefined;
const CHOSEN = ['W1', 'W2', 'W5'];

const mib = (value) => `${value.toFixed(0)} MiB`;

/**
 * Starts each program several times. Returns, by its name in `scripts`, the time until the first response and the
 * CPU time until then, in ms, for each start.
 */
async function measureStarts(testBed, program) {
  const starts = Object.fromEntries(Object.keys(scripts).map((name) => [name, []]));
  for (let round = 0; round < STARTS; round += 1) {
    for (const [name, script] of Object.entries(scripts)) {
      const { child, pid, startedInMs } = await testBed.open(script, { program });
      starts[name].push({ startedInMs, cpu: cpuMs(pid) });
      await stop(child);
    }
  }
  return starts;
}

/** Opens each subject with a test bed of its own, so that both can get load at the same time. */
async function openSubjects(testBeds, program) {
  const subjects = [];
  for (const [name, script] of Object.entries(scripts)) {
    const testBed = testBeds[subjects.length];
    const subject = await testBed.open(script, { program, inspect: true });
    await sleep(REST_MS);
    subjects.push({ name, ...subject, testBed, client: 'apollo', atRest: rssMiB(subject.pid) });
  }
  return subjects;
}

/**
 * Sends operations to the subjects, in parts. Returns, in MiB, the resident memory of each subject
 * after each part (`sizes`) and after a pause at the end (`after`), and its memory after a garbage
 * collection (`kept`). `counts` and `failures` have the numbers of operations of each subject that
 * succeeded and failed.
 */
async function load(subjects) {
  const workloads = createWorkloads(await learnCursors(subjects[0]));
  const chosen = workloads.filter(({ id }) => CHOSEN.includes(id));
  const cases = [];
  for (const subject of subjects) {
    const operations = [];
    for (const workload of chosen) operations.push(...(await checkWorkload(workload, subject, 5)));
    const pace = isPaced ? { rate: RATE, mayFail: true } : { concurrency: 32 };
    cases.push({ subject, operations, tokens: 50, ...pace });
  }
  const sizes = subjects.map(() => []);
  const counts = subjects.map(() => 0);
  const failures = subjects.map(() => 0);
  const loadPart = async (one, index) => {
    const { took, failed } = await one.subject.testBed.measure(one, LOAD_MS / PARTS);
    counts[index] += took.length;
    failures[index] += failed;
    sizes[index].push(rssMiB(one.subject.pid));
  };
  for (let part = 0; part < PARTS; part += 1) {
    if (isPaced) await Promise.all(cases.map(loadPart));
    else for (const [index, one] of cases.entries()) await loadPart(one, index);
  }
  await sleep(REST_MS);
  const after = subjects.map(({ pid }) => rssMiB(pid));
  const kept = [];
  for (const subject of subjects) kept.push(await keptMiB(subject));
  return { sizes, counts, failures, after, kept };
}

const testBeds = [await openTestBed(), await openTestBed()];
try {
  const { program, version } = findNode(options.node);
  const starts = await measureStarts(testBeds[0], program);
  const subjects = await openSubjects(testBeds, program);
  const { sizes, counts, failures, after, kept } = await load(subjects);
  const rows = subjects.map(({ name, atRest }, index) => [
    name,
    spread(starts[name].map(({ startedInMs }) => startedInMs)),
    spread(starts[name].map(({ cpu }) => cpu)),
    mib(atRest),
    sizes[index].map(mib).join(', '),
    mib(after[index]),
    mib(kept[index]),
    counts[index],
    failures[index],
  ]);
  const head = `process; start to first answer, goal 400 ms; CPU until then; resident at rest, goal 80 MiB; resident after each of ${PARTS} parts of the load; resident ${REST_MS / 1000} s after it; kept after a garbage collection; operations; failed`;
  const pace = isPaced
    ? `at ${RATE} operations/s, on both at the same time, for ${LOAD_MS / 60_000} minutes`
    : `32 at once, as fast as possible, for ${LOAD_MS / 60_000} minutes each.\n${testBeds[0].disturbance()}`;
  const text = `
Node ${version}. ${STARTS} starts of each, median (least to most). The load is ${CHOSEN.join(', ')} in turn, ${pace}

${table(head.split('; '), rows)}
`;
  console.log(text);
  writeReport(isPaced ? `idle-${options.minutes}-minutes-` : 'idle-', 'Idle processes', text);
} finally {
  await Promise.all(testBeds.map((testBed) => testBed.close()));
}
