import { once } from 'node:events';
import { expect, it } from 'vitest';
import { spawnProgram } from '../helpers/program.ts';

/** Sends a signal to the own process as soon as it handles signals. */
const preload = (signal: string) => `
  const timer = setInterval(() => {
    if (process.listenerCount('${signal}') === 0) return;
    clearInterval(timer);
    process.kill(process.pid, '${signal}');
  });`;

it.each(['SIGTERM', 'SIGINT'])(
  '%s ends a program that is still starting, with 0',
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
    expect(output).toBe('');
  },
);
