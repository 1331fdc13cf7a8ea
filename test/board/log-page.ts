import type { Browser, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { Started } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { type OpenOptions, openBoard } from './open-board.ts';

/**
 * Opens a screen of the board with Alice's token. The test fails if the page has a fault, such as a
 * message in its console (see `watchFaults`).
 */
export async function openPage(
  browser: Browser,
  gateway: Pick<Started, 'url'>,
  address: string,
  options: OpenOptions = {},
): Promise<Page> {
  const { page, faults } = await openBoard(browser, gateway, address, {
    token: tokens.alice,
    ...options,
  });
  onTestFinished(() => expect(faults).toEqual([]));
  return page;
}

/** Returns the numbers of the log lines for which the page has elements. */
export const shownLines = (page: Page): Promise<number[]> =>
  page
    .locator('.viewer .line > a')
    .allTextContents()
    .then((texts) => texts.map(Number).sort((a, b) => a - b));

/** Returns the number of the marked log line; 0 if none is marked. */
export const currentLine = async (page: Page): Promise<number> =>
  Number((await page.locator('.viewer .line[aria-current] > a').allTextContents())[0] ?? 0);

/** Returns whether a line is in the visible part of the log. */
export const isInView = (page: Page, line: number): Promise<boolean> =>
  page.evaluate((number) => {
    const list = document.querySelector('.lines')?.getBoundingClientRect();
    const link = document.querySelector(`.lines [aria-label="Line ${number}"]`);
    const row = link?.getBoundingClientRect();
    return Boolean(row && list && row.top >= list.top && row.bottom <= list.bottom);
  }, line);

/**
 * Scrolls the log with a key until a line is in view. Presses the key again if nothing happened:
 * Chromium 156 ignores a key that scrolls directly after a script has scrolled.
 */
export async function scrollByKey(page: Page, key: 'Home' | 'End', line: number): Promise<void> {
  await page.getByRole('region', { name: 'Log', exact: true }).focus();
  const scroll = async () => {
    await page.keyboard.press(key);
    return isInView(page, line);
  };
  await expect.poll(scroll, { interval: 500 }).toBe(true);
}
