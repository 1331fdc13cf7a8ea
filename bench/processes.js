/* Starts the processes of a measurement on chosen cores, reads their CPU time and memory, and stops them. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const canPin = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/**
 * With 'taskset', the subject is pinned to one core, and the fake GitLab and the driver to another. With 'none',
 * nothing is pinned.
 */
export const pinning = canPin && availableParallelism() > 1 ? 'taskset' : 'none';
export const cores = { load: 0, subject: 1 };

/**
 * Starts a Node.js script, pinned to `core` (a number, or several cores such as "0,1") if `pinning` is 'taskset'.
 * `log` is a file descriptor for its output, or 'inherit'. `program` is the path of the Node.js binary.
 */
export function start(script, options) {
  const { core, log, env = {}, execArgv = [], ipc = true, program = process.execPath } = options;
  const node = [program, ...execArgv, script];
  const command = pinning === 'taskset' ? ['taskset', '-c', String(core), ...node] : node;
  const { PATH, HOME } = process.env;
  return spawn(command[0], command.slice(1), {
    env: { PATH, HOME, NODE_ENV: 'production', ...env },
    stdio: ['ignore', log, log, ...(ipc ? ['ipc'] : [])],
  });
}

/**
 * Sends `message`, if given, to a child. Returns the child's next message. Throws if it has an `error`, or if the
 * child exits.
 */
export async function ask(child, message) {
  const settled = new AbortController();
  const { signal } = settled;
  const ended = once(child, 'exit', { signal }).then(() => [{ error: 'a child ended' }]);
  if (message) child.send(message);
  const [value] = await Promise.race([once(child, 'message', { signal }), ended]);
  ended.catch(() => {});
  settled.abort();
  if (value.error) throw new Error(value.error);
  return value;
}

/**
 * Waits until every subscriber of watchers.js has received at least `more` further events. Returns the number of
 * all events so far (`all`), the least and the greatest number of one subscriber (`least`, `most`), and the time
 * in ms between the first and the last subscriber that received the latest change (`spreadMs`).
 */
export async function waitForEvents(watchers, more) {
  const { most } = await ask(watchers, {});
  for (;;) {
    await sleep(100);
    const seen = await ask(watchers, {});
    if (seen.least >= most + more) return seen;
  }
}

/** Ends a child with SIGTERM, or SIGKILL after 3 s, and waits until it has exited. */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await gone;
  clearTimeout(late);
}

/** Returns a port that is free now. Another program may take it before it is used. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Sends requests to a URL until one gets a response, of any status. Returns its body. Throws if the child
 * exits, or after 6,000 attempts, which take a minute or more.
 */
export async function waitUntilReady(url, child) {
  for (let attempt = 0; attempt < 6_000; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(' ')} did not start`);
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (answer) return answer.arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nobody answers at ${url}`);
}

/**
 * Returns the CPU time of a process in ms. Sums all threads, so garbage collection and compilation are
 * included. Reads /proc/<pid>/task/<tid>/schedstat, which is exact to the nanosecond.
 */
export function cpuMs(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const ns = tasks.map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return ns.reduce((sum, one) => sum + one, 0) / 1e6;
}

/** Returns the time in ms, summed over all cores since boot, that programs used or the host took (steal). */
export function busyMs() {
  const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/ +/).map(Number);
  const [user, nice, system, , , irq, softirq, steal] = ticks;
  return (user + nice + system + irq + softirq + steal) * 10;
}

/** Resident memory of a process in MiB. */
export function rssMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

/** Peak resident memory of a process in MiB, since `resetPeak` or since it started. */
export function peakMiB(pid) {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

/** Resets the peak of resident memory to its current value. */
export function resetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Returns the ids of the child processes of a process. */
export function childrenOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}
