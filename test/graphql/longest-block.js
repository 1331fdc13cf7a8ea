/*
 * Loaded into the program with --import. At SIGUSR2, prints the longest time in ms for which the
 * event loop was blocked since the previous signal. Measures the CPU time of the main thread
 * between two ticks of a timer, so that the result excludes the time in which other programs used
 * the core.
 */
import { readFileSync } from 'node:fs';

const threadMs = () =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

let longest = 0;
let last = threadMs();
setInterval(() => {
  const now = threadMs();
  longest = Math.max(longest, now - last);
  last = now;
}, 1).unref();

process.on('SIGUSR2', () => {
  process.stdout.write(`Longest block: ${longest} ms\n`);
  longest = 0;
});
