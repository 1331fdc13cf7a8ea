import { expect, it } from 'vitest';
import { createPerCredential } from '../../../src/gitlab/transport/per-credential.ts';

it('remembers ten thousand credentials, and forgets the one longest unheard of', () => {
  let made = 0;
  const stateOf = createPerCredential(() => ({ number: made++ }));
  const ask = (n: number) => stateOf({ digest: `digest ${n}` }).number;
  for (let n = 0; n < 10_000; n++) expect(ask(n)).toBe(n);
  expect(ask(0)).toBe(0);
  expect(ask(10_000)).toBe(10_000);
  expect(ask(0)).toBe(0);
  // The second had become the oldest.
  expect(ask(1)).toBe(10_001);
});
