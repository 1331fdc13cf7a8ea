import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { FOLLOW, running, runningWorld } from './worlds.ts';

// Names and addresses of its own, so that several can run at a time.
const name = `lost${process.pid}`;
const [near, far] = [`${name}a`, `${name}b`];
const net = `10.213.${(process.pid >> 6) & 255}`;
const [here, there] = [1, 2].map((host) => `${net}.${(process.pid & 63) * 4 + host}`);
const ip = (...args: string[]) => spawnSync('ip', args).status === 0;

/** Makes a network that only the two addresses are in. */
function makeNetwork(): boolean {
  return (
    ip('netns', 'add', name) &&
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name) &&
    ip('addr', 'add', `${here}/30`, 'dev', near) &&
    ip('link', 'set', near, 'up') &&
    ip('-n', name, 'addr', 'add', `${there}/30`, 'dev', far) &&
    ip('-n', name, 'link', 'set', far, 'up')
  );
}

function removeNetwork(): void {
  ip('link', 'del', near);
  ip('netns', 'del', name);
}

const canMake = process.platform === 'linux' && makeNetwork();
removeNetwork();

// Needs root and network namespaces: elsewhere `lost-peers.test.ts` stands for it.
describe.skipIf(!canMake)('a viewer whose network is lost without a sign', () => {
  it.each([
    ['while nothing is sent', false],
    ['while news is on its way', true],
  ])('costs no more calls than for some seconds, %s', async (_when, withNews) => {
    onTestFinished(removeNetwork);
    expect(makeNetwork()).toBe(true);
    const world = runningWorld('log');
    const gateway = await startGateway({ simulator: { world }, host: '0.0.0.0' });
    const viewer = spawn('ip', [
      ...['netns', 'exec', name, 'curl', '-sN', '-H', 'accept: text/event-stream'],
      ...['-H', `private-token: ${tokens.alice}`, '-H', 'content-type: application/json'],
      ...['-d', JSON.stringify({ query: FOLLOW, variables: { id: running.id } })],
      `${gateway.url.replace('localhost', here ?? '')}/graphql`,
    ]);
    onTestFinished(() => void viewer.kill('SIGKILL'));
    let seen = '';
    viewer.stdout.on('data', (text) => {
      seen += text;
    });
    await expect.poll(() => seen, { timeout: 5_000 }).toContain('event: next');
    // What it answers goes nowhere.
    expect(ip('-n', name, 'route', 'add', 'blackhole', `${here}/32`)).toBe(true);
    if (withNews) world.setStatus(running.job, 'canceling');
    const subscriptions = async () => JSON.stringify(await gateway.gateway.metrics());
    // The kernel alone would take 11 s, or many minutes.
    await expect
      .poll(subscriptions, { timeout: 8_000, interval: 100 })
      .toMatch(/"gateway_live_subscriptions"[^}]*?"value":0/);
  });
});
