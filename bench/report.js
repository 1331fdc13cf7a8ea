/* Formats the results of measurements as Markdown and writes the reports. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { pinning } from './processes.js';
import { isQuick } from './quick.js';
import { median } from './statistics.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Formats a number: without decimals from 10 on, with one decimal from 1 on, and with two below 1. */
export function short(number) {
  if (number === 0) return '0';
  return number >= 10 ? number.toFixed(0) : number.toFixed(number >= 1 ? 1 : 2);
}

/** Returns a Markdown table. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Formats times in ms: the median, with the least and the greatest. */
export const spread = (values) =>
  `${short(median(values))} ms (${short(Math.min(...values))} to ${short(Math.max(...values))})`;

/**
 * Divides the CPU time of subject `id` by that of subject `unit`, for each round. Returns the median, the least
 * and the greatest of these ratios. Undefined if one of the subjects was not measured.
 */
function ratioOf(by, id, unit) {
  if (!by[id] || !by[unit]) return undefined;
  const ratios = by[id].cpus.map((cpu, round) => cpu / by[unit].cpus[round]);
  return { ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

/** Formats the median ratio, bold if it is at most the goal, with the least and the greatest ratio. */
function ratioCell(by, id, unit, goal) {
  const found = ratioOf(by, id, unit);
  if (!found) return '–';
  const { ratio, least, most } = found;
  const text = ratio <= goal ? `**${two(ratio)}**` : two(ratio);
  return `${text} (${two(least)}–${two(most)})`;
}

const two = (number) => (number >= 10 ? number.toFixed(0) : number.toFixed(2));
const goalOf = (goal) => (goal === undefined ? '–' : `≤ ${goal}`);
const callsOf = (by, id) => (by[id] ? short(by[id].calls) : '–');

/** Formats CPU times as multiples of Mercurius with graphql-jit, and of the bare proxy. */
function ratios(results) {
  const head =
    'work; goal; our gateway; goal, 304; our gateway, 304; Mercurius with the same duties; Yoga + Pothos; × proxy: our gateway; × proxy: 304; × proxy: Mercurius; CPU of Mercurius; calls: our gateway; calls: Mercurius';
  const rows = results.map(({ workload: { id, title, goals }, by }) => [
    `${id} ${title}`,
    goalOf(goals.fresh),
    ratioCell(by, 'gateway', 'mercurius', goals.fresh),
    goalOf(goals.settled),
    ratioCell(by, 'settled', 'mercurius', goals.settled),
    ratioCell(by, 'duties', 'mercurius'),
    ratioCell(by, 'yoga', 'mercurius'),
    ratioCell(by, 'gateway', 'proxy'),
    ratioCell(by, 'settled', 'proxy'),
    ratioCell(by, 'mercurius', 'proxy'),
    by.mercurius ? `${by.mercurius.cpuMs.toFixed(3)} ms` : '–',
    callsOf(by, 'gateway'),
    callsOf(by, 'mercurius'),
  ]);
  return table(head.split('; '), rows);
}

/** Formats the CPU times of urql's and Relay's requests as multiples of Apollo's POST to the same process. */
function clientRatios(results) {
  const head = ['work', "Apollo's POST", "urql's GET, goal ≤ 1.15", "Relay's id, goal ≤ 1.15"];
  const rows = results
    .filter(({ by }) => by.apollo)
    .map(({ workload: { id, title }, by }) => [
      `${id} ${title}`,
      `1 (${by.apollo.cpuMs.toFixed(3)} ms)`,
      ratioCell(by, 'urql', 'apollo', 1.15),
      ratioCell(by, 'relay', 'apollo', 1.15),
    ]);
  return rows.length > 0 ? table(head, rows) : '';
}

function details(results) {
  const head =
    'work, subject, CPU ms (least to most), steady, p50 ms, p99 ms, calls, memory MiB, operations';
  const rows = results.flatMap(({ workload, by }) =>
    Object.entries(by).map(
      ([id, { cpus, cpuMs, isSteady, p50, p99, calls, rssMiB, operations }]) => [
        workload.id,
        id,
        `${cpuMs.toFixed(3)} (${Math.min(...cpus).toFixed(3)} to ${Math.max(...cpus).toFixed(3)})`,
        isSteady ? 'yes' : 'no',
        p50.toFixed(1),
        p99.toFixed(1),
        calls.toFixed(2).replace('.00', ''),
        rssMiB.toFixed(0),
        operations,
      ],
    ),
  );
  return table(head.split(', '), rows);
}

/** Formats the results of one version of Node.js as Markdown. */
export function formatResults({ version, results }) {
  return `
## Node ${version}

CPU per operation as a multiple of Mercurius with graphql-jit, or of the bare proxy where it says so: the median of the rounds, with the least and the most. Bold: the goal is met.

${ratios(results)}

${clientRatios(results)}

${details(results)}
`;
}

function output(command, ...args) {
  return spawnSync(command, args, { encoding: 'utf8', cwd: here('.') }).stdout.trim();
}

function machine() {
  const [{ model }] = cpus();
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} × ${model}, ${gib} GiB, Node ${process.version}, pinned by ${pinning}`;
}

/**
 * Writes a report with a title, the commit and the machine to results/<prefix><date>.md, and prints the file's
 * name. With --quick, writes nothing.
 */
export function writeReport(prefix, title, text) {
  if (isQuick) {
    console.log('Not written, and no measurement: --quick');
    return;
  }
  const date = new Date().toISOString().slice(0, 10);
  const name = `results/${prefix}${date}.md`;
  const changed = output('git', 'status', '--porcelain', '../src') ? ', with changes' : '';
  const commit = output('git', 'rev-parse', '--short', 'HEAD') + changed;
  mkdirSync(here('results'), { recursive: true });
  const origin = `- Commit ${commit}\n- ${machine()}`;
  writeFileSync(here(name), `# ${title} of ${date}\n\n${origin}\n${text}`);
  console.log(`Written to bench/${name}`);
}
