import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../src/app/gateway.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { serveProgram } from '../app/start-program.ts';
import { launchBrowser, whyNoBrowser } from '../helpers/browser.ts';
import { configOf } from '../helpers/config.ts';
import { tokens } from '../helpers/worlds.ts';
import { running, runningWorld } from '../live/worlds.ts';
import { type Followed, follow } from './follow.ts';

/** Follows the log of the running job. The returned function returns what was received so far. */
type Follow = (url: string) => Promise<() => Followed | Promise<Followed>>;

const followInNode: Follow = async (url) => {
  const followed = follow(url, tokens.alice, running.id);
  return () => followed;
};

/** Runs the bundled client in Chromium, in a page without other scripts. */
const followInChromium: Follow = async (url) => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'follow.ts')],
    ...{ bundle: true, format: 'iife', globalName: 'bundle', target: 'es2022', write: false },
  });
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  // The content security policy of /health forbids all connections, so it is bypassed.
  const page = await browser.newPage({ bypassCSP: true });
  // Opens a page of the gateway's origin, so that requests are not cross-origin.
  await page.goto(new URL('/health', url).href);
  const script = outputFiles[0]?.text ?? '';
  const args = [url, tokens.alice, running.id].map((value) => JSON.stringify(value)).join(', ');
  await page.evaluate(`${script}; globalThis.followed = bundle.follow(${args})`);
  return () => page.evaluate('globalThis.followed');
};

/** Starts a gateway, on the port `env.PORT` if it is set. `stop` ends the gateway. */
type Launch = (env: Record<string, string>) => Promise<{ url: string; stop(): Promise<unknown> }>;

const launchProgram: Launch = async (env) => {
  const { url, child, ended } = await serveProgram(env);
  const stop = async () => {
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  };
  return { url, stop };
};

const launchInProcess: Launch = async (env) => {
  const gateway = createGateway(configOf(env), { version: '0.0.0-test', report: () => {} });
  onTestFinished(() => gateway.close());
  const url = await gateway.listen('127.0.0.1', Number(env['PORT'] ?? 0));
  return { url, stop: () => gateway.close() };
};

it.for([
  ['Node.js, of the program', followInNode, launchProgram, undefined],
  ['Chromium, of a gateway in this process', followInChromium, launchInProcess, whyNoBrowser],
] as const)(
  'continues a log with exactly its bytes across three restarts: in %s',
  { timeout: 400_000 },
  async ([, start, launch, whySkipped], { skip }) => {
    skip(whySkipped !== undefined, whySkipped);
    const world = runningWorld('Zeile 0 äöü 😀\n');
    const simulator = await createSimulator({ world });
    onTestFinished(() => simulator.close());
    const env = { GITLAB_URL: simulator.url, POLL_INTERVAL_MS: '100' };
    let gateway = await launch(env);
    const port = new URL(gateway.url).port;
    const followed = await start(`${gateway.url}/graphql`);
    const log = () => world.log(running.job).toString();
    const expectText = () =>
      expect.poll(async () => (await followed()).text, { timeout: 100_000 }).toBe(log());
    const append = (text: string) => world.appendLog(running.job, text);
    for (const restart of [1, 2, 3]) {
      await expectText();
      append(`while it stops ${restart} äöü`);
      await gateway.stop();
      append(` 😀, while it is down ${restart}\nan incomplete`);
      gateway = await launch({ ...env, PORT: port });
      append(` line ${restart}\n`);
    }
    await expectText();
    append('the end');
    world.finishJob(running.job, 'success');
    await expect.poll(async () => (await followed()).end, { timeout: 100_000 }).toBe('complete');
    const { text, gaps, retries } = await followed();
    expect({ text, gaps }).toEqual({ text: log(), gaps: 0 });
    expect(retries).toBeGreaterThanOrEqual(3);
  },
);
