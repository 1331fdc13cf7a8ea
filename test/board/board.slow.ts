import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demo } from '../../src/simulator/seed.ts';
import { launchBrowser, whyNoBrowser } from '../helpers/browser.ts';
import { expectCalls, findBarriers, openBoard, startBoard } from './open-board.ts';

const addressOf = (id: number, query = '') => `#/${demo.project}/-/pipelines/${id}${query}`;
const running = addressOf(demo.runningPipelineId);
const failed = addressOf(demo.failedPipelineId);
/** The `#` part of the URL of a pipeline with groups, manual jobs and downstream pipelines. */
const complex = `#/${demo.checkoutProject}/-/pipelines/${demo.retriedTriggerPipelineId}`;

const cardOf = (page: Page, name: string) => page.locator('.job-card', { hasText: name });

describe.skipIf(whyNoBrowser)(`the board${whyNoBrowser ? ` (${whyNoBrowser})` : ''}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('shows the stages of a running pipeline in their order, with three calls', async () => {
    const started = await startBoard();
    const { page, faults } = await openBoard(browser, started, running);
    await page.locator('.stage').first().waitFor();
    expect(
      await page
        .locator('.stage h2')
        .evaluateAll((all) => all.map((each) => each.textContent.trim())),
    ).toEqual(['check', 'test', 'build', 'deploy']);
    await expectCalls(page, '3 calls');
    expect(faults).toEqual([]);
    expect(started.bugs).toEqual([]);
  });

  it('changes with the pipeline, without further calls of the page', async () => {
    const started = await startBoard();
    const { page } = await openBoard(browser, started, running);
    const card = cardOf(page, 'unit tests');
    await card.getByRole('img', { name: 'running' }).waitFor();
    await page.evaluate('window.isSamePage = true');
    started.world.advance(50_000);
    await card.getByRole('img', { name: 'passed' }).waitFor();
    expect(await page.evaluate('window.isSamePage')).toBe(true);
    await expectCalls(page, '3 calls');
  });

  it('retries a job once, shows one more attempt, and follows the pipeline again', async () => {
    const started = await startBoard();
    const { page, faults } = await openBoard(browser, started, failed);
    await page.getByRole('button', { name: 'Retry unit tests' }).click();
    await page.getByLabel('2 attempts of unit tests').click();
    expect(await cardOf(page, 'unit tests').locator('ol a').count()).toBe(2);
    const writes = started.calls().filter((call) => call.startsWith('POST'));
    expect(writes).toEqual([`POST /projects/101/jobs/${demo.failedJobId}/retry`]);
    started.world.advance(3_000);
    await page.getByRole('button', { name: 'Cancel unit tests' }).waitFor();
    expect(faults).toEqual([]);
  });

  it('says in a sentence why an action was refused', async () => {
    const started = await startBoard();
    const { page } = await openBoard(browser, started, failed, { token: demo.tokens.readOnly });
    await page.getByRole('button', { name: 'Retry unit tests' }).click();
    const alert = cardOf(page, 'unit tests').getByRole('alert');
    expect(await alert.innerText()).toMatch(/scope/);
    await page.getByRole('button', { name: 'Retry all failed (1)' }).click();
    const outcome = page.locator('.board-header').getByRole('alert');
    expect(await outcome.innerText()).toMatch(/\w/);
  });

  it('shows a chosen job beside it; back and Escape close it', async () => {
    const started = await startBoard();
    const { page, faults } = await openBoard(browser, started, failed);
    const panel = page.getByRole('complementary', { name: 'Job unit tests' });
    const link = page.getByRole('link', { name: 'unit tests' });
    await link.click();
    await panel.getByText('The script ended with an error.').waitFor();
    expect(await panel.getByRole('log').innerText()).toContain('AssertionError');
    await page.goBack();
    await panel.waitFor({ state: 'detached' });
    await link.click();
    await panel.waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    expect(await link.evaluate((element) => element.matches(':focus'))).toBe(true);
    expect(faults).toEqual([]);
  });

  it('shows what a running job prints', async () => {
    const started = await startBoard();
    const query = `?job=${demo.runningJobId}`;
    const { page } = await openBoard(browser, started, addressOf(demo.runningPipelineId, query));
    const log = page.getByRole('log');
    await log.waitFor();
    const before = (await log.innerText()).length;
    started.world.advance(20_000);
    await expect.poll(async () => (await log.innerText()).length).toBeGreaterThan(before);
  });

  it('opens groups, plays the manual jobs of a stage, links downstream pipelines', async () => {
    const started = await startBoard();
    const { page } = await openBoard(browser, started, complex);
    const group = page.getByRole('button', { name: 'Passed unit 5' });
    await group.click();
    expect(await page.locator('.group', { has: group }).locator('.job-card').count()).toBe(5);
    await page.getByRole('button', { name: /^Play all 2 manual jobs of deploy/ }).click();
    await page.getByText('2 done.').waitFor();
    const writes = started.calls().filter((call) => call.startsWith('POST'));
    expect(writes).toHaveLength(2);
    await page.getByRole('link', { name: /^acme\/shop\/payments #/ }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(page.url()).toContain('#/acme/shop/payments/-/pipelines/');
  });

  it('shows when jobs waited and ran', async () => {
    const started = await startBoard();
    const { page } = await openBoard(browser, started, complex);
    await page.getByRole('link', { name: 'Timeline' }).click();
    await page.getByRole('img', { name: /^compile: waited 2s, ran 15s/ }).waitFor();
    expect(await page.getByRole('img', { name: 'critical path' }).count()).toBeGreaterThan(3);
    await expectCalls(page, '3 calls');
  });

  it('says in a sentence that a token is wrong, or that there is no such pipeline', async () => {
    const started = await startBoard();
    const wrong = await openBoard(browser, started, running, { token: 'glpat-wrong' });
    const alert = wrong.page.getByRole('alert');
    expect(await alert.innerText()).toMatch(/^[A-Z][^\n]*\.$/);
    const missing = await openBoard(browser, started, addressOf(1));
    await missing.page.getByText('No such pipeline, or your token may not see it.').waitFor();
    expect(missing.faults).toEqual([]);
  });

  it('names the screen also if it cannot be read, and asks for another token', async () => {
    const started = await startBoard();
    for (const [hash, title] of [
      [running, `Pipeline #${demo.runningPipelineId}`],
      [`#/${demo.project}/-/jobs/${demo.failedJobId}`, `Job ${demo.failedJobId}`],
    ] as const) {
      const { page } = await openBoard(browser, started, hash, { token: 'glpat-wrong' });
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(title);
      expect(await page.title()).toContain(title);
      await page.getByLabel('GitLab token').fill(demo.token);
      await page.getByRole('button', { name: 'Use' }).click();
      await page.locator('main .badge').first().waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
      expect(await page.locator('.token').getAttribute('open')).toBeNull();
      expect(await page.content()).not.toContain('glpat-');
    }
  });

  it('shows nothing of an earlier token to the next', async () => {
    const started = await startBoard();
    const { page } = await openBoard(browser, started, running);
    await page.locator('.stage').first().waitFor();
    started.simulator.setLatency(500);
    await page.getByText('Token', { exact: true }).click();
    await page.getByLabel('GitLab token').fill('glpat-wrong');
    await page.getByRole('button', { name: 'Use' }).click();
    await page.getByText('Loading …').waitFor();
    expect(await page.locator('.stage').count()).toBe(0);
  });

  it('says that a pipeline has no jobs', async () => {
    const started = await startBoard();
    const { id } = started.world.addPipeline(demo.project);
    const { page } = await openBoard(browser, started, addressOf(id));
    await page.getByText('The pipeline has no jobs.').waitFor();
  });

  describe('can be used by all', () => {
    const job = `?job=${demo.failedJobId}`;
    it.each([
      ['columns', complex],
      ['timeline', `${complex}?view=timeline`],
      ['job', addressOf(demo.failedPipelineId, job)],
    ])('%s: axe finds nothing serious, and nothing is cut off at 390 px', async (_, hash) => {
      const started = await startBoard();
      const { page } = await openBoard(browser, started, hash);
      await page.locator('.stage, .chart li').first().waitFor();
      if (hash.includes('job')) await page.getByRole('log').waitFor();
      expect(await findBarriers(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize({ width: 390, height: 900 });
      expect(await findBarriers(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    });

    it('the keyboard reaches every button, and arrow keys move between cards', async () => {
      const started = await startBoard();
      const { page } = await openBoard(browser, started, failed);
      await page.locator('.stage').first().waitFor();
      const nameOfFocus = () =>
        page.evaluate<string>(
          'document.activeElement.ariaLabel ?? document.activeElement.innerText ?? ""',
        );
      const buttons = page.locator('main button');
      const names = await buttons.evaluateAll((all) =>
        all.map((button) => button.ariaLabel ?? button.textContent),
      );
      expect(names).toContain('Retry unit tests');
      const reached: string[] = [];
      for (let presses = 0; presses < 60 && reached.at(-1) !== names.at(-1); presses += 1) {
        await page.keyboard.press('Tab');
        reached.push(await nameOfFocus());
      }
      expect(reached).toEqual(expect.arrayContaining(names));
      await page.getByRole('link', { name: 'lint' }).focus();
      await page.keyboard.press('ArrowDown');
      expect(await nameOfFocus()).toBe('typecheck');
      await page.keyboard.press('ArrowRight');
      expect(await nameOfFocus()).toBe('unit tests');
    });
  });
});
