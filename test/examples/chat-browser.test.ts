/** The chat in a real browser: Debian's Chromium, where it is installed. */

import type { Page } from 'playwright-core';
import t from 'tap';
import { launchChromium, skipChromium } from '../support/chromium.ts';
import { startChat } from './chat-stage.ts';

t.test('people talk in rooms through two servers', { skip: skipChromium }, async (t) => {
  const { startServer } = await startChat(t);
  const [first, second] = await Promise.all([startServer(), startServer()]);
  const browser = await launchChromium();
  t.teardown(() => browser.close());
  const faults: string[] = [];
  const page = async (port: string): Promise<Page> => {
    const opened = await browser.newPage({ viewport: { width: 760, height: 640 } });
    opened.on('pageerror', (error) => faults.push(error.message));
    await opened.goto(`http://127.0.0.1:${port}/`);
    return opened;
  };
  const [ada, bob, cyd] = await Promise.all([
    page(first.port),
    page(second.port),
    page(second.port),
  ]);
  await enter(ada, 'ada', 'red');
  await enter(bob, 'bob', 'red');
  await enter(cyd, 'cyd', 'blue');

  await say(ada, 'Hello, is <b>anybody</b> here?');
  await bob.getByText('Hello, is <b>anybody</b> here?', { exact: false }).waitFor();
  await say(bob, 'I am, at the other server.');
  await ada.getByText('I am, at the other server.').waitFor();
  await say(cyd, 'blue only');
  await cyd.getByText('blue only').waitFor();
  t.equal(await ada.locator('li:not(.note)').count(), 2, 'both texts, and no markup from them');
  t.equal(await ada.locator('li.mine').count(), 1);
  t.equal(await cyd.locator('li:not(.note)').count(), 1, 'another room hears nothing of it');

  await second.kill();
  await bob.getByText('connecting').waitFor();
  await startServer(second.port);
  await bob.locator('#state.on').waitFor();
  await ada.locator('li.note', { hasText: 'bob entered' }).nth(1).waitFor();
  await say(ada, 'Welcome back.');
  await bob.getByText('Welcome back.').waitFor();

  await bob.getByRole('button', { name: 'Leave' }).click();
  await ada.getByText('bob left').waitFor();
  t.ok(await bob.getByRole('button', { name: 'Enter' }).isVisible(), 'and may enter another room');
  t.same(faults, []);
});

async function enter(page: Page, name: string, room: string): Promise<void> {
  await page.locator('#state.on').waitFor();
  await page.getByLabel('your name').fill(name);
  await page.getByLabel('room').fill(room);
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.getByText(`${name} entered`).waitFor();
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('say something').fill(text);
  await page.getByRole('button', { name: 'Say' }).click();
}
