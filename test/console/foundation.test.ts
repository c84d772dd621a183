import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { CP } from '../../stack/parties.ts';
import {
  assertAccessible,
  MASTER,
  NARROW,
  openConsole,
  signIn,
  type ConsoleBench,
} from './bench.ts';

// A whole stack, a build of the console and a browser, on two busy cores.
const OPEN_TIMEOUT_MS = 240_000;
const PAGE_TIMEOUT_MS = 90_000;

let bench: ConsoleBench;

beforeAll(async () => {
  bench = await openConsole();
}, OPEN_TIMEOUT_MS);
afterAll(() => bench?.close(), OPEN_TIMEOUT_MS);

describe('the console', () => {
  test(
    'keeps the address wanted through a refused and an accepted login, and ends the session',
    async () => {
      const page = await bench.window();
      await page.goto(bench.url('/nowhere-yet?tab=1'));
      await page.getByRole('main').waitFor();
      await page.goto(bench.url('/'));
      await page.getByLabel('E-mail').fill(MASTER.email);
      await page.getByLabel('Senha').first().fill('not-the-password');
      await page.getByRole('button', { name: 'Entrar' }).click();
      await page.getByText('E-mail ou senha incorretos.').waitFor();
      await assertAccessible(page);
      await signIn(page, MASTER);
      await page.getByRole('heading', { level: 1, name: 'Visão geral' }).waitFor();
      await page.getByRole('button', { name: 'Conta e preferências' }).click();
      await page.getByRole('menuitem', { name: 'Sair' }).click();
      await page.getByRole('button', { name: 'Entrar' }).waitFor();
      expect(await page.evaluate('sessionStorage.length')).toBe(0);
    },
    PAGE_TIMEOUT_MS,
  );

  test(
    'is accessible in light and dark, in both languages, at 1280 and 390 px',
    async () => {
      const page = await bench.signedIn();
      await page.getByRole('heading', { level: 1, name: 'Visão geral' }).waitFor();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await assertAccessible(page);
      }
      await page.getByRole('button', { name: 'Conta e preferências' }).click();
      await assertAccessible(page);
      await page.getByText('English').click();
      expect(await page.locator('html').getAttribute('lang')).toBe('en');
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      await page.keyboard.press('Escape');
      await page.setViewportSize(NARROW);
      await page.getByRole('button', { name: 'Open the menu' }).click();
      await page.getByRole('link', { name: 'Overview' }).waitFor();
      await assertAccessible(page);
      expect(await overflow(page)).toBe(0);
    },
    PAGE_TIMEOUT_MS,
  );

  test(
    'is served with a policy that admits its own files only, and logs no violation of it',
    async () => {
      const page = await bench.window();
      const said: string[] = [];
      page.on('console', (message) => void said.push(`${message.type()}: ${message.text()}`));
      page.on('pageerror', (error) => void said.push(String(error)));
      const answer = await page.goto(bench.url('/'));
      expect(answer?.headers()).toMatchObject({
        'cache-control': 'no-cache',
        'content-security-policy': expect.stringMatching(/style-src 'self' 'nonce-[\w+/=]+'/),
      });
      await signIn(page, MASTER);
      await page.getByRole('heading', { level: 1, name: 'Visão geral' }).waitFor();
      expect(said.filter((line) => !/^(?:info|debug|log): /.test(line))).toEqual([]);
    },
    PAGE_TIMEOUT_MS,
  );

  test('leaves the API and missing files their own answers', async () => {
    const cp = bench.stack.web(CP);
    const codes = await Promise.all(
      ['/admin/api/nothing', '/admin/assets/nothing.js'].map(async (path) => {
        const { status, body } = await cp.ask(path);
        return [status, (body as { code?: string }).code];
      }),
    );
    expect(codes).toEqual([
      [404, 'NOT_FOUND'],
      [404, 'NOT_FOUND'],
    ]);
  });
});

/** By how much the page is wider than the window. */
async function overflow(page: Page): Promise<unknown> {
  return page.evaluate(
    'Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)',
  );
}
