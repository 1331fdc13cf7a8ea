import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const namespace = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const isPossible = spawnSync('unshare', [...namespace, 'true']).status === 0;

/**
 * Waits until Node runs as process 1 of the new PID namespace and handles SIGTERM. Returns its
 * process id outside the namespace.
 */
async function startOf(unshare: number): Promise<number> {
  for (;;) {
    await setTimeout(1);
    const child = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').trim();
    if (!child) continue;
    const [, mask] =
      /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${child}/status`, 'utf8')) ?? [];
    if ((BigInt(`0x${mask}`) >> 14n) & 1n) return Number(child);
  }
}

it.skipIf(!isPossible).each([0, 30, 100, 300, 1000])(
  'as process 1, SIGTERM after %i ms ends the program with 0',
  async (ms) => {
    const child = spawn('unshare', [...namespace, process.execPath, PROGRAM], {
      env: {
        ...{ PATH: process.env['PATH'], GITLAB_URL: 'http://gitlab.invalid', PORT: '0' },
        SHUTDOWN_TIMEOUT: '1',
      },
      stdio: 'ignore',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const inner = await startOf(child.pid ?? 0);
    await setTimeout(ms);
    process.kill(inner, 'SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  },
  10_000,
);
