/*
 * Loaded into the program with --import. At SIGUSR2, prints for how long the event loop was blocked at
 * most since the signal before: CPU time of the main thread between two ticks of a timer, in ms, which
 * does not include what other programs took of the core.
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
