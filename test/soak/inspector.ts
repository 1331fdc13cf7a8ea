import { once } from 'node:events';
import { WebSocket } from 'ws';

/** What a look into a process found, after its garbage was collected. */
export interface Census {
  /** Without what V8 has compiled. */
  heapBytes: number;
  /** What V8 has compiled, and keeps in the heap as well. */
  codeBytes: number;
  /** Objects of any kind. */
  objects: number;
  /** Outside of the heap, such as in buffers. */
  externalBytes: number;
  /** Listeners on all event emitters. */
  listeners: number;
  abortSignals: number;
  sockets: number;
  timers: number;
}

interface Reply {
  id?: number;
  result?: { result?: { objectId?: string; value?: unknown }; objects?: { objectId: string } };
  error?: { message: string };
}

/** Node's inspector, by which a process is looked into that knows nothing of it. */
export interface Inspector {
  census(): Promise<Census>;
  /** Its memory as it stands, garbage included, in bytes. */
  memory(): Promise<{ rss: number; heapUsed: number }>;
  close(): void;
}

const CODE_SIZE =
  '(({ code_and_metadata_size: code, bytecode_and_metadata_size: bytecode }) => code + bytecode)(process.getBuiltinModule("v8").getHeapCodeStatistics())';
const EMITTER = 'Object.getPrototypeOf(Object.getPrototypeOf(process))';

/** Joins the inspector of a process started with --inspect. */
export async function openInspector(address: string): Promise<Inspector> {
  const socket = new WebSocket(address);
  await once(socket, 'open');
  const waiting = new Map<number, (reply: Reply) => void>();
  let lastId = 0;
  socket.on('message', (data) => {
    const reply = JSON.parse(String(data)) as Reply;
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply);
  });
  const send = (method: string, params: object = {}) =>
    new Promise<NonNullable<Reply['result']>>((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (result) resolve(result);
        else reject(new Error(`${method}: ${error?.message}`));
      });
      socket.send(JSON.stringify({ id, method, params }));
    });
  const evaluate = async (expression: string) =>
    (await send('Runtime.evaluate', { expression })).result;
  const number = async (expression: string) => Number((await evaluate(expression))?.value);
  /** Folds all living objects of a prototype into a number. */
  const fold = async (prototype: string, body: string): Promise<number> => {
    const prototypeObjectId = (await evaluate(prototype))?.objectId;
    const { objects } = await send('Runtime.queryObjects', { prototypeObjectId });
    const folded = await send('Runtime.callFunctionOn', {
      objectId: objects?.objectId,
      functionDeclaration: `function () { return ${body}; }`,
    });
    await send('Runtime.releaseObject', { objectId: objects?.objectId });
    return Number(folded.result?.value);
  };
  const resources = (kinds: string) =>
    number(`process.getActiveResourcesInfo().filter((kind) => /${kinds}/.test(kind)).length`);

  return {
    async census() {
      for (let i = 0; i < 3; i++) await send('HeapProfiler.collectGarbage');
      const counted =
        'this.reduce((sum, one) => sum + (one._events ? one.eventNames().reduce((n, name) => n + one.listenerCount(name), 0) : 0), 0)';
      const code = await number(CODE_SIZE);
      return {
        heapBytes: (await number('process.memoryUsage().heapUsed')) - code,
        codeBytes: code,
        externalBytes: await number('process.memoryUsage().external'),
        objects: await fold('Object.prototype', 'this.length'),
        listeners: await fold(EMITTER, counted),
        abortSignals: await fold('AbortSignal.prototype', 'this.length'),
        sockets: await resources('TCP|TLS|Pipe'),
        timers: await resources('Timeout'),
      };
    },
    async memory() {
      const rss = await number('process.memoryUsage.rss()');
      return { rss, heapUsed: await number('process.memoryUsage().heapUsed') };
    },
    close: () => socket.close(),
  };
}
