/* The bench's tables, as Markdown. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { pinning } from './processes.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Two digits that matter. */
export function short(number) {
  if (number === 0) return '0';
  return number >= 10 ? number.toFixed(0) : number.toFixed(number >= 1 ? 1 : 2);
}

/** A Markdown table. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Each cell the median over the rounds; ours in bold where the goal is met. */
function ratios(results, subjects) {
  const head = ['work', 'goal', ...subjects.map(({ title }) => title)];
  const rows = results.map(({ workload: { id, title, goals }, by }) => [
    `${id} ${title}`,
    `≤ ${goals.ratio}`,
    ...subjects.map((subject) => {
      if (subject.id === 'proxy') return `1 (${short(by.proxy.cpuMs)} ms)`;
      const { ratio } = by[subject.id];
      return subject.id === 'gateway' && ratio <= goals.ratio
        ? `**${short(ratio)}**`
        : short(ratio);
    }),
  ]);
  return table(head, rows);
}

/** Prints the ratios: CPU per operation as a multiple of the bare proxy's. */
export function printTable(results, subjects) {
  console.log(`\nCPU per operation, as a multiple of the bare proxy's:\n`);
  console.log(ratios(results, subjects));
}

function details(results, subjects) {
  const head = [
    'work',
    'subject',
    'ratio (least to most)',
    'CPU ms',
    'p50 ms',
    'p99 ms',
    'calls',
    'memory MiB',
    'operations',
  ];
  const rows = results.flatMap(({ workload, by }) =>
    subjects.map(({ id, title }) => {
      const { ratio, spread, cpuMs, p50, p99, calls, rssMiB, operations } = by[id];
      return [
        workload.id,
        title,
        `${short(ratio)} (${spread.map(short).join(' to ')})`,
        cpuMs.toFixed(2),
        p50.toFixed(1),
        p99.toFixed(1),
        calls.toFixed(2).replace('.00', ''),
        rssMiB.toFixed(0),
        operations,
      ];
    }),
  );
  return table(head, rows);
}

function output(command, ...args) {
  return spawnSync(command, args, { encoding: 'utf8', cwd: here('.') }).stdout.trim();
}

function machine() {
  const [{ model }] = cpus();
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} × ${model}, ${gib} GiB, Node ${process.version}, pinned by ${pinning}`;
}

/** Writes a text under a title, what was measured and where to results/<prefix><date>.md; gives the file's name. */
export function writeReport(prefix, title, text) {
  const date = new Date().toISOString().slice(0, 10);
  const name = `results/${prefix}${date}.md`;
  const changed = output('git', 'status', '--porcelain', '../src') ? ', with changes' : '';
  const commit = output('git', 'rev-parse', '--short', 'HEAD') + changed;
  mkdirSync(here('results'), { recursive: true });
  const origin = `- Commit ${commit}\n- ${machine()}`;
  writeFileSync(here(name), `# ${title} of ${date}\n\n${origin}\n${text}`);
  return `bench/${name}`;
}

/** Writes everything to results/<date>.md; gives the file's name. */
export function writeResults(results, subjects, { rounds, roundMs, CONCURRENCY }) {
  const text = `- ${rounds} rounds of ${roundMs} ms, ${CONCURRENCY} callers at once

CPU per operation, as a multiple of the bare proxy's: the median of the rounds, in each of which all subjects took turns.

${ratios(results, subjects)}

${details(results, subjects)}
`;
  return writeReport('', 'Bench', text);
}
