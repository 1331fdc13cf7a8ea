import { expect, it } from 'vitest';
import { keepLog } from '../../src/trace/kept-log.ts';
import { shareEventLoop } from '../../src/util/event-loop.ts';

async function* repeat(chunk: Buffer, times: number) {
  for (let n = 0; n < times; n++) yield chunk;
}

it('lets other work run while a log is read and parsed, however fast it arrives', async () => {
  let others = 0;
  let isDone = false;
  const count = () => {
    others += 1;
    if (!isDone) setImmediate(count);
  };
  count();
  const chunks = repeat(Buffer.alloc(1 << 16, 'a line\n'), 512);
  const log = await keepLog(chunks, { maxBytes: 1 << 24, pause: shareEventLoop });
  await log.parsed();
  isDone = true;
  // The parsing takes hundreds of milliseconds, and other work can run every 10 ms.
  expect(others).toBeGreaterThan(5);
});
