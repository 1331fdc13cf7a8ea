/* Node's inspector in a running process, which opens it when it gets a signal. */
import { once } from 'node:events';
import { WebSocket } from 'undici';
import { answers } from './processes.js';

/** Connects to the inspector of a process; `inspectPort` is its --inspect-port. */
async function connect({ pid, inspectPort }) {
  process.kill(pid, 'SIGUSR1');
  const list = await answers(`http://127.0.0.1:${inspectPort}/json/list`, { exitCode: null });
  const [{ webSocketDebuggerUrl }] = JSON.parse(Buffer.from(list));
  const socket = new WebSocket(webSocketDebuggerUrl);
  await once(socket, 'open');
  let serial = 0;
  return {
    /** Calls a method. Only one call at a time. */
    async send(method, params = {}) {
      serial += 1;
      socket.send(JSON.stringify({ id: serial, method, params }));
      const [{ data }] = await once(socket, 'message');
      return JSON.parse(data).result;
    },
    close: () => socket.close(),
  };
}

/** Collects a process's garbage. Returns what is left on its heap and outside of it, in MiB. */
export async function keptMiB(subject) {
  const { send, close } = await connect(subject);
  const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
  // Twice: what waits for its finalizer goes with the second.
  await send('HeapProfiler.collectGarbage');
  await send('HeapProfiler.collectGarbage');
  const { result } = await send('Runtime.evaluate', { expression });
  close();
  return result.value / 2 ** 20;
}

/** Records the CPU profile of a process while `work` runs. */
export async function recordProfile(subject, work) {
  const { send, close } = await connect(subject);
  await send('Profiler.enable');
  await send('Profiler.setSamplingInterval', { interval: 200 });
  await send('Profiler.start');
  await work();
  const { profile } = await send('Profiler.stop');
  close();
  return profile;
}
