import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The built program; test/setup/build-program.ts makes sure that it is up to date. */
const PROGRAM = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/**
 * Starts the program in a process of its own, which ends with the test. Of this process's environment
 * it gets PATH only.
 */
export function spawnProgram(
  args: readonly string[],
  env: Record<string, string> = {},
): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
