/*
 * Measures how long the event loop of the gateway is blocked. `node --import` loads this file
 * before the gateway starts. A timer ticks every millisecond. It measures the wall time and the
 * main thread's CPU time since its previous tick. The CPU time excludes the time that other
 * programs took on that core. The parent process sends messages. The reply to a message has the
 * longest wall time and CPU time between two ticks since the previous message, the CPU time of the
 * process since its start, and the current memory of the process.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/** The CPU time of the main thread in ms. */
const threadMs = () =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

/** The longest time between two ticks since the last message, in ms. */
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
    // Twice: objects with finalizers are only freed by the second collection.
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
