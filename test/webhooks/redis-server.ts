import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished } from 'vitest';

const REDIS = '/usr/bin/redis-server';

/** Whether tests that need Redis are left out: never in CI, which installs it. */
export const isRedisMissing = !existsSync(REDIS) && !process.env['CI'];

/** What their titles say then. */
export const withoutRedis = isRedisMissing ? ' (skipped: no redis-server on this machine)' : '';

/** A port that is free for now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A real Redis that keeps nothing, gone when the test ends. */
export async function startRedis(port: number): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const redis = spawn(REDIS, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/tmp' });
  onTestFinished(() => void redis.kill('SIGKILL'));
  let said = '';
  redis.stdout.on('data', (data) => {
    said += data;
  });
  await expect.poll(() => said, { timeout: 10_000 }).toContain('Ready to accept connections');
  return redis;
}

/** Ends it without giving it time for anything. */
export async function stopRedis(redis: ChildProcess): Promise<void> {
  const closed = once(redis, 'close');
  redis.kill('SIGKILL');
  await closed;
}
