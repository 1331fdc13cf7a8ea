import { expect, it } from 'vitest';
import { notePassing } from '../src/util/young-garbage.ts';

it('frees buffers that are done with while others pass, long before V8 would by itself', () => {
  const size = 64 * 1024;
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let passed = 0; passed < 30 * 1024 * 1024; passed += size) {
    notePassing(Buffer.allocUnsafeSlow(size).length);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(5 * 1024 * 1024);
});
