import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

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
