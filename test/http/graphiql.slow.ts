import { createHash } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../src/app/gateway.ts';
import { readOperations } from '../../src/http/example-operations.ts';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { launchBrowser, watchFaults, whyNoBrowser } from '../helpers/browser.ts';
import { configOf } from '../helpers/config.ts';

const demoTokens = { 'PRIVATE-TOKEN': demo.token, 'JOB-TOKEN': demo.tokens.job };

interface Given {
  env?: Record<string, string>;
  exampleTokens?: Record<string, string>;
}

/**
 * Starts a gateway with GraphiQL, and a simulated GitLab with the demo's data. With
 * `exampleTokens`, the page shows tokens, as in the demo.
 */
async function start({ env = {}, exampleTokens }: Given = {}) {
  const simulator = await createSimulator({ world: seedWorld() });
  const given = { GITLAB_URL: simulator.url, HOST: '127.0.0.1', GRAPHIQL: 'true', ...env };
  const gateway = createGateway(configOf(given), { version: '0.0.0-test', exampleTokens });
  const close = async () => {
    await gateway.close();
    await simulator.close();
  };
  return { url: await gateway.listen('127.0.0.1', 0), close };
}

const secret = 'glpat-of-the-gateway';
/**
 * The URLs of two gateways, which all tests share, because each gateway compresses the 9 MB of
 * GraphiQL at its first use.
 */
const gateways = { plain: '', demo: '' };

beforeAll(async () => {
  const plain = await start({ env: { GITLAB_TOKEN: secret } });
  const inDemo = await start({ exampleTokens: demoTokens });
  gateways.plain = plain.url;
  gateways.demo = inDemo.url;
  return async () => {
    await plain.close();
    await inDemo.close();
  };
});

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

async function getPage(url: string): Promise<{ headers: Headers; text: string }> {
  const response = await fetch(`${url}/graphql`, { headers: html });
  expect(response.status).toBe(200);
  return { headers: response.headers, text: await response.text() };
}

/** Returns the URLs in the elements of a page, which the page loads. */
function referencesIn(page: string): string[] {
  return [...page.matchAll(/\b(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '');
}

describe('the page', () => {
  it('is returned to browsers only: other clients get GraphQL', async () => {
    const url = gateways.plain;
    const query = encodeURIComponent('{ __typename }');
    const answer = await fetch(`${url}/graphql?query=${query}`, {
      headers: { accept: 'application/json' },
    });
    expect(await answer.json()).toMatchObject({ data: { __typename: 'Query' } });
    const page = await fetch(`${url}/graphql?query=${query}`, { headers: html });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const other = await fetch(`${url}/graphiql/nothing.js`, { headers: html });
    expect(other.status).toBe(404);
  });

  it('does not exist with GRAPHIQL=false', async () => {
    const { url, close } = await start({ env: { GRAPHIQL: 'false' } });
    onTestFinished(close);
    const page = await fetch(`${url}/graphql`, { headers: html });
    expect(await page.text()).not.toContain('GraphiQL');
  });

  it('allows only its own origin, no inline script, no framing', async () => {
    const { headers } = await getPage(gateways.plain);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-eval|https?:|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('loads nothing from another host', async () => {
    const { text } = await getPage(gateways.demo);
    for (const address of referencesIn(text)) {
      expect(address).toMatch(/^(data:image\/svg\+xml,|graphiql\/[\w-]{16}\.(js|css)$)/);
    }
  });

  it('contains example tokens in the demo only', async () => {
    const inDemo = await getPage(gateways.demo);
    expect(inDemo.text).toContain(demo.token);
    const { text } = await getPage(gateways.plain);
    expect(text).not.toContain(secret);
    expect(text).not.toContain(demo.token);
    expect(text).not.toContain(demo.tokens.job);
  });

  it('finds its files under a URL with a trailing slash', async () => {
    const page = await fetch(`${gateways.plain}/graphql/`, { headers: html });
    expect(await page.text()).toContain('src="../graphiql/');
  });
});

describe('its files', () => {
  it('are compressed and cached by browsers forever', async () => {
    const url = gateways.plain;
    const { text } = await getPage(url);
    const [script] = referencesIn(text).filter((address) => address.endsWith('.js'));
    const response = await fetch(`${url}/${script}`, {
      headers: { 'accept-encoding': 'gzip, br' },
    });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(Number(response.headers.get('content-length'))).toBeLessThan(2_000_000);
    const plain = await fetch(`${url}/${script}`, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(await response.text());
  });

  it('are named after a hash of their content', async () => {
    const url = gateways.plain;
    const addresses = referencesIn((await getPage(url)).text).filter(
      (each) => !each.startsWith('data:'),
    );
    expect(addresses).toHaveLength(2);
    for (const address of addresses) {
      const content = await (await fetch(`${url}/${address}`)).text();
      const digest = createHash('sha256').update(content).digest('base64url');
      expect(address).toContain(`/${digest.slice(0, 16)}.`);
    }
  });
});

/** An open page, and what it did that it must not do. */
interface Watch {
  page: Page;
  /**
   * Requests to another origin, console messages (including violations of the content security
   * policy), and exceptions.
   */
  faults: string[];
}

/**
 * A script that runs in the page before GraphiQL. It shortens timers of at most 1 s to a 25th, so
 * that tests need not wait for GraphiQL's delays.
 */
const SHORT_TIMERS = `{
  const { setTimeout } = window;
  window.setTimeout = (run, ms, ...values) =>
    setTimeout(run, ms <= 1_000 ? ms / 25 : ms, ...values);
}`;

describe.skipIf(whyNoBrowser)(`in a browser${whyNoBrowser ? ` (${whyNoBrowser})` : ''}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  async function open(url: string, path = '/graphql'): Promise<Watch> {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(SHORT_TIMERS);
    const faults = watchFaults(page, url, { isFault: (type) => type !== 'log' });
    await page.goto(`${url}${path}`);
    await page.locator('.graphiql-execute-button').waitFor();
    return { page, faults };
  }

  function tabsOf(page: Page): Promise<string[]> {
    return page.locator('.graphiql-tab-button').allTextContents();
  }

  const storedQuery = `Object.entries(localStorage).find(([name]) => name.endsWith(':query'))?.[1]`;

  /** Clicks a tab and waits until GraphiQL has stored its query. */
  async function choose(page: Page, name: string): Promise<void> {
    await page.getByRole('tab', { name, exact: true }).click();
    await page.locator('.graphiql-tab-active', { hasText: name }).waitFor();
    await expect.poll(() => page.evaluate(storedQuery), { interval: 10 }).toContain(name);
  }

  /** Clicks the play button. Returns the shown response as text, with normal spaces. */
  async function play(page: Page): Promise<string> {
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.locator('.graphiql-execute-button').click();
    await answered;
    const shown = page.locator('.result-window .view-line').nth(2);
    await shown.waitFor();
    return (await page.locator('.result-window').innerText()).replaceAll('\u00a0', ' ');
  }

  it('opens every example in a tab and sends the token that it needs', async () => {
    const { page, faults } = await open(gateways.demo);
    const names = readOperations().map(
      ({ query }) => /^(?:query|mutation|subscription) (\w+)/m.exec(query)?.[1],
    );
    expect(await tabsOf(page)).toEqual(names);
    expect(await play(page)).toContain('"name": "build"');
    for (const name of (await tabsOf(page)).reverse()) await choose(page, name);
    await choose(page, 'CurrentJob');
    expect(await play(page)).toContain('"currentJob": {');
    expect(faults).toEqual([]);
  });

  describe('without example tokens', () => {
    let page: Page;
    let faults: string[];
    beforeAll(async () => {
      ({ page, faults } = await open(gateways.plain, '/graphql?query=%7B%20nonsense%20%7D'));
    });

    it('shows the query of a link, and marks what does not match the schema', async () => {
      await page.locator('.graphiql-query-editor .squiggly-error').waitFor();
      expect(await tabsOf(page)).toContain('<untitled>');
      expect(page.url()).toMatch(/\/graphql$/);
      expect(faults).toEqual([]);
    });

    it('keeps tabs after a reload, but not tokens that were typed', async () => {
      await page.getByRole('button', { name: 'Headers' }).click();
      await page.locator('.graphiql-editor-tool .monaco-editor:visible').click();
      await page.keyboard.press('Control+A');
      await page.keyboard.type('{"PRIVATE-TOKEN": "glpat-typed"');
      await page.locator('.graphiql-editor-tool', { hasText: 'glpat-typed' }).waitFor();
      // Waits longer than GraphiQL does before it stores anything.
      await page.evaluate('new Promise((resolve) => setTimeout(resolve, 1_000))');
      await choose(page, 'JobLog');
      const stored = () => page.evaluate<string>('JSON.stringify(localStorage)');
      const position = (await tabsOf(page)).indexOf('JobLog');
      await expect.poll(stored).toMatch(new RegExp(`activeTabIndex\\W+${position}\\b`));
      await page.reload();
      await page.locator('.graphiql-tab-active', { hasText: 'JobLog' }).waitFor();
      expect(await stored()).toContain('JobLog');
      expect(await stored()).not.toContain('glpat-typed');
      expect(faults).toEqual([]);
    });
  });
});
