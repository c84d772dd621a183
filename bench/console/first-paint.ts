import type { Browser, BrowserContext } from 'playwright-core';
import { startBrowser } from '../../test/support/browser.ts';
import type { ControlPlane } from './control-plane.ts';
import { MASTER } from './control-plane.ts';
import { figuresOf, type Figures } from './report.ts';

/** One opening of the overview by somebody who is signed in, in milliseconds of its navigation. */
interface Opening {
  /** First contentful paint, by the browser's own entry. */
  readonly firstPaint: number;
  /** Tiles, sums, chart and heat map all stand there with figures. */
  readonly figures: number;
  readonly transferredBytes: number;
}

export interface Openings {
  readonly cache: 'cold' | 'warm';
  readonly size: number;
  readonly firstPaint: Figures;
  readonly figures: Figures;
  readonly transferredBytes: number;
}

const LOADS = 10;
const VIEWPORT = { width: 1280, height: 800 };
const OPEN_TIMEOUT_MS = 60_000;
const SESSION_KEY = 'xpory.session';

/** Opens the overview with an empty cache each time, and then with one that has been filled. */
export async function openOverview(
  planes: readonly { readonly plane: ControlPlane; readonly size: number }[],
): Promise<Openings[]> {
  const browser = await startBrowser();
  try {
    const found: Openings[] = [];
    for (const { plane, size } of planes) {
      const session = await plane.web.need('/admin/api/auth/login', {
        method: 'POST',
        body: MASTER,
      });
      for (const cache of ['cold', 'warm'] as const) {
        const openings = await openings10(browser, plane, { session, cache });
        found.push({
          ...{ cache, size },
          firstPaint: figuresOf(openings.map(({ firstPaint }) => firstPaint)),
          figures: figuresOf(openings.map(({ figures }) => figures)),
          transferredBytes: openings[0]?.transferredBytes ?? 0,
        });
      }
    }
    return found;
  } finally {
    await browser.close();
  }
}

async function openings10(
  browser: Browser,
  plane: ControlPlane,
  { session, cache }: { readonly session: unknown; readonly cache: 'cold' | 'warm' },
): Promise<Opening[]> {
  const openings: Opening[] = [];
  let context: BrowserContext | undefined;
  for (let n = 0; n < LOADS; n += 1) {
    if (cache === 'cold' || context === undefined) {
      await context?.close();
      context = await browser.newContext({ viewport: VIEWPORT, reducedMotion: 'reduce' });
      await context.addInitScript(
        ([key, value]) => sessionStorage.setItem(key ?? '', value ?? ''),
        [SESSION_KEY, JSON.stringify(session)],
      );
      await context.addInitScript({ content: WATCH_FIGURES });
      if (cache === 'warm') await openOnce(context, plane);
    }
    openings.push(await openOnce(context, plane));
  }
  await context?.close();
  return openings;
}

interface Sized {
  readonly transferSize: number;
}

async function openOnce(context: BrowserContext, plane: ControlPlane): Promise<Opening> {
  const page = await context.newPage();
  try {
    await page.goto(`${plane.origin}/admin/`, { timeout: OPEN_TIMEOUT_MS });
    const figures = await page.waitForFunction(
      () => (globalThis as { figuresAt?: number }).figuresAt,
      undefined,
      { timeout: OPEN_TIMEOUT_MS },
    );
    const measured = await page.evaluate(() => {
      const [paint] = performance.getEntriesByName('first-contentful-paint');
      const resources = performance.getEntriesByType('resource') as unknown as Sized[];
      return {
        firstPaint: paint?.startTime ?? Number.NaN,
        transferredBytes: resources.reduce((sum, { transferSize }) => sum + transferSize, 0),
      };
    });
    return { ...measured, figures: Number(await figures.jsonValue()) };
  } finally {
    await page.close();
  }
}

/**
 * Runs in the page: notes when the last of the overview's figures is drawn. Counts stand as dashes
 * until they come; the tables are the sums by status and the heat map, with a percentage in it.
 */
const WATCH_FIGURES = `
  const isWhole = () => {
    const main = document.querySelector('main');
    if (main === null) return false;
    const counts = main.querySelector('.mantine-SimpleGrid-root')?.innerText ?? '–';
    const tables = [...main.querySelectorAll('table')];
    return main.querySelector('.recharts-bar-rectangle') !== null && tables.length >= 2 &&
      tables.some((table) => /\\d\\s?%/.test(table.textContent)) &&
      !counts.split('\\n').includes('–');
  };
  const look = () => {
    if (isWhole()) globalThis.figuresAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;
