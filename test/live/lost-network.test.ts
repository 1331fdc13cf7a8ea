import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { FOLLOW, running, runningWorld } from './worlds.ts';

const name = `lost-${process.pid}`;
const [here, there] = ['10.213.97.1', '10.213.97.2'];
const ip = (...args: string[]) => spawnSync('ip', args).status === 0;

/** Makes a network that only the two addresses are in. */
function makeNetwork(): boolean {
  return (
    ip('netns', 'add', name) &&
    ip('link', 'add', 'lost0', 'type', 'veth', 'peer', 'name', 'lost1', 'netns', name) &&
    ip('addr', 'add', `${here}/30`, 'dev', 'lost0') &&
    ip('link', 'set', 'lost0', 'up') &&
    ip('-n', name, 'addr', 'add', `${there}/30`, 'dev', 'lost1') &&
    ip('-n', name, 'link', 'set', 'lost1', 'up')
  );
}

function removeNetwork(): void {
  ip('link', 'del', 'lost0');
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
      `${gateway.url.replace('localhost', here)}/graphql`,
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
