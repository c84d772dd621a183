import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { runDemo } from '../../stack/demo/demo.ts';
import { EXPORTER, IMPORTER } from '../../stack/parties.ts';
import { startBrowser } from '../support/browser.ts';
import { makeBusy } from './busy.ts';
import { MASTER, NARROW, openConsole, signIn, WIDE } from './bench.ts';

/**
 * `npm run screenshots`: every page of the console after the demo and with something to do, into
 * docs/images. With the
 * address of a console that runs already, `-- http://127.0.0.1:8080/admin`, it takes that one.
 */

const FOLDER = fileURLToPath(new URL('../../docs/images', import.meta.url));
const PAIR = `${EXPORTER.wlId}/${IMPORTER.wlId}`;
// Figures come in after the page does; charts move into place.
const QUIET_MS = 1_000;
const DAY_MS = 86_400_000;
const TIGHT_LIMIT = '1500.00';
/** Calls have time on a machine that is busy; a purchase without an answer is parked soon. */
const SETTINGS = {
  PREFLIGHT_TIMEOUT_MS: '4000',
  CONFIRM_TIMEOUT_MS: '4000',
  BUY_DEADLINE_MS: '10000',
  IMPORTER_PARK_AFTER_SECONDS: '20',
};

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly isNarrowToo?: boolean;
}

const SHOTS: readonly Shot[] = [
  { name: 'overview', path: '/', isNarrowToo: true },
  { name: 'attention', path: '/attention', isNarrowToo: true },
  { name: 'approvals', path: '/approvals' },
  { name: 'trades', path: '/trades', isNarrowToo: true },
  { name: 'balance', path: '/balance', isNarrowToo: true },
  { name: 'signals', path: '/signals' },
  { name: 'notifications', path: '/notifications' },
  { name: 'settlements', path: '/settlements' },
  { name: 'plans', path: '/plans' },
  { name: 'audit', path: '/audit' },
  { name: 'alert-targets', path: '/alert-targets' },
  { name: 'wls', path: '/wls' },
  { name: 'wl', path: `/wls/${EXPORTER.wlId}` },
  { name: 'policy', path: `/wls/${EXPORTER.wlId}/policy` },
  { name: 'relationships', path: '/relationships' },
  { name: 'relationship', path: `/relationships/${PAIR}`, isNarrowToo: true },
  { name: 'users', path: '/users' },
];

const given = process.argv[2];
await mkdir(FOLDER, { recursive: true });
if (given === undefined) await ofOwnStack();
else await ofRunning(given);

async function ofOwnStack(): Promise<void> {
  const bench = await openConsole(SETTINGS);
  try {
    const print = (text: string): void => void process.stdout.write(`${text}\n`);
    const step = () => ({ update: print, done: () => undefined, fail: () => undefined });
    await runDemo(bench.stack, { step, print, close: () => undefined });
    await makeBusy(bench.stack);
    await takeAll(bench.browser, bench.url(''));
  } finally {
    await bench.close();
  }
}

async function ofRunning(base: string): Promise<void> {
  const browser = await startBrowser();
  try {
    await takeAll(browser, base);
  } finally {
    await browser.close();
  }
}

async function takeAll(browser: Browser, base: string): Promise<void> {
  const context = await browser.newContext({ viewport: WIDE, colorScheme: 'light' });
  const page = await context.newPage();
  page.on('pageerror', (error) => void process.stderr.write(`${String(error)}\n`));
  await page.goto(`${base}/`);
  await page.getByRole('button', { name: 'Entrar' }).waitFor();
  await take(page, 'login');
  await signIn(page, MASTER);
  for (const { name, path, isNarrowToo = false } of SHOTS) {
    await page.goto(`${base}${path}`);
    await take(page, name);
    if (!isNarrowToo) continue;
    await page.setViewportSize(NARROW);
    await take(page, `${name}-390`);
    await page.setViewportSize(WIDE);
  }
  await takeTrade(page, base);
  await takeStatement(page, base);
  await takeWhatIf(page, base);
  await takeSignal(page, base);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${base}/`);
  await take(page, 'overview-dark');
}

/** A refused trade of the demo, its film, and why it was refused. */
async function takeTrade(page: Page, base: string): Promise<void> {
  await page.goto(`${base}/trades?status=REJECTED&reason=PRICE_CHANGED`);
  await page.getByRole('table').getByRole('link').first().click();
  await take(page, 'trade');
  const { href } = new URL(page.url());
  for (const below of ['film', 'explain']) {
    await page.goto(href.replace('?', `/${below}?`));
    await take(page, `trade-${below}`);
  }
}

/** What the pair owed and paid on this day. */
async function takeStatement(page: Page, base: string): Promise<void> {
  const [from = '', to = ''] = [-DAY_MS, DAY_MS].map((ms) =>
    new Date(Date.now() + ms).toISOString(),
  );
  const search = new URLSearchParams({ src: EXPORTER.wlId, dst: IMPORTER.wlId, from, to });
  await page.goto(`${base}/statement?${search.toString()}`);
  await take(page, 'statement');
}

/** The demo's purchases decided again under a limit that is much tighter. */
async function takeWhatIf(page: Page, base: string): Promise<void> {
  await page.goto(`${base}/whatif`);
  await page.getByLabel('Limite', { exact: false }).first().fill(TIGHT_LIMIT);
  await page.getByRole('button', { name: 'Decidir de novo' }).click();
  await take(page, 'whatif');
}

/** The newest signal of the demo, with its attempts and hops. */
async function takeSignal(page: Page, base: string): Promise<void> {
  await page.goto(`${base}/signals`);
  await page.getByRole('table').getByRole('link').first().click();
  await take(page, 'signal');
}

async function take(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(QUIET_MS);
  await page.screenshot({ path: `${FOLDER}/console-${name}.png`, fullPage: true });
  process.stdout.write(`docs/images/console-${name}.png\n`);
}
