/* Takes README's screenshot, GraphiQL with README's query in the demo: npx tsx docs/screenshot.ts */
import { readFileSync } from 'node:fs';
import { parseConfig } from '../src/app/config.ts';
import { createGateway } from '../src/app/gateway.ts';
import { demo, seedWorld } from '../src/simulator/seed.ts';
import { createSimulator } from '../src/simulator/simulator.ts';
import { launchBrowser } from '../test/helpers/browser.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, query = ''] = /```graphql\n(.*?)```/s.exec(readme) ?? [];

// Without a time, the seed is the same on each run, and so is the image.
const simulator = await createSimulator({ world: seedWorld() });
const command = parseConfig({ GRAPHIQL: 'true', BOARD: 'false' }, ['--demo']);
if (command.name !== 'serve') throw new Error('unreachable');
const gateway = createGateway(
  { ...command.config, gitlabUrl: simulator.url },
  { version: '0.0.0', exampleTokens: { 'PRIVATE-TOKEN': demo.token } },
);
const address = await gateway.listen('127.0.0.1', 0);
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(`${address}/graphql?query=${encodeURIComponent(query)}`);
  await page.locator('.graphiql-execute-button').click();
  await page.locator('.result-window', { hasText: 'unit tests' }).waitFor();
  // Hides the editor of variables and headers, and the cursor.
  await page.getByRole('button', { name: 'Hide editor tools' }).click();
  await page.addStyleTag({ content: '.cursors-layer { visibility: hidden }' });
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500);
  await page.screenshot({ path: 'docs/images/graphiql.png', animations: 'disabled' });
} finally {
  await browser.close();
  await gateway.close();
  await simulator.close();
}
