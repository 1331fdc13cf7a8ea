import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inputs } from './inputs.ts';

it('docs/security.md lists each input of a sender without a credential, with its bound', () => {
  const text = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
  const [, section = ''] = text.split('\n## Bounds of what anybody can send\n');
  const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm)];
  const [, ...listed] = rows.map(([, input, bound]) => [input, bound]);
  expect(listed).toEqual(inputs.map(({ input, bound }) => [input, bound]));
});
