import { post } from '../../api/client.ts';
import { tradePath, type TradeKey } from './trade-link.tsx';
import type { Bought, Manual, Purchase } from './types.ts';

export const VERBS = ['retry', 'abandon', 'resolve', 'confirm', 'reverse', 'rerun'] as const;
export type Verb = (typeof VERBS)[number];

/** The trade as far as what can be done about it depends on it. */
export interface RescuedTrade extends TradeKey {
  readonly status: string;
  readonly parked: boolean;
  readonly title: string;
}

export interface Wish {
  readonly verb: Verb;
  readonly reason: string;
  readonly outcome?: Outcome | undefined;
}
export type Outcome = 'CONFIRMED' | 'COMPENSATED';

export type Done =
  | { readonly kind: 'MANUAL'; readonly manual: Manual }
  | { readonly kind: 'REVERSING'; readonly purchase: Purchase }
  | { readonly kind: 'RERUN'; readonly bought: Bought };

/** What makes sense in a trade's state; the importer decides by itself. */
export function verbsOf({ status, parked }: RescuedTrade): readonly Verb[] {
  if (parked) return ['retry', 'abandon', 'resolve', 'confirm'];
  if (status === 'CONFIRMED') return ['reverse'];
  return status === 'REJECTED' ? ['rerun'] : [];
}

/** Asks the importer. The key is the trade's own: whoever asks again does not do it twice. */
export async function rescue(trade: RescuedTrade, wish: Wish): Promise<Done> {
  const { verb, reason, outcome } = wish;
  const { tradeId, importer, exporter } = trade;
  const path = tradePath(trade, verb === 'confirm' ? '/resolve/confirm' : `/${verb}`);
  const body = { reason, ...(outcome !== undefined && { outcome }) };
  const asked = { query: { importer, exporter }, idempotencyKey: `${tradeId}-${verb}` };
  if (verb === 'reverse') {
    return { kind: 'REVERSING', purchase: await post<Purchase>(path, body, asked) };
  }
  if (verb === 'rerun') return { kind: 'RERUN', bought: await post<Bought>(path, body, asked) };
  return { kind: 'MANUAL', manual: await post<Manual>(path, body, asked) };
}
