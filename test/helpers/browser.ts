import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/**
 * Why tests in a browser cannot run here; undefined where they can. In CI they must run, so there a
 * missing Chromium fails them.
 */
export const whyNoBrowser: string | undefined =
  existsSync(EXECUTABLE) || process.env['CI']
    ? undefined
    : `Chromium is not installed: ${EXECUTABLE}`;

/** Starts a Chromium without a window, which calls nobody by itself. The caller closes it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * Returns the faults of a page, a list that grows: requests to another origin, messages of the console
 * (violations of a policy are some), errors, and responses that failed.
 */
export function watchFaults(
  page: Page,
  url: string,
  { isFault = () => true }: { isFault?: (messageType: string) => boolean } = {},
): string[] {
  const faults: string[] = [];
  page.on('console', (message) => {
    if (isFault(message.type())) faults.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (origin !== url && protocol !== 'data:') faults.push(`request: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`);
  });
  return faults;
}
