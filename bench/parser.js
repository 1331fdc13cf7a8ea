/*
 * Measures how many MB of a log the parser reads per second of CPU time, and compares it with two libraries
 * that do less: ansi_up converts colors to HTML, strip-ansi removes escapes; neither supports lines, sections
 * or times. Each subject runs in a separate process. In every round, each subject reads every log once.
 *
 *   node parser.js [--baseline <dist directory of another version>] [--quick]
 */
import { parseArgs } from 'node:util';
import { inputs } from './parser-inputs.js';
import { ask, cores, start, stop } from './processes.js';
import { unlessQuick } from './quick.js';
import { short, table, writeReport } from './report.js';
import { median } from './statistics.js';

const { values: options } = parseArgs({
  options: { baseline: { type: 'string' }, quick: { type: 'boolean' } },
});

const WARM_UP_ROUNDS = unlessQuick(1, 0);
const ROUNDS = unlessQuick(5, 1);

const dist = new URL('../dist', import.meta.url).href;
const baseline = options.baseline && new URL(options.baseline, `file://${process.cwd()}/`).href;
const ours = [
  { title: 'parsed', mode: 'parse' },
  { title: 'parsed, and its lines read', mode: 'lines' },
];
const before = ours.map(({ title, mode }) => ({ title: `${title}, before`, mode, dist: baseline }));
const subjects = [
  ...ours.map((one) => ({ ...one, dist })),
  ...(baseline ? before : []),
  { title: 'parsed, and its lines read as HTML', mode: 'html', dist },
  { title: 'ansi_up', mode: 'ansi_up', dist },
  { title: 'strip-ansi', mode: 'strip-ansi', dist },
];

async function startSubject({ mode, dist: from }) {
  const path = new URL('subjects/parser.js', import.meta.url).pathname;
  const child = start(path, {
    core: cores.subject,
    log: 'inherit',
    env: { MODE: mode, DIST: from },
  });
  await ask(child);
  return child;
}

const names = Object.keys(inputs);
const rates = subjects.map(() => names.map(() => []));
const children = [];
try {
  for (const subject of subjects) children.push(await startSubject(subject));
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    for (const [at, name] of names.entries()) {
      for (const [subject, child] of children.entries()) {
        const { bytes, cpuMs } = await ask(child, name);
        if (round >= WARM_UP_ROUNDS) rates[subject][at].push(bytes / 1_000 / cpuMs);
      }
    }
  }
} finally {
  await Promise.all(children.map(stop));
}

const rows = subjects.map(({ title }, subject) => [
  title,
  ...rates[subject].map((all) => short(median(all))),
]);
const text = `
MB per second of CPU, the median of ${ROUNDS} rounds. Higher is better.

${table(['log of 20 MB', ...names], rows)}
`;
console.log(text);
writeReport('parser-', 'Parser', text);
