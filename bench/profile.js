/*
 * Records a CPU profile of one subject (a measured program) under one workload, after a warm-up. Writes it to
 * results/, for Chrome's developer tools, and prints in which functions its main thread spends its time.
 *
 *   node profile.js --workload W1 [--subject mercurius] [--node 24] [--seconds 5] [--quick]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { recordProfile } from './inspector.js';
import { findNode } from './nodes.js';
import { checkWorkload } from './operations.js';
import { cpuMs } from './processes.js';
import { unlessQuick } from './quick.js';
import { table } from './report.js';
import { openTestBed } from './stage.js';
import { createWorkloads, learnCursors } from './workloads.js';

const { values: options } = parseArgs({
  options: {
    workload: { type: 'string', default: 'W1' },
    subject: { type: 'string', default: 'gateway' },
    node: { type: 'string', default: '24' },
    seconds: { type: 'string', default: '5' },
    quick: { type: 'boolean' },
  },
});
const scripts = {
  gateway: '../dist/cli.js',
  mercurius: './subjects/mercurius.js',
  yoga: './subjects/yoga.js',
};
/** Minimum CPU time in ms that the subject uses before the profile begins, so that V8 has compiled its code. */
const WARM_UP_MS = unlessQuick(8_000, 0);
const ROWS = 25;

const readMap = (file) =>
  existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
/** Source maps by the address of the script. The gateway is bundled, with source maps beside the scripts. */
const maps = new Map();

/** Returns the address of the source of a call frame. */
function sourceOf({ url, lineNumber, columnNumber }) {
  if (!url.startsWith('file:')) return url;
  if (!maps.has(url)) maps.set(url, readMap(`${fileURLToPath(url)}.map`));
  return maps.get(url)?.findEntry(lineNumber, columnNumber).originalSource ?? url;
}

/** Returns the file or the library of a call frame; for native code, V8's name, such as "(garbage collector)". */
function fileOf(frame) {
  if (!frame.url) return frame.functionName || '(native)';
  const source = sourceOf(frame);
  const library = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source);
  return library ? library[1] : source.replace(/^.*\/(?=(src|dist|bench)\/)/, '');
}

/** Returns the folder of a file of the gateway, such as `src/http`; otherwise the file or library. */
const layerOf = (file) => /^(src\/[^/]+)\//.exec(file)?.[1] ?? file;

/**
 * Sums the self times of call frames by the name that `nameOf` gives them. Returns the 25 names with the most time,
 * in percent of the busy time.
 */
function selfTimes({ nodes, samples, timeDeltas }, nameOf) {
  const busy = nodes.filter(({ callFrame }) => callFrame.functionName !== '(idle)');
  const names = new Map(busy.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const sums = new Map();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id);
    if (name === undefined) continue;
    sums.set(name, (sums.get(name) ?? 0) + timeDeltas[index]);
  }
  const all = [...sums.values()].reduce((total, value) => total + value, 0);
  return [...sums]
    .sort(([, a], [, b]) => b - a)
    .slice(0, ROWS)
    .map(([name, value]) => [name, `${((100 * value) / all).toFixed(1)} %`]);
}

const testBed = await openTestBed();
try {
  const { program, version } = findNode(options.node);
  const open = (name) => testBed.open(scripts[name], { inspect: true, program });
  const subject = { ...(await open(options.subject)), client: 'apollo' };
  const learnFrom = options.subject === 'gateway' ? subject : await open('gateway');
  const workloads = createWorkloads(await learnCursors(learnFrom));
  const workload = workloads.find(({ id }) => id === options.workload);
  const operations = await checkWorkload(workload, subject, 10);
  const one = { subject, operations, concurrency: 32, tokens: 50 };
  const from = cpuMs(subject.pid);
  while (cpuMs(subject.pid) - from < WARM_UP_MS) await testBed.measure(one, 500);
  let measured;
  const profile = await recordProfile(subject, async () => {
    measured = await testBed.measure(one, 1_000 * Number(options.seconds));
  });
  const file = fileURLToPath(
    new URL(`results/${options.subject}-${options.workload}.cpuprofile`, import.meta.url),
  );
  writeFileSync(file, JSON.stringify(profile));
  const nameOf = (frame) => `${frame.functionName || '(anonymous)'} ${fileOf(frame)}`;
  console.log(`
${workload.id} ${workload.title}, ${options.subject}, Node ${version}: ${measured.cpuMs.toFixed(3)} ms per operation with the profiler.
Self time of the main thread in percent.

${table(
  ['layer', 'self'],
  selfTimes(profile, (frame) => layerOf(fileOf(frame))),
)}

${table(['file or library', 'self'], selfTimes(profile, fileOf))}

${table(['function', 'self'], selfTimes(profile, nameOf))}

${testBed.disturbance()}
Written to ${file}`);
} finally {
  await testBed.close();
}
