import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { subscribe } from './subscribe.ts';
import { FOLLOW, running, runningWorld } from './worlds.ts';

const REDIS = '/usr/bin/redis-server';
const isMissing = !existsSync(REDIS) && !process.env['CI'];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A real Redis that keeps nothing. */
async function startRedis(port: number): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const redis = spawn(REDIS, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/tmp' });
  onTestFinished(() => void redis.kill('SIGKILL'));
  let said = '';
  redis.stdout.on('data', (data) => (said += data));
  await expect.poll(() => said, { timeout: 10_000 }).toContain('Ready to accept connections');
  return redis;
}

async function stop(redis: ChildProcess): Promise<void> {
  const closed = once(redis, 'close');
  redis.kill('SIGKILL');
  await closed;
}

const SECRET = 'hook-secret';
const title = isMissing ? ' (skipped: no redis-server on this machine)' : '';

it.skipIf(isMissing)(
  `a hook that comes to one replica wakes those of another, and again once Redis is back${title}`,
  { timeout: 60_000 },
  async () => {
    const port = await freePort();
    const redis = await startRedis(port);
    const world = runningWorld();
    const config = {
      gitlabWebhookSecret: new Secret(SECRET),
      redisUrl: new Secret(`redis://127.0.0.1:${port}`),
      pollIntervalMs: 60_000,
    };
    const hooked = await startGateway({ simulator: { world }, config });
    const watched = await startGateway({ simulator: { world }, config });
    const hook = () =>
      fetch(`${hooked.url}/webhooks/gitlab`, {
        method: 'POST',
        headers: { 'x-gitlab-token': SECRET, 'content-type': 'application/json' },
        body: JSON.stringify({
          object_kind: 'build',
          build_id: running.job,
          pipeline_id: 900,
          project_id: 42,
        }),
      });
    const calls = () => watched.simulator.requests.length;
    /** Sends hooks until one gets through: right after a start nobody may listen yet. */
    const untilWoken = async () => {
      const before = calls();
      await expect
        .poll(() => hook().then(calls), { timeout: 20_000, interval: 200 })
        .toBeGreaterThan(before);
    };

    const job = subscribe(watched, FOLLOW, { token: tokens.alice, variables: { id: running.id } });
    expect(await job.next()).toMatchObject({ data: { jobUpdated: { status: 'RUNNING' } } });
    await untilWoken();

    await stop(redis);
    expect((await hook()).status).toBe(204);
    expect((await watched.query('{ __typename }')).data).toEqual({ __typename: 'Query' });

    await startRedis(port);
    await untilWoken();
    world.finishJob(running.job, 'success');
    await hook();
    expect(await job.rest()).toMatchObject([{ data: { jobUpdated: { status: 'SUCCESS' } } }]);
    expect([...hooked.bugs, ...watched.bugs]).toEqual([]);
  },
);
