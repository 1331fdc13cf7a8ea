import { readFileSync } from 'node:fs';

const guide = readFileSync(new URL('../../docs/adding.md', import.meta.url), 'utf8');

/**
 * The walkthroughs of docs/adding.md that have diffs. `patch` contains all diffs of a walkthrough,
 * and `sources` are the TypeScript files that it changes.
 */
export const walkthroughs = guide
  .split(/\n## /)
  .slice(1)
  .map((text) => {
    const patch = [...text.matchAll(/```diff\n(.*?)```/gs)].map(([, diff]) => diff).join('');
    const sources = [...patch.matchAll(/^\+{3} b\/(.*\.ts)$/gm)].map(([, file = '']) => file);
    return { title: text.split('\n', 1)[0], patch, sources };
  })
  .filter(({ patch }) => patch);
