import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobOptions } from '../../src/simulator/build-jobs.ts';
import { launchBrowser, whyNoBrowser } from '../helpers/browser.ts';
import { small, smallWorld } from '../helpers/worlds.ts';
import { running, runningWorld } from '../live/worlds.ts';
import { end, start } from '../trace/parse.ts';
import { currentLine, isInView, openPage, scrollByKey, shownLines } from './log-page.ts';
import { findBarriers, startBoard } from './open-board.ts';

const PIPELINE = 960;
const JOB = 9601;
const address = (job: number | string, line?: number) =>
  `#/group/app/-/jobs/${job}${line ? `?line=${line}` : ''}`;

const failedLog = [
  'Running with gitlab-runner 18.6.0',
  `${start('get_sources[collapsed=true]', 10)}Getting source`,
  'Fetching changes',
  `${end('get_sources', 12)}${start('step_script', 12)}Executing the script`,
  '\u001b[32;1m$ npm test\u001b[0;m',
  `${start('suite', 13)}suite <one>`,
  ...Array.from({ length: 200 }, (_, index) => `passed ${index}`),
  `\u001b[31;1mError: 1 & 2 differ\u001b[0m`,
  `${end('suite', 20)}Tests: 1 failed`,
  `${end('step_script', 21)}\u001b[31;1mERROR: Job failed: exit code 3\u001b[0;m`,
  '',
].join('\n');
const [FIRST_ERROR, SECOND_ERROR, LAST_ERROR] = [207, 208, 209];

async function startFailed(options: JobOptions = {}) {
  const world = smallWorld();
  world.addPipeline('group/app', { id: PIPELINE, user: 'alice' });
  const failureReason = 'script_failure';
  world.addJob(PIPELINE, {
    ...{ id: JOB, name: 'unit', status: 'failed', failureReason, log: failedLog },
    ...options,
  });
  const gateway = await startBoard({ simulator: { world } });
  return { ...gateway, world };
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe.skipIf(whyNoBrowser)('the log of a failed job', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  it('is one operation of three calls, and says why the job failed', async () => {
    const gateway = await startFailed();
    const page = await openPage(browser, gateway, address(JOB));
    const card = page.getByRole('region', { name: 'Why the job failed' });
    await card.waitFor();
    expect(await card.innerText()).toContain('The script ended with an error.');
    expect(await card.innerText()).toContain('Exit code 3');
    expect(await card.innerText()).toContain('$ npm test');
    expect(await card.getByRole('link').allTextContents()).toEqual([
      `${FIRST_ERROR}`,
      `${SECOND_ERROR}`,
    ]);
    expect(await page.locator('.calls').innerText()).toBe('3 calls');
    expect(gateway.calls().sort()).toEqual([
      'GET /projects/42/pipelines/960/jobs?include_retried=true&page=1&per_page=100',
      'GET /projects/group%2Fapp/jobs/9601',
      'GET /projects/group%2Fapp/jobs/9601/trace',
    ]);
  });

  it('opens at its first error; N and P step through the error lines', async () => {
    const page = await openPage(browser, await startFailed(), address(JOB));
    await expect.poll(() => isInView(page, FIRST_ERROR)).toBe(true);
    expect(await currentLine(page)).toBe(0);
    for (const [key, line] of [
      ['n', FIRST_ERROR],
      ['n', SECOND_ERROR],
      ['n', LAST_ERROR],
      ['n', FIRST_ERROR],
      ['p', LAST_ERROR],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(() => currentLine(page)).toBe(line);
      expect(page.url()).toMatch(new RegExp(`\\?line=${line}$`));
    }
  });

  it('opens at the line of its address, and unfolds its section', async () => {
    const page = await openPage(browser, await startFailed(), address(JOB, 3));
    await expect.poll(() => currentLine(page)).toBe(3);
    expect(await isInView(page, 3)).toBe(true);
    await page.getByRole('link', { name: 'Line 5', exact: true }).click();
    await expect.poll(() => currentLine(page)).toBe(5);
    expect(page.url()).toMatch(/jobs\/9601\?line=5$/);
  });

  it('folds sections: those that the job wants folded, one, or all', async () => {
    const page = await openPage(browser, await startFailed({ status: 'success' }), address(JOB));
    await expect.poll(() => shownLines(page)).toContain(6);
    expect((await shownLines(page)).slice(0, 6)).toEqual([1, 2, 4, 5, 6, 7]);
    await button(page, 'Getting source').click();
    await expect.poll(() => shownLines(page)).toContain(3);
    await button(page, 'suite <one>').click();
    await expect.poll(() => shownLines(page)).toEqual([1, 2, 3, 4, 5, 6, 208, 209]);
    await button(page, 'Fold all').click();
    await expect.poll(() => shownLines(page)).toEqual([1, 2, 4, 209]);
    await button(page, 'Unfold all').click();
    await expect.poll(() => shownLines(page)).toContain(7);
    const header = page.locator('.line', { has: button(page, 'Getting source') });
    expect(await header.innerText()).toContain('2s');
  });

  it('is searched: matches are counted, marked and visited', async () => {
    const page = await openPage(browser, await startFailed(), address(JOB));
    await expect.poll(() => isInView(page, FIRST_ERROR)).toBe(true);
    await page.keyboard.press('/');
    await page.keyboard.type('PASSED 19');
    const matches = page.getByRole('group', { name: 'matches' });
    await expect.poll(() => matches.innerText()).toContain('11 matches');
    await page.keyboard.press('Enter');
    await expect.poll(() => currentLine(page)).toBe(26);
    expect(await page.locator('mark').first().innerText()).toBe('passed 19');
    await button(page, 'Previous match').click();
    await expect.poll(() => currentLine(page)).toBe(206);
    expect(await matches.innerText()).toContain('11 of 11 matches');
  });

  it('offers a retry, and opens the new attempt', async () => {
    const gateway = await startFailed();
    const page = await openPage(browser, gateway, address(JOB));
    await button(page, 'Retry').click();
    const attempts = page.getByRole('navigation', { name: 'Attempts' });
    await attempts.waitFor();
    const names = await attempts.getByRole('link').allInnerTexts();
    expect(names.map((name) => name.trim())).toEqual(['Attempt 1', 'Attempt 2']);
    expect(gateway.calls().filter((call) => call.startsWith('POST'))).toEqual([
      'POST /projects/42/jobs/9601/retry',
    ]);
    await button(page, 'Cancel').waitFor();
    await attempts.getByRole('link', { name: 'Attempt 1' }).click();
    await page.getByRole('region', { name: 'Why the job failed' }).waitFor();
    expect(await button(page, 'Retry').count()).toBe(0);
  });

  it('links to the raw log, which needs the token', async () => {
    const page = await openPage(browser, await startFailed(), address(JOB));
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Raw log' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('9601.log');
  });

  it.each([
    [1280, 'light'],
    [390, 'dark'],
  ] as const)('at %s pixels, %s: axe finds nothing serious', async (width, theme) => {
    const gateway = await startFailed();
    const page = await openPage(browser, gateway, address(JOB, FIRST_ERROR), {
      width,
      theme,
    });
    await expect.poll(() => isInView(page, FIRST_ERROR)).toBe(true);
    expect(await findBarriers(page)).toEqual([]);
  });

  it('is used with the keyboard alone', async () => {
    const page = await openPage(browser, await startFailed(), address(JOB));
    await expect.poll(() => isInView(page, FIRST_ERROR)).toBe(true);
    const wanted = [
      'Retry',
      'Previous error line',
      'Next error line',
      'Fold all',
      'Wrap lines',
      'Log',
    ];
    const reached = new Set<string>();
    for (
      let presses = 0;
      presses < 60 && !wanted.every((name) => reached.has(name));
      presses += 1
    ) {
      await page.keyboard.press('Tab');
      reached.add(
        await page.evaluate(() => {
          const { activeElement: element } = document;
          return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
        }),
      );
    }
    expect([...reached]).toEqual(expect.arrayContaining(wanted));
  });

  it('says why there is none', async () => {
    const gateway = await startFailed({ log: '', status: 'success' });
    const page = await openPage(browser, gateway, address(JOB));
    await page.getByText('The job has no log.').waitFor();
    await page.evaluate((hash) => location.assign(hash), address(small.bridge));
    await page.getByText('A job that starts another pipeline has no log.').waitFor();
  });
});

describe.skipIf(whyNoBrowser)('the log of a running job', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  const rows = (page: Page) => page.locator('.viewer .line > :is(span, .fold)').allInnerTexts();

  it('grows by exactly the appended lines, and shows how the job ended', async () => {
    const world = runningWorld(`one\n${start('script', 5)}script\ntw`);
    const gateway = await startBoard({ simulator: { world }, config: { pollIntervalMs: 50 } });
    const page = await openPage(browser, gateway, address(running.job));
    await expect.poll(() => rows(page)).toEqual(['one', 'script', 'tw']);
    world.appendLog(running.job, 'o\nthree\n');
    await expect.poll(() => rows(page)).toEqual(['one', 'script', 'two', 'three']);
    world.appendLog(running.job, `${end('script', 9)}${start('after', 9)}after\nError: 4\n`);
    const before = ['one', 'script', 'two', 'three', 'after', 'Error: 4'];
    await expect.poll(() => rows(page)).toEqual(before);
    await page.getByRole('group', { name: 'error lines' }).getByText('1 error line').waitFor();
    await button(page, 'after').click();
    await expect.poll(() => rows(page)).toEqual(before.slice(0, 5));
    await button(page, 'after').click();
    world.appendLog(running.job, `${end('after', 9)}ERROR: Job failed: exit code 4\n`);
    world.finishJob(running.job, 'failed', 'script_failure');
    const card = page.getByRole('region', { name: 'Why the job failed' });
    await card.getByText('Exit code 4').waitFor();
    expect(await rows(page)).toEqual([...before, 'ERROR: Job failed: exit code 4']);
    await button(page, 'Retry').waitFor();
  });

  it('stays at its end, until the reader scrolls up', async () => {
    const lines = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => `line ${from + index}\n`).join('');
    const world = runningWorld(lines(1, 500));
    const gateway = await startBoard({ simulator: { world }, config: { pollIntervalMs: 50 } });
    const page = await openPage(browser, gateway, address(running.job));
    await expect.poll(() => isInView(page, 500)).toBe(true);
    world.appendLog(running.job, lines(501, 100));
    await expect.poll(() => isInView(page, 600)).toBe(true);
    await scrollByKey(page, 'Home', 1);
    const follow = button(page, 'Follow');
    expect(await follow.getAttribute('aria-pressed')).toBe('false');
    world.appendLog(running.job, lines(601, 100));
    await follow.click();
    await expect.poll(() => isInView(page, 700)).toBe(true);
  });
});

describe.skipIf(whyNoBrowser)('a log of 100,000 lines', () => {
  it('is a page of few elements, and N jumps to its first error', async () => {
    const browser = await launchBrowser();
    const world = smallWorld();
    const lines = Array.from(
      { length: 100_000 },
      (_, index) => `\u001b[32m✓\u001b[0m test ${index}`,
    );
    lines[87_654] = 'Error: this one';
    world.setLog(Number(small.fullJob), lines.join('\n'));
    const gateway = await startBoard({ simulator: { world } });
    const page = await openPage(browser, gateway, address(small.fullJob));
    const count = () => page.evaluate(() => document.querySelectorAll('*').length);
    await expect.poll(() => isInView(page, 1)).toBe(true);
    expect(await count()).toBeLessThanOrEqual(2_000);
    await page.keyboard.press('n');
    await expect.poll(() => currentLine(page)).toBe(87_655);
    await expect.poll(() => isInView(page, 87_655)).toBe(true);
    expect(await count()).toBeLessThanOrEqual(2_000);
    await scrollByKey(page, 'End', 100_000);
    await browser.close();
  });
});
