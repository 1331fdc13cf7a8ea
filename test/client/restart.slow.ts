import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { serveProgram } from '../app/start-program.ts';
import { launchBrowser, whyNoBrowser } from '../helpers/browser.ts';
import { tokens } from '../helpers/worlds.ts';
import { running, runningWorld } from '../live/worlds.ts';
import { type Followed, follow } from './follow.ts';

/** Follows the log of the running job; the function returns what was received so far. */
type Follow = (url: string) => Promise<() => Followed | Promise<Followed>>;

const followInNode: Follow = async (url) => {
  const followed = follow(url, tokens.alice, running.id);
  return () => followed;
};

/** The page has another origin than the gateway, so every request is preflighted. */
const PAGE = 'http://page.example';

/** Loads the bundled client in Chromium, in a page that nothing else is in. */
const followInChromium: Follow = async (url) => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'follow.ts')],
    ...{ bundle: true, format: 'iife', globalName: 'bundle', target: 'es2022', write: false },
  });
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.route(`${PAGE}/`, (route) => route.fulfill({ contentType: 'text/html', body: '' }));
  await page.goto(`${PAGE}/`);
  await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
  const args = [url, tokens.alice, running.id].map((value) => JSON.stringify(value)).join(', ');
  await page.evaluate(`globalThis.followed = bundle.follow(${args})`);
  return () => page.evaluate('globalThis.followed');
};

it.each([
  ['Node.js', followInNode],
  ['Chromium', followInChromium],
])(
  'continues a log with exactly its bytes across three restarts of the program, in %s',
  async (where, start) => {
    if (where === 'Chromium') expect(whyNoBrowser).toBeUndefined();
    const world = runningWorld('Zeile 0 äöü 😀\n');
    const simulator = await createSimulator({ world });
    onTestFinished(() => simulator.close());
    const env = { GITLAB_URL: simulator.url, POLL_INTERVAL_MS: '100', CORS_ORIGINS: PAGE };
    let program = await serveProgram(env);
    const port = new URL(program.url).port;
    const followed = await start(`${program.url}/graphql`);
    const log = () => world.log(running.job).toString();
    const expectText = () =>
      expect.poll(async () => (await followed()).text, { timeout: 100_000 }).toBe(log());
    const append = (text: string) => world.appendLog(running.job, text);
    for (const restart of [1, 2, 3]) {
      await expectText();
      append(`while it stops ${restart} äöü`);
      program.child.kill('SIGTERM');
      expect(await once(program.child, 'exit')).toEqual([0, null]);
      append(` 😀, while it is down ${restart}\nan incomplete`);
      program = await serveProgram({ ...env, PORT: port });
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
