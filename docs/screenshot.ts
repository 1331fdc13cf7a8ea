/*
 * Takes the screenshots in README, with the data of the demo:
 * npm run build:board && npx tsx docs/screenshot.ts
 */
import { readFileSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { parseConfig } from '../src/app/config.ts';
import { createGateway } from '../src/app/gateway.ts';
import { demo, seedWorld } from '../src/simulator/seed.ts';
import { createSimulator } from '../src/simulator/simulator.ts';
import { Secret } from '../src/util/secret.ts';
import { launchBrowser } from '../test/helpers/browser.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, query = ''] = /```graphql\n(.*?)```/s.exec(readme) ?? [];

// Without an argument, the data has fixed times, so that each run makes equal images.
const world = seedWorld();
const simulator = await createSimulator({ world });
const command = parseConfig({ GRAPHIQL: 'true', BOARD: 'true' }, ['--demo']);
if (command.name !== 'serve') throw new Error('unreachable');
const gateway = createGateway(
  { ...command.config, gitlabUrl: simulator.url, gitlabToken: new Secret(demo.token) },
  { version: '0.0.0', exampleTokens: { 'PRIVATE-TOKEN': demo.token } },
);
const address = await gateway.listen('127.0.0.1', 0);
const browser = await launchBrowser();

/** Opens a page at the time of the simulated data. Writes a screenshot after `prepare`. */
async function takeScreenshot(
  name: string,
  path: string,
  options: BrowserContextOptions,
  prepare: (page: Page) => Promise<unknown>,
): Promise<void> {
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', ...options });
  const page = await context.newPage();
  await page.clock.setFixedTime(world.now);
  await page.goto(`${address}${path}`);
  await prepare(page);
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500);
  await page.screenshot({ path: `docs/images/${name}.png`, animations: 'disabled' });
  await context.close();
}

try {
  const { project, runningPipelineId, failedJobId } = demo;
  for (const colorScheme of ['light', 'dark'] as const) {
    await takeScreenshot(
      `board-${colorScheme}`,
      `/board#/${project}/-/pipelines/${runningPipelineId}`,
      { colorScheme, viewport: { width: 1120, height: 392 } },
      (page) => page.getByText('deploy production').waitFor(),
    );
    await takeScreenshot(
      `log-${colorScheme}`,
      `/board#/${project}/-/jobs/${failedJobId}`,
      { colorScheme, viewport: { width: 1000, height: 540 } },
      (page) => page.getByText('AssertionError').nth(1).waitFor(),
    );
  }
  const graphiql = `/graphql?query=${encodeURIComponent(query)}`;
  await takeScreenshot(
    'graphiql',
    graphiql,
    { viewport: { width: 1280, height: 720 } },
    async (page) => {
      await page.locator('.graphiql-execute-button').click();
      await page.locator('.result-window', { hasText: 'unit tests' }).waitFor();
      // Hides the editors for variables and headers, and the text cursor, which blinks.
      await page.getByRole('button', { name: 'Hide editor tools' }).click();
      await page.addStyleTag({ content: '.cursors-layer { visibility: hidden }' });
    },
  );
} finally {
  await browser.close();
  await gateway.close();
  await simulator.close();
}
