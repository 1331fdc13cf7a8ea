import { once } from 'node:events';
import { WebSocket } from 'ws';

/** The memory and resources of a process, counted after a garbage collection. */
export interface Census {
  /** Size of the used heap, without code that V8 has compiled. */
  heapBytes: number;
  /** Size of the code that V8 has compiled, which is also in the heap. */
  codeBytes: number;
  /** Number of all objects that inherit from `Object.prototype`. */
  objects: number;
  /** Memory of objects outside the heap, such as buffers. */
  externalBytes: number;
  /** Number of listeners on all event emitters together. */
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

/** A connection to Node's inspector, which examines a process without code in that process. */
export interface Inspector {
  census(): Promise<Census>;
  /** Returns the memory of the process in bytes, without a garbage collection before. */
  memory(): Promise<{ rss: number; heapUsed: number }>;
  close(): void;
}

const CODE_SIZE =
  '(({ code_and_metadata_size: code, bytecode_and_metadata_size: bytecode }) => code + bytecode)(process.getBuiltinModule("v8").getHeapCodeStatistics())';
const EMITTER = 'Object.getPrototypeOf(Object.getPrototypeOf(process))';

/** Connects to the inspector of a process that was started with --inspect. */
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
  /**
   * Collects all live objects that inherit from `prototype` in an array. Returns the number to
   * which `body` evaluates with that array as `this`.
   */
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
