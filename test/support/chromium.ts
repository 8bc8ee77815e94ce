/** Chromium: Debian's, where it is installed. */

import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { skipped } from './ci.ts';

const CHROMIUM = '/usr/bin/chromium';

/** Why tests in a browser cannot run; false if they can. Where CI is set they must. */
export const skipChromium: string | false = skipped(
  !existsSync(CHROMIUM) && `${CHROMIUM} is not installed`,
);

/** One without a window, which asks nothing of the network by itself. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
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
