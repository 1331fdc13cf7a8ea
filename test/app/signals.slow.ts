import { once } from 'node:events';
import { expect, it } from 'vitest';
import { spawnProgram } from '../helpers/program.ts';

/** Returns code that sends a signal to its own process as soon as the process handles it. */
const preload = (signal: string) => `
  process.on('newListener', (name) => {
    if (name === '${signal}') queueMicrotask(() => process.kill(process.pid, '${signal}'));
  });`;

it.each(['SIGTERM', 'SIGINT'])(
  '%s ends a program that is still starting, with 0',
  { retry: 0 },
  async (signal) => {
    const source = `data:text/javascript,${encodeURIComponent(preload(signal))}`;
    const child = spawnProgram([], {
      GITLAB_URL: 'http://gitlab.invalid',
      NODE_OPTIONS: `--import=${source}`,
      PORT: '0',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += data;
      });
    }
    expect(await once(child, 'close')).toEqual([0, null]);
    // Node may deliver the signal only after the program has started completely. Then the program
    // prints that it listens and shuts down.
    expect(output.replace(/^Listening on .*\n.*"shutting down".*\n/, '')).toBe('');
  },
);
