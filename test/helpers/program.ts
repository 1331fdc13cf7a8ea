import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** Path of the program, which test/setup/build.ts builds before the tests. */
const PROGRAM = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/**
 * Starts the program in a process of its own, which is killed when the test ends. The process gets
 * `env`, and of the environment of this process only PATH. `program` is the path of `cli.js`.
 */
export function spawnProgram(
  args: readonly string[],
  env: Record<string, string> = {},
  program = PROGRAM,
): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
