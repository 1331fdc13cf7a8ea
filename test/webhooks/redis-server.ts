import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished } from 'vitest';

const REDIS = '/usr/bin/redis-server';

/** Whether tests that need Redis are skipped. In CI, which installs Redis, they never are. */
export const isRedisMissing = !existsSync(REDIS) && !process.env['CI'];

/** A text for the titles of skipped tests. */
export const withoutRedis = isRedisMissing ? ' (skipped: no redis-server on this machine)' : '';

/** Returns a free TCP port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a Redis server without persistence. It is killed when the test ends. */
export async function startRedis(port: number): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const redis = spawn(REDIS, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/tmp' });
  onTestFinished(() => void redis.kill('SIGKILL'));
  let output = '';
  redis.stdout.on('data', (data) => {
    output += data;
  });
  await expect.poll(() => output, { timeout: 10_000 }).toContain('Ready to accept connections');
  return redis;
}

/** Kills a Redis server without a clean shutdown. */
export async function stopRedis(redis: ChildProcess): Promise<void> {
  const closed = once(redis, 'close');
  redis.kill('SIGKILL');
  await closed;
}
