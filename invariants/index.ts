import { agreement } from './agreement.ts';
import { auditChain } from './audit-chain.ts';
import { balances } from './balances.ts';
import { books } from './books.ts';
import { captures } from './captures.ts';
import { events } from './events.ts';
import { expiry } from './expiry.ts';
import { exposure } from './exposure.ts';
import { frozenAmounts } from './frozen-amounts.ts';
import type { CheckRun, Found, Invariant } from './invariant.ts';
import { openTrades } from './open-trades.ts';
import { revisions } from './revisions.ts';
import { signals } from './signals.ts';
import { stock } from './stock.ts';
import { transitions } from './transitions.ts';

export type { CheckRun, Party, Violation } from './invariant.ts';
export { renderInvariants } from './render.ts';

/** The invariants of RULES.md 10 that databases and engine alone can tell. */
export const INVARIANTS: readonly Invariant[] = [
  captures,
  frozenAmounts,
  expiry,
  agreement,
  books,
  transitions,
  openTrades,
  signals,
  events,
  auditChain,
  revisions,
  exposure,
  stock,
  balances,
];

export type InvariantRow = Found & Pick<Invariant, 'number' | 'title'>;

/** Checks all of them, one after the other: nothing here competes with purchases for long. */
export async function checkInvariants(run: CheckRun): Promise<InvariantRow[]> {
  const rows: InvariantRow[] = [];
  for (const { number, title, check } of INVARIANTS) {
    rows.push({ number, title, ...(await check(run)) });
  }
  return rows;
}

/** True where nothing is broken, and in a run that traded nothing was judged without any rows. */
export function isHolding(
  rows: readonly InvariantRow[],
  { traded }: { readonly traded: boolean },
): boolean {
  return rows.every(
    ({ violations, scanned, applies }) =>
      violations.length === 0 && !(traded && applies && scanned === 0),
  );
}
