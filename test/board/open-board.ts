import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { watchFaults } from '../helpers/browser.ts';
import { type Started, type StartOptions, startGateway } from '../helpers/start-gateway.ts';

/** The URL of GitLab's pages in links. No host has this name. */
export const GITLAB = 'https://gitlab.example.com';

/**
 * Starts a gateway that serves the board, and a simulated GitLab with the demo's data. Its jobs do
 * not change.
 */
export async function startBoard(options: StartOptions = {}) {
  const world = seedWorld();
  const started = await startGateway({
    simulator: { world, externalUrl: GITLAB },
    ...options,
    env: {
      BOARD: 'true',
      // The page may send only the operations of its manifest.
      TRUSTED_DOCUMENTS: 'only',
      GITLAB_EXTERNAL_URL: GITLAB,
      ...options.env,
    },
  });
  return { ...started, world };
}

export interface OpenOptions {
  /** The token that the page finds in its storage; null for none. @default the demo's maintainer */
  token?: string | null;
  /** The width of the page in pixels. @default 1280 */
  width?: number;
  theme?: 'light' | 'dark';
}

export interface OpenPage {
  page: Page;
  /** The faults of the page (see `watchFaults`). */
  faults: string[];
}

/** Opens the board in a new browser context. `hash` is the part of the URL from `#` on. */
export async function openBoard(
  browser: Browser,
  { url }: Pick<Started, 'url'>,
  hash: string,
  { token = demo.token, width = 1280, theme = 'light' }: OpenOptions = {},
): Promise<OpenPage> {
  const viewport = { width, height: 900 };
  const context = await browser.newContext({ viewport, colorScheme: theme });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const faults = watchFaults(page, url);
  if (token) {
    await page.addInitScript(`sessionStorage.getItem('gitlab-token') ??
      sessionStorage.setItem('gitlab-token', ${JSON.stringify(token)})`);
  }
  await page.goto(`${url}/board${hash}`);
  return { page, faults };
}

/** Returns the text of the page's badge with the number of calls to GitLab. */
export function callsOf(page: Page): Promise<string> {
  return page.locator('output.calls').innerText();
}

/** Waits until the page's badge with the number of calls shows `text`. */
export async function expectCalls(page: Page, text: string): Promise<void> {
  await expect.poll(() => callsOf(page)).toBe(text);
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** Returns the serious and critical accessibility problems that axe finds in the page. */
export async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}
