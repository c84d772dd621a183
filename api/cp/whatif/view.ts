import type { WhatIfResult } from '../../../domain/purchase/whatif.ts';
import { formatMinor, minor } from '../../../domain/shared/money.ts';
import type { WhatIfBody, WhatIfView } from './schemas.ts';

/** One pair decided again; without a result where a white label gave no answer. */
export interface PairOutcome {
  readonly src: string;
  readonly dst: string;
  /** Epoch milliseconds; absent where all of the period were decided again. */
  readonly from?: number | undefined;
  readonly currencies: {
    readonly exporter?: string | undefined;
    readonly importer?: string | undefined;
  };
  readonly result?: WhatIfResult;
}

/** A page that a person reads; the totals count them all. */
const FLIPS_SHOWN = 200;

const NOTHING: WhatIfResult = {
  ...{ rerun: 0, unrecorded: 0, undecided: 0, flips: [], gained: minor(0n), avoided: minor(0n) },
  paid: { before: minor(0n), after: minor(0n) },
};

/** All pairs, and their sums by currency. */
export function whatIfViewOf(
  { src, dst, since, until }: WhatIfBody,
  outcomes: readonly PairOutcome[],
  pairsLeftOut: boolean,
): WhatIfView {
  const pairs = outcomes.map(pairViewOf);
  const total = (figure: 'rerun' | 'unrecorded' | 'undecided' | 'flipped'): number =>
    pairs.reduce((sum, pair) => sum + pair[figure], 0);
  return {
    ...{ src: src ?? null, dst: dst ?? null, since, until: until ?? null, pairsLeftOut },
    truncated: pairsLeftOut || pairs.some(({ truncated }) => truncated),
    ...{ rerun: total('rerun'), unrecorded: total('unrecorded') },
    ...{ undecided: total('undecided'), flipped: total('flipped') },
    pairs,
    flips: outcomes
      .flatMap(flipsOf)
      .toSorted((one, other) => other.at.localeCompare(one.at))
      .slice(0, FLIPS_SHOWN),
    gained: soldSums(outcomes, 'gained'),
    avoided: soldSums(outcomes, 'avoided'),
    paid: paidSums(outcomes),
  };
}

function pairViewOf(outcome: PairOutcome): WhatIfView['pairs'][number] {
  const { src, dst, from, currencies, result } = outcome;
  const { flips, gained, avoided, paid, ...counts } = result ?? NOTHING;
  const currency = currencies.exporter ?? null;
  return {
    ...{ src, dst, truncated: from !== undefined, unanswered: result === undefined },
    ...{ from: from === undefined ? null : new Date(from).toISOString() },
    ...{ ...counts, flipped: flips.length },
    gained: { amount: formatMinor(gained), currency },
    avoided: { amount: formatMinor(avoided), currency },
    paid: {
      before: formatMinor(paid.before),
      after: formatMinor(paid.after),
      currency: currencies.importer ?? null,
    },
  };
}

function flipsOf({ src, dst, currencies, result }: PairOutcome): WhatIfView['flips'] {
  return (result ?? NOTHING).flips.map((flip) => ({
    ...{ src, dst, tradeId: flip.id, at: new Date(flip.at).toISOString() },
    ...{ before: flip.before ?? null, after: flip.after ?? null },
    ...{ amount: formatMinor(flip.amount), currency: currencies.exporter ?? null },
    confirmed: flip.confirmed,
  }));
}

function soldSums(
  outcomes: readonly PairOutcome[],
  figure: 'gained' | 'avoided',
): WhatIfView['gained'] {
  const sums = new Map<string, bigint>();
  for (const { currencies, result } of outcomes) {
    if (result === undefined || currencies.exporter === undefined) continue;
    sums.set(currencies.exporter, (sums.get(currencies.exporter) ?? 0n) + result[figure]);
  }
  return [...sums].map(([currency, sum]) => ({ amount: formatMinor(minor(sum)), currency }));
}

function paidSums(outcomes: readonly PairOutcome[]): WhatIfView['paid'] {
  const sums = new Map<string, { before: bigint; after: bigint }>();
  for (const { currencies, result } of outcomes) {
    if (result === undefined || currencies.importer === undefined) continue;
    const sum = sums.get(currencies.importer) ?? { before: 0n, after: 0n };
    sum.before += result.paid.before;
    sum.after += result.paid.after;
    sums.set(currencies.importer, sum);
  }
  return [...sums].map(([currency, { before, after }]) => ({
    before: formatMinor(minor(before)),
    after: formatMinor(minor(after)),
    currency,
  }));
}
