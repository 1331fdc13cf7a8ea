/*
 * Runs the scripts that measure the tables of docs/performance.md and write them to results/.
 *
 *   node tables.js [--only run,scale] [--quick]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isQuick } from './quick.js';

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean' } },
});

/** Approximate duration of each script in minutes, on two cores without other work. */
const minutes = {
  run: 50,
  scale: 10,
  board: 4,
  clients: 3,
  idle: 6,
  workers: 4,
  latency: 3,
  parser: 4,
};

const chosen = options.only?.split(',') ?? Object.keys(minutes);
const flags = isQuick ? ['--quick'] : [];
const sum = chosen.reduce((total, name) => total + minutes[name], 0);
console.log(
  isQuick ? 'Only whether everything works: --quick' : `This takes about ${sum} minutes.`,
);

const outcomes = chosen.map((name) => {
  const from = performance.now();
  const script = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  const { status } = spawnSync(process.execPath, [script, ...flags], { stdio: 'inherit' });
  const took = ((performance.now() - from) / 1_000).toFixed(0);
  return {
    name,
    isDone: status === 0,
    line: `${name}: ${status === 0 ? 'done' : 'FAILED'} in ${took} s`,
  };
});
console.log(outcomes.map(({ line }) => line).join('\n'));
process.exitCode = outcomes.every(({ isDone }) => isDone) ? 0 : 1;
