/*
 * Loaded into the gateway before it starts (--import). Measures how long the event loop is blocked: a
 * timer that is due every millisecond, and the CPU time of the main thread between two of its ticks.
 * CPU time does not include what other programs took of the core. Answers each message with what was
 * measured since the message before.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/** The CPU time of the main thread in ms. */
const threadMs = () =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

/** In ms. */
let longest = { wall: 0, cpu: 0 };
let last = { wall: performance.now(), cpu: threadMs() };
setInterval(() => {
  const now = { wall: performance.now(), cpu: threadMs() };
  longest = {
    wall: Math.max(longest.wall, now.wall - last.wall),
    cpu: Math.max(longest.cpu, now.cpu - last.cpu),
  };
  last = now;
}, 1).unref();

process.on('message', ({ collect }) => {
  if (collect) {
    // Twice: what waits for its finalizer goes with the second.
    collectGarbage();
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send({
    longest,
    cpuMs: (user + system) / 1000,
    usedMiB: (heapUsed + external) / 2 ** 20,
  });
  last = { wall: performance.now(), cpu: threadMs() };
  longest = { wall: 0, cpu: 0 };
});
process.channel?.unref();
