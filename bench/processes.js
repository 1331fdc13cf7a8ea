/* Processes of the bench: started on a core, measured, and ended by their own id. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';

const canPin = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** How processes are kept apart: the subject on one core, what is around it on another. */
export const pinning = canPin && availableParallelism() > 1 ? 'taskset' : 'none';
export const cores = { around: 0, subject: 1 };

/**
 * Starts a script on a core, or several such as "0,1". Its output goes to `log`, a file descriptor. `program`
 * is the Node.js that executes it.
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

/** Asks a child something and waits for its answer. */
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

/** Ends a child, and waits until it is gone. */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await gone;
  clearTimeout(late);
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until something answers there, whatever it is. */
export async function answers(url, child) {
  for (let attempt = 0; attempt < 6_000; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(' ')} did not start`);
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (answer) return answer.arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nobody answers at ${url}`);
}

/**
 * CPU time of a process with all its threads (garbage collection and compilation too), in ms: from
 * /proc/<pid>/task/<tid>/schedstat, where the kernel counts nanoseconds.
 */
export function cpuMs(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const ns = tasks.map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return ns.reduce((sum, one) => sum + one, 0) / 1e6;
}

/** CPU time of all cores that was not idle, in ms, with what the host took (steal). */
export function busyMs() {
  const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/ +/).map(Number);
  const [user, nice, system, , , irq, softirq, steal] = ticks;
  return (user + nice + system + irq + softirq + steal) * 10;
}

/** Resident memory of a process in MiB. */
export function rssMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

/** The most of it since `forgetPeak`, or since the process began. */
export function peakMiB(pid) {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

/** Lets the peak begin at what is resident now. */
export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Processes that a process has started. */
export function childrenOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}
