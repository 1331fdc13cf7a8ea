/* Uses the inspector of a running Node.js process. The process opens it when it receives SIGUSR1. */
import { once } from 'node:events';
import { WebSocket } from 'undici';
import { waitUntilReady } from './processes.js';

/** Connects to the inspector of a process; `inspectPort` is its --inspect-port. */
async function connect({ pid, inspectPort }) {
  process.kill(pid, 'SIGUSR1');
  const list = await waitUntilReady(`http://127.0.0.1:${inspectPort}/json/list`, {
    exitCode: null,
  });
  const [{ webSocketDebuggerUrl }] = JSON.parse(Buffer.from(list));
  const socket = new WebSocket(webSocketDebuggerUrl);
  await once(socket, 'open');
  let serial = 0;
  return {
    /** Calls a method of the inspector. Calls must not overlap: the next message is taken as the result. */
    async send(method, params = {}) {
      serial += 1;
      socket.send(JSON.stringify({ id: serial, method, params }));
      const [{ data }] = await once(socket, 'message');
      return JSON.parse(data).result;
    },
    close: () => socket.close(),
  };
}

/** Returns the memory of a process after a garbage collection, in MiB: heap and external memory. */
export async function keptMiB(subject) {
  const { send, close } = await connect(subject);
  const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
  // Twice: objects with finalizers are only freed by the second collection.
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
