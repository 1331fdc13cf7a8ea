/*
 * Measures the cost of the board of a pipeline with 2,000 attempts and 100 trigger jobs, in new and in warm
 * processes: the longest time that the event loop is blocked, CPU time and memory.
 *
 *   node board.js [--rounds 5] [--names plain,digits] [--program ../dist/cli.js] [--quick]
 */
import { deepStrictEqual } from 'node:assert';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inMiB, inMs } from './axes/figures.js';
import { pipelines, project } from './fixtures.js';
import { ask, stop, waitForEvents } from './processes.js';
import { unlessQuick } from './quick.js';
import { short, spread, table, writeReport } from './report.js';
import { graphql, openTestBed } from './stage.js';
import { median } from './statistics.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: unlessQuick('5', '1') },
    names: { type: 'string', default: unlessQuick('plain,digits,alternating', 'plain') },
    quick: { type: 'boolean' },
    program: { type: 'string', default: '../dist/cli.js' },
  },
});
const ROUNDS = Number(options.rounds);
/** Number of operations per process. The first one is cold, the last `WARM` ones are warm. */
const OPERATIONS = unlessQuick(9, 3);
const WARM = unlessQuick(5, 1);
const SUBSCRIBERS = unlessQuick([1, 100], [2]);
const EVENTS = unlessQuick(4, 1);

const [{ id }] = pipelines;
const board = `board(maxJobs: 2000) {
  jobCount statusCounts { status count } gaps { code }
  stages { name status startedAt finishedAt groups { name size status
    jobs { name status detailedStatus { text label group action } duration attempts { id status } } } }
  failedJobs { name }
  timeline { elapsed running queued idle criticalPath { ran job { name } } }
}`;
const query = `{ pipeline(project: "${project}", id: "${id}") { ${board} } }`;
const globalId = Buffer.from(`Pipeline:${project}:${id}`).toString('base64url');
const subscription = `subscription { pipelineUpdated(id: "${globalId}") { pipeline { ${board} } } }`;

const probe = fileURLToPath(new URL('./delays.js', import.meta.url));
const openGateway = (testBed) =>
  testBed.open(options.program, { ipc: true, execArgv: ['--import', probe] });

/** Sends the operation once. With `isChecked`, throws if the response has errors or lacks jobs. */
async function send({ origin }, token, isChecked) {
  const [{ path, method, body }] = graphql(query);
  const headers = { 'private-token': token, 'content-type': 'application/json' };
  const response = await fetch(origin + path, { method, body, headers });
  const text = await response.text();
  if (!isChecked) return text.length;
  const { data, errors } = JSON.parse(text);
  deepStrictEqual(errors, undefined);
  deepStrictEqual(data.pipeline.board.gaps, []);
  deepStrictEqual(data.pipeline.board.jobCount, 1_900);
  return text.length;
}

/**
 * Measures one operation. Returns in ms: its duration (`took`), the CPU time of the process (`cpu`), and the
 * longest block of the event loop as wall time (`wall`) and as CPU time (`block`). Returns in MiB: the growth
 * of the memory, before (`grown`) and after (`kept`) a garbage collection.
 */
async function measureOne(gateway, token, isChecked) {
  const before = await ask(gateway.child, { collect: true });
  const from = performance.now();
  await send(gateway, token, isChecked);
  const took = performance.now() - from;
  await sleep(20);
  const used = await ask(gateway.child, {});
  const kept = await ask(gateway.child, { collect: true });
  return {
    took,
    cpu: used.cpuMs - before.cpuMs,
    wall: used.longest.wall,
    block: used.longest.cpu,
    grown: used.usedMiB - before.usedMiB,
    kept: kept.usedMiB - before.usedMiB,
  };
}

/** Measures the first, the second and the last operations of a new process. */
async function measureProcess(testBed, token) {
  const gateway = await openGateway(testBed);
  const operations = [];
  for (let at = 0; at < OPERATIONS; at += 1) {
    operations.push(await measureOne(gateway, token, at === 0));
  }
  await stop(gateway.child);
  return { first: [operations[0]], second: [operations[1]], warm: operations.slice(-WARM) };
}

async function measureNames(names) {
  const testBed = await openTestBed({ fakeGitlab: './board-double.js', env: { NAMES: names } });
  const rows = [];
  for (const token of ['moving', 'settled']) {
    const by = { first: [], second: [], warm: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const measured = await measureProcess(testBed, token);
      for (const kind of Object.keys(by)) by[kind].push(...measured[kind]);
    }
    for (const [kind, all] of Object.entries(by)) {
      const of = (name) => all.map((one) => one[name]);
      rows.push([
        names,
        token === 'moving' ? 'new' : '304',
        kind,
        spread(of('block')),
        spread(of('wall')),
        spread(of('cpu')),
        inMs(median(of('took'))),
        inMiB(median(of('grown'))),
        inMiB(median(of('kept'))),
      ]);
      console.log(rows.at(-1).join(' | '));
    }
  }
  await testBed.close();
  return rows;
}

/** Measures a board that `count` subscribers follow. One of its jobs changes at each read. */
async function measureSubscribers(count) {
  const testBed = await openTestBed({ fakeGitlab: './board-double.js' });
  const gateway = await openGateway(testBed);
  const before = await ask(gateway.child, { collect: true });
  const watchers = testBed.launch('./watchers.js');
  const body = JSON.stringify({ query: subscription });
  await ask(watchers, { origin: gateway.origin, body, token: 'live', count });
  const opened = await ask(gateway.child, {});
  const first = await waitForEvents(watchers, 2);
  const from = await ask(gateway.child, { collect: true });
  const last = await waitForEvents(watchers, EVENTS);
  const used = await ask(gateway.child, {});
  const kept = await ask(gateway.child, { collect: true });
  await testBed.close();
  const row = [
    count,
    `${short(opened.longest.cpu)} ms`,
    `${short(used.longest.cpu)} ms`,
    `${short(used.longest.wall)} ms`,
    inMs((used.cpuMs - from.cpuMs) / ((last.all - first.all) / count)),
    inMiB(kept.usedMiB - before.usedMiB),
  ];
  console.log(row.join(' | '));
  return row;
}

const rows = [];
for (const names of options.names.split(',').filter(Boolean))
  rows.push(...(await measureNames(names)));
const head =
  'names; GitLab’s response; operation; longest block, CPU of the main thread; longest block, wall clock; CPU per operation; time; heap growth; kept';
const live = [];
for (const count of SUBSCRIBERS) live.push(await measureSubscribers(count));
const liveHead =
  'subscribers; longest block while subscribing, CPU; longest block with events, CPU; wall clock; CPU per event for all; kept memory';
const text = `
${ROUNDS} new processes for each row; median (least to most). First and second: one operation of each process. Warm: its last ${WARM} of ${OPERATIONS}.
Load average of the machine, this program included: ${short(loadavg()[1])}.

${table(head.split('; '), rows)}

A live board, in which one job changes at each read:

${table(liveHead.split('; '), live)}
`;
console.log(text);
writeReport('board-', 'Board', text);
