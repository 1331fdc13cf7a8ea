import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { parse } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BOARD_FOLDER } from '../../src/app/gateway.ts';
import { demo } from '../../src/simulator/seed.ts';
import { launchBrowser, whyNoBrowser } from '../helpers/browser.ts';
import { createFolder } from '../helpers/files.ts';
import { openBoard, startBoard } from './open-board.ts';

const board = join(import.meta.dirname, '../../examples/board');

/** Returns the paths of all files in a folder. */
function listFiles(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return paths.map((path) => join(folder, path)).filter((path) => statSync(path).isFile());
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** Returns the names of the operations in a GraphQL document. */
function operationsIn(text: string): string[] {
  return parse(text).definitions.flatMap((definition) =>
    definition.kind === 'OperationDefinition' ? (definition.name?.value ?? '') : [],
  );
}

const manifest: Record<string, string> = JSON.parse(
  readFileSync(join(BOARD_FOLDER, 'documents.json'), 'utf8'),
);

describe('the built board', () => {
  it('is at most 60 kB, compressed', () => {
    const sizes = listFiles(BOARD_FOLDER).map((path) => gzipSync(readFileSync(path)).length);
    expect(sizes.length).toBeGreaterThanOrEqual(4);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(60_000);
  });

  it('has a manifest of all its operations, one by one', () => {
    for (const [hash, text] of Object.entries(manifest)) expect(hash).toBe(hashOf(text));
    const sources = listFiles(join(board, 'src')).filter((path) => path.endsWith('.graphql'));
    const written = sources.flatMap((path) => operationsIn(readFileSync(path, 'utf8')));
    const listed = Object.values(manifest).flatMap(operationsIn);
    expect(written.length).toBeGreaterThan(5);
    expect(listed.sort()).toEqual(written.sort());
  });
});

describe.skipIf(whyNoBrowser)(`in a browser${whyNoBrowser ? ` (${whyNoBrowser})` : ''}`, () => {
  it('sends the texts of the manifest', async () => {
    const browser = await launchBrowser();
    onTestFinished(() => browser.close());
    // Also allows documents that are not in the manifest, so that the page works even with a wrong
    // manifest, and the test sees all documents that it sends.
    const started = await startBoard({ env: { TRUSTED_DOCUMENTS: 'also' } });
    const { page } = await openBoard(browser, started, `#/?projects=${demo.project}`);
    const sent = new Set<string>();
    page.on('request', (request) => {
      const { query } = request.postDataJSON() ?? {};
      if (query) sent.add(query);
    });
    const { project, runningPipelineId, failedJobId } = demo;
    for (const path of [
      `pipelines/${runningPipelineId}`,
      `jobs/${failedJobId}`,
      'stats',
      'pipelines',
    ]) {
      await page.goto(`${started.url}/board#/${project}/-/${path}`);
      await page.locator('main h1').waitFor();
    }
    // Waits until at least six operations were sent, such as those of the dashboard, its updates,
    // the board, the statistics, the pipelines and their stages.
    await expect.poll(() => sent.size).toBeGreaterThan(5);
    expect(Object.values(manifest)).toEqual(expect.arrayContaining([...sent]));
  });

  it('works with React itself, too', async () => {
    const folder = createFolder();
    const vite = join(board, 'node_modules/vite/bin/vite.js');
    const args = [vite, 'build', '--mode', 'react', '--outDir', folder, '--logLevel', 'warn'];
    await promisify(execFile)(process.execPath, args, { cwd: board });
    const browser = await launchBrowser();
    onTestFinished(() => browser.close());
    const started = await startBoard({ boardFolder: folder });
    const { page, faults } = await openBoard(browser, started, `#/?projects=${demo.project}`);
    await page.locator('.rows a').first().waitFor();
    await page.getByRole('link', { name: demo.project, exact: true }).press('Enter');
    await page.locator('.mini-graph li').first().waitFor();
    const isReact = `Object.keys(document.getElementById('root')).some((key) => key.startsWith('__react'))`;
    expect(await page.evaluate(isReact)).toBe(true);
    expect(faults).toEqual([]);
  });
});
