/*
 * What a process takes when it has nothing to do: the time until its first answer, and its memory before and
 * after load, for the gateway and for Mercurius.
 *
 *   node idle.js [--node 24] [--hour] [--quick]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { keptMiB } from './inspector.js';
import { findNode } from './nodes.js';
import { checkWorkload } from './operations.js';
import { cpuMs, rssMiB, stop } from './processes.js';
import { unlessQuick } from './quick.js';
import { short, table, writeReport } from './report.js';
import { median, openStage } from './stage.js';
import { createWorkloads, learnCursors } from './workloads.js';

const { values: options } = parseArgs({
  options: {
    node: { type: 'string', default: '24' },
    hour: { type: 'boolean' },
    quick: { type: 'boolean' },
  },
});
const scripts = { 'our gateway': '../dist/cli.js', Mercurius: './subjects/mercurius.js' };
/** New processes of each, in turn. */
const STARTS = unlessQuick(9, 2);
const REST_MS = unlessQuick(10_000, 200);
/** Parts of the load, after each of which the memory is read; the processes have them in turn. */
const PARTS = unlessQuick(4, 2);
const LOAD_MS = options.hour ? 3_600_000 : 120_000;
const CHOSEN = ['W1', 'W2', 'W5'];

const mib = (value) => `${value.toFixed(0)} MiB`;

/** The time until the first answer of new processes, and their CPU until then, in ms. */
async function measureStarts(stage, program) {
  const starts = Object.fromEntries(Object.keys(scripts).map((name) => [name, []]));
  for (let round = 0; round < STARTS; round += 1) {
    for (const [name, script] of Object.entries(scripts)) {
      const { child, pid, startedInMs } = await stage.open(script, { program });
      starts[name].push({ startedInMs, cpu: cpuMs(pid) });
      await stop(child);
    }
  }
  return starts;
}

async function openSubjects(stage, program) {
  const subjects = [];
  for (const [name, script] of Object.entries(scripts)) {
    const subject = await stage.open(script, { program, inspect: true });
    await sleep(REST_MS);
    subjects.push({ name, ...subject, client: 'apollo', atRest: rssMiB(subject.pid) });
  }
  return subjects;
}

/** Drives the subjects part by part; the memory of each after each part, and at rest after the last. */
async function load(stage, subjects) {
  const workloads = createWorkloads(await learnCursors(subjects[0]));
  const chosen = workloads.filter(({ id }) => CHOSEN.includes(id));
  const cases = [];
  for (const subject of subjects) {
    const operations = [];
    for (const workload of chosen) operations.push(...(await checkWorkload(workload, subject, 5)));
    cases.push({ subject, operations, concurrency: 32, tokens: 50 });
  }
  const sizes = subjects.map(() => []);
  const counts = subjects.map(() => 0);
  for (let part = 0; part < PARTS; part += 1) {
    for (const [index, one] of cases.entries()) {
      const { took } = await stage.measure(one, LOAD_MS / PARTS);
      counts[index] += took.length;
      sizes[index].push(rssMiB(one.subject.pid));
    }
  }
  await sleep(REST_MS);
  const after = subjects.map(({ pid }) => rssMiB(pid));
  const kept = [];
  for (const subject of subjects) kept.push(await keptMiB(subject));
  return { sizes, counts, after, kept };
}

const spread = (values) =>
  `${short(median(values))} ms (${short(Math.min(...values))} to ${short(Math.max(...values))})`;

const stage = await openStage();
try {
  const { program, version } = findNode(options.node);
  const starts = await measureStarts(stage, program);
  const subjects = await openSubjects(stage, program);
  const { sizes, counts, after, kept } = await load(stage, subjects);
  const rows = subjects.map(({ name, atRest }, index) => [
    name,
    spread(starts[name].map(({ startedInMs }) => startedInMs)),
    spread(starts[name].map(({ cpu }) => cpu)),
    mib(atRest),
    sizes[index].map(mib).join(', '),
    mib(after[index]),
    mib(kept[index]),
    counts[index],
  ]);
  const head = `process; start to first answer, goal 400 ms; CPU until then; resident at rest, goal 80 MiB; resident after each of ${PARTS} parts of the load; resident ${REST_MS / 1000} s after it; kept after a garbage collection; operations`;
  const text = `
Node ${version}. ${STARTS} starts of each, median (least to most). The load is ${CHOSEN.join(', ')} in turn, 32 at once, as fast as possible, for ${LOAD_MS / 60_000} minutes each.
${stage.disturbance()}

${table(head.split('; '), rows)}
`;
  console.log(text);
  writeReport(options.hour ? 'idle-hour-' : 'idle-', 'Idle processes', text);
} finally {
  await stage.close();
}
