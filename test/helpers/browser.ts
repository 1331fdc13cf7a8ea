import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

/**
 * The reason why tests in a browser are skipped; undefined if they run. In CI they always run, so
 * that a missing Chromium makes them fail.
 */
export const whyNoBrowser: string | undefined =
  existsSync(EXECUTABLE) || process.env['CI']
    ? undefined
    : `Chromium is not installed: ${EXECUTABLE}`;

/**
 * Starts a headless Chromium that sends no requests of its own, such as for updates. The caller
 * must close it.
 */
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
 * Returns a list to which the faults of a page are added: requests to another origin, console
 * messages (including violations of the content security policy), exceptions, and responses with an
 * error status.
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
