import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demo } from '../../src/simulator/seed.ts';
import { createTestClock } from '../gitlab/upstream.ts';
import { launchBrowser, whyNoBrowser } from '../helpers/browser.ts';
import { expectCalls, findBarriers, GITLAB, openBoard, startBoard } from './open-board.ts';

const search = 'acme/shop/search';
const four = [demo.project, 'acme/shop/checkout', search, 'acme/platform/failures'];
const dashboard = `#/?projects=${four.join(',')}`;

/**
 * The screens of the board: the path of each, and a selector of an element that is shown when the
 * screen is complete.
 */
const screens = {
  Dashboard: [dashboard, '.rows a'],
  Pipelines: [`#/${search}/-/pipelines`, '.mini-graph li'],
  Statistics: [`#/${search}/-/stats`, 'tbody a'],
  'No such page': ['#/nothing', 'main a'],
} as const;

describe.skipIf(whyNoBrowser)(`the board${whyNoBrowser ? ` (${whyNoBrowser})` : ''}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it.each(Object.entries(screens))(
    'shows %s to all, in this origin, without a console message',
    async (title, [hash, shown]) => {
      const started = await startBoard();
      const { page, faults } = await openBoard(browser, started, hash);
      await page.locator(shown).first().waitFor();
      expect(await page.title()).toContain(title);
      expect(await findBarriers(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize({ width: 390, height: 900 });
      expect(await findBarriers(page)).toEqual([]);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect(width).toBe(390);
      expect(faults).toEqual([]);
      expect(started.bugs).toEqual([]);
    },
  );

  describe('the dashboard', () => {
    it('reads two calls per project, and the updates beside', async () => {
      const started = await startBoard();
      const { page } = await openBoard(browser, started, dashboard);
      await page.locator('.rows a').first().waitFor();
      await expectCalls(page, '8 calls');
      const calls = started.calls();
      const updates = calls.filter((call) => call.includes('pagination=keyset'));
      expect(updates).toHaveLength(4);
      expect(calls).toHaveLength(12);
      const failures = page.locator('.tile', { hasText: 'platform/failures' });
      expect(await failures.locator('.failed-jobs a').count()).toBe(8);
      expect(await failures.innerText()).toContain('and 4 more');
    });

    it('shows a new pipeline when its jobs are there, without further calls of the page', async () => {
      const time = createTestClock();
      const started = await startBoard({ live: { clock: time.clock, random: () => 0.5 } });
      const { page } = await openBoard(browser, started, dashboard);
      await page.locator('.rows a').first().waitFor();
      const tile = page.locator('.tile', { hasText: demo.project });
      const before = `#${demo.runningPipelineId}`;
      expect(await tile.locator('.facts a').innerText()).toBe(before);
      started.world.advance(30 * 60_000);
      await expect
        .poll(
          async () => {
            time.advance(1_000);
            return tile.locator('.facts a').innerText();
          },
          { interval: 20 },
        )
        .not.toBe(before);
      await expectCalls(page, '8 calls');
    });

    it('says why a project cannot be read', async () => {
      const started = await startBoard();
      const hash = `#/?projects=acme/no,${demo.privateProject}`;
      const { page } = await openBoard(browser, started, hash, { token: demo.tokens.guest });
      const problems = page.locator('.tile .problem');
      await expect
        .poll(() => problems.allInnerTexts())
        .toEqual([
          'No such project, or your token may not see it.',
          'Your token is not allowed to read its pipelines.',
        ]);
    });

    it('keeps its projects, and those that were opened', async () => {
      const started = await startBoard();
      const { page } = await openBoard(browser, started, `#/${search}/-/stats`);
      await page.getByRole('link', { name: 'Dashboard' }).click();
      await page.locator('.tile', { hasText: search }).waitFor();
      await page.getByLabel('Project to add').fill(`${GITLAB}/${demo.project}/-/jobs`);
      await page.keyboard.press('Enter');
      await page.locator('.tile', { hasText: demo.project }).waitFor();
      expect(page.url()).toContain(`#/?projects=${search},${demo.project}`);
      await page.getByRole('button', { name: `Remove ${search}` }).click();
      await expect.poll(() => page.locator('.tile').count()).toBe(1);
      await page.goto(`${started.url}/board#/`);
      await page.locator('.tile', { hasText: demo.project }).waitFor();
      expect(await page.locator('.tile').count()).toBe(1);
    });
  });

  describe('the pipelines of a project', () => {
    it('read one call, and two more for each of the first ten in view', async () => {
      const started = await startBoard();
      const { page } = await openBoard(browser, started, `#/${search}/-/pipelines`);
      await expectCalls(page, '21 calls');
      expect(started.calls()).toHaveLength(21);
      expect(await page.locator('.pipeline').count()).toBe(20);
      await page.mouse.wheel(0, 5_000);
      await expect.poll(() => page.locator('.mini-graph ul').count()).toBe(20);
      await page.getByRole('button', { name: 'Load more' }).click();
      await expect.poll(() => page.locator('.pipeline').count()).toBe(40);
      const lists = started.calls().filter((call) => call.includes('/pipelines?'));
      expect(lists).toHaveLength(1);
    });

    it('are filtered by the address', async () => {
      const started = await startBoard();
      const { page } = await openBoard(browser, started, `#/${search}/-/pipelines`);
      await page.locator('.pipeline').first().waitFor();
      await page.getByLabel('Status').selectOption('Failed');
      await expect.poll(() => page.url()).toContain('/-/pipelines?status=FAILED');
      await page.getByLabel('Branch or tag').fill('main');
      await page.keyboard.press('Enter');
      await expect.poll(() => page.url()).toContain('/-/pipelines?ref=main&status=FAILED');
      await expect
        .poll(async () => new Set(await page.locator('.pipeline .badge').allInnerTexts()))
        .toEqual(new Set(['Failed']));
      expect(started.calls()).toContainEqual(expect.stringMatching(/status=failed&ref=main/));
    });
  });

  it('sorts the statistics, of five calls', async () => {
    const started = await startBoard();
    const { page } = await openBoard(browser, started, `#/${search}/-/stats`);
    const names = () => page.locator('tbody a').allInnerTexts();
    await expect.poll(names).toEqual(['e2e', 'unit', 'build', 'lint']);
    await expectCalls(page, '5 calls');
    expect(started.calls()).toHaveLength(5);
    await page.getByRole('button', { name: 'Duration p95' }).press('Enter');
    expect(await names()).toEqual(['e2e', 'build', 'unit', 'lint']);
    expect(await page.locator('th[aria-sort=descending]').innerText()).toContain('Duration p95');
  });

  describe('a token', () => {
    it('that GitLab does not accept is one sentence, and the box to enter another', async () => {
      const started = await startBoard();
      const hash = `#/${search}/-/pipelines`;
      const { page } = await openBoard(browser, started, hash, { token: 'glpat-wrong' });
      const alert = page.getByRole('alert');
      await alert.waitFor();
      expect(await alert.allInnerTexts()).toEqual([
        'GitLab does not accept this token. Enter another one above.',
      ]);
      await page.getByLabel('GitLab token').fill(demo.token);
      await page.keyboard.press('Enter');
      await page.locator('.pipeline').first().waitFor();
      expect(await alert.count()).toBe(0);
      expect(page.url()).not.toContain(demo.token);
      const stored =
        'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])';
      expect(await page.evaluate(stored)).toMatch(
        /^\[\{[^}]*\},\{"gitlab-token":"glpat-demo-maintainer"\},""\]$/,
      );
    });

    it('can be forgotten', async () => {
      const started = await startBoard();
      const { page } = await openBoard(browser, started, `#/${search}/-/pipelines`);
      await page.locator('.pipeline').first().waitFor();
      await page.locator('summary', { hasText: 'Token' }).click();
      await page.getByRole('button', { name: 'Forget' }).click();
      await page.getByText('No such project, or your token may not see it.').waitFor();
      expect(await page.evaluate('sessionStorage.length')).toBe(0);
    });
  });

  describe('the address box', () => {
    const paste = async (text: string) => {
      const started = await startBoard();
      const opened = await openBoard(browser, started, '#/');
      await opened.page.getByLabel('Address in GitLab').fill(text);
      await opened.page.keyboard.press('Enter');
      return { ...started, ...opened };
    };

    it.each([
      [
        `${GITLAB}/${demo.project}/-/jobs/${demo.failedJobId}#L12`,
        `#/${demo.project}/-/jobs/${demo.failedJobId}?line=12`,
        1,
      ],
      [
        `${GITLAB}/${demo.project}/-/pipelines/${demo.pipelineId}`,
        `#/${demo.project}/-/pipelines/${demo.pipelineId}`,
        1,
      ],
      [
        `${GITLAB}/${demo.project}/-/pipelines?ref=main`,
        `#/${demo.project}/-/pipelines?ref=main`,
        0,
      ],
    ])('opens %s', async (text, hash, resolved) => {
      const { page, calls } = await paste(text);
      await expect.poll(() => new URL(page.url()).hash).toBe(hash);
      const path = text.replace(/^.*\/-\/|#.*$/g, '');
      expect(calls().slice(0, resolved)).toEqual(
        resolved ? [`GET /projects/acme%2Fshop%2Fweb/${path}`] : [],
      );
    });

    it.each([
      [
        `https://other.example.com/${demo.project}/-/jobs/1`,
        `\`url\` must be a web address of ${GITLAB}.`,
      ],
      [
        `${GITLAB}/${demo.project}/-/jobs/1`,
        'GitLab has no such job or pipeline, or your token may not see it.',
      ],
      [
        'nonsense',
        'The board shows projects, pipelines and jobs: paste the address of one of these.',
      ],
    ])('says why it does not open %s', async (text, sentence) => {
      const { page } = await paste(text);
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').allInnerTexts()).toEqual([sentence]);
      expect(new URL(page.url()).hash).toBe('#/');
    });
  });

  it('is reached with the keyboard alone, and moves the focus to the heading', async () => {
    const started = await startBoard();
    const { page } = await openBoard(browser, started, dashboard);
    await page.locator('.rows a').first().waitFor();
    const focused = () =>
      page.evaluate<string>(
        '(document.activeElement.ariaLabel ?? document.activeElement.innerText).trim()',
      );
    const stops: string[] = [];
    for (let stop = 0; stop < 20; stop += 1) {
      await page.keyboard.press('Tab');
      stops.push(await focused());
    }
    expect(stops.slice(0, 9)).toEqual([
      'Skip to content',
      'Dashboard',
      'Address in GitLab',
      'Theme: system',
      'Token',
      'Project to add',
      'Branch',
      'Add',
      demo.project,
    ]);
    expect(stops).toContain(`Remove ${demo.project}`);
    await page.getByRole('link', { name: search, exact: true }).press('Enter');
    await expect.poll(focused).toBe(`Pipelines ${search}`);
    expect(await page.title()).toBe(`Pipelines of ${search} · GitLab jobs`);
  });

  it('remembers the theme', async () => {
    const started = await startBoard();
    const { page } = await openBoard(browser, started, '#/');
    await page.getByRole('button', { name: 'Theme: system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    const scheme = 'getComputedStyle(document.documentElement).colorScheme';
    expect(await page.evaluate(scheme)).toBe('dark');
  });
});
