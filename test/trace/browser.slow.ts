import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { traceStyleSheet } from '../../src/trace/style.ts';
import { runs } from '../helpers/runs.ts';
import { hostileLog, worstLogs } from './hostile.ts';
import { bytesOf, htmlText, parse, plainText } from './parse.ts';

const executablePath = '/usr/bin/chromium';
const isInstalled = existsSync(executablePath);
const title = `HTML in Chromium${isInstalled ? '' : ` (skipped: there is none at ${executablePath})`}`;

// If CI is set, the tests fail without a browser, so that they cannot be skipped unnoticed.
describe.skipIf(!isInstalled && process.env['CI'] === undefined)(title, { retry: 0 }, () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
    page = await browser.newPage();
    await page.setContent(`<style>${traceStyleSheet()}</style><pre id="log"></pre>`);
  });

  afterAll(async () => {
    await browser?.close();
  });

  /** Inserts HTML into the page. Returns the names and attributes of its elements, and its text. */
  function show(html: string) {
    return page.evaluate((source) => {
      // Uses the globals of the page, because this function runs in the browser.
      const { document } = globalThis as unknown as {
        document: {
          querySelector(selector: string): {
            innerHTML: string;
            textContent: string;
            querySelectorAll(selector: string): Iterable<{
              localName: string;
              attributes: Iterable<{ name: string; value: string }>;
              childElementCount: number;
            }>;
          };
        };
      };
      const log = document.querySelector('#log');
      log.innerHTML = source;
      const elements = [...log.querySelectorAll('*')];
      return {
        names: [...new Set(elements.map((element) => element.localName))],
        attributes: [
          ...new Set(
            elements.flatMap(({ attributes }) =>
              [...attributes].map(({ name, value }) => `${name}=${value}`),
            ),
          ),
        ],
        nested: elements.some(({ childElementCount }) => childElementCount > 0),
        text: log.textContent,
      };
    }, html);
  }

  async function expectInert(log: Uint8Array): Promise<void> {
    const { lines } = parse(log);
    const shown = await show(htmlText(lines));
    expect(['', 'span']).toContain(shown.names.join(' '));
    expect(
      shown.attributes.filter((attribute) => !/^class=(x?term-[a-z0-9-]+ ?)+$/.test(attribute)),
    ).toEqual([]);
    expect(shown.nested).toBe(false);
    // A line feed at the very start of `pre` is kept. Browsers drop it only after the tag `<pre>`
    // (HTML Standard §13.1.2.5), but not with innerHTML.
    expect(shown.text).toBe(plainText(lines));
  }

  it('contains only the documented elements and attributes, and the text of the log', async () => {
    for (const log of worstLogs) await expectInert(bytesOf(log));
    await fc.assert(fc.asyncProperty(hostileLog, expectInert), { numRuns: runs(300) });
  });

  it('is colored by the style sheet', async () => {
    await show(htmlText(parse('\x1b[38;5;208;48;5;16mx').lines));
    const colors = await page.evaluate(`(({ color, backgroundColor }) => [color, backgroundColor])(
      getComputedStyle(document.querySelector('#log span')))`);
    expect(colors).toEqual(['rgb(255, 135, 0)', 'rgb(0, 0, 0)']);
  });
});
