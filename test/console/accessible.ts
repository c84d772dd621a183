import { AxeBuilder } from '@axe-core/playwright';
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';

// What keeps somebody out; the lesser findings are matters of taste.
const SERIOUS = new Set(['serious', 'critical']);

// The success criteria of WCAG 2.2, A and AA: other rules are advice and cost as much time.
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** No finding that keeps somebody from using the page. */
export async function assertAccessible(page: Page): Promise<void> {
  // Our pages have no frames, so nothing has to be put together in a page of its own; what a rule
  // passes is not asked for.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode(true)
    .options({ resultTypes: ['violations'] })
    .withTags(RULES)
    .analyze();
  const found = violations
    .filter(({ impact }) => SERIOUS.has(impact ?? ''))
    .map(({ id, nodes }) => ({ id, at: nodes.map(({ html }) => html.slice(0, 200)) }));
  expect({ page: page.url(), found }).toEqual({ page: page.url(), found: [] });
}

/** By how much the page is wider than the window. */
export async function overflow(page: Page): Promise<unknown> {
  return page.evaluate(
    'Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)',
  );
}
