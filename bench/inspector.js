/* What a process keeps, seen by Node's inspector, which opens when a running process is asked for it. */
import { once } from 'node:events';
import { WebSocket } from 'undici';
import { answers } from './processes.js';

/** Collects a process's garbage; gives what is left on its heap and beside it, in MiB. `port` is its --inspect-port. */
export async function keptMiB({ pid, inspectPort }) {
  process.kill(pid, 'SIGUSR1');
  const list = await answers(`http://127.0.0.1:${inspectPort}/json/list`, { exitCode: null });
  const [{ webSocketDebuggerUrl }] = JSON.parse(Buffer.from(list));
  const socket = new WebSocket(webSocketDebuggerUrl);
  await once(socket, 'open');
  let serial = 0;
  const send = async (method, params = {}) => {
    serial += 1;
    socket.send(JSON.stringify({ id: serial, method, params }));
    const [{ data }] = await once(socket, 'message');
    return JSON.parse(data).result;
  };
  const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
  // Twice: what waits for its finalizer goes with the second.
  await send('HeapProfiler.collectGarbage');
  await send('HeapProfiler.collectGarbage');
  const { result } = await send('Runtime.evaluate', { expression });
  socket.close();
  return result.value / 2 ** 20;
}
