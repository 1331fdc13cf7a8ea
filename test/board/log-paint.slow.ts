import { expect, it } from 'vitest';
import { launchBrowser, whyNoBrowser } from '../helpers/browser.ts';
import { small, smallWorld } from '../helpers/worlds.ts';
import { openPage } from './log-page.ts';
import { startBoard } from './open-board.ts';

it.skipIf(whyNoBrowser)('shows a log of 100,000 lines within a second of the answer', async () => {
  const browser = await launchBrowser();
  const world = smallWorld();
  const lines = Array.from({ length: 100_000 }, (_, index) => `\u001b[32m✓\u001b[0m ${index}`);
  world.setLog(Number(small.fullJob), lines.join('\n'));
  const page = await openPage(browser, await startBoard({ simulator: { world } }), '');
  const answer = page.waitForResponse(
    (response) => response.request().postData()?.includes('query Log(') ?? false,
  );
  await page.evaluate(`location.hash = '#/group/app/-/jobs/${small.fullJob}'`);
  await (await answer).finished();
  const start = performance.now();
  await page.getByRole('link', { name: 'Line 1', exact: true }).waitFor();
  expect(performance.now() - start).toBeLessThan(1_000);
  await browser.close();
});
