import type { OutcomeSource, OutcomeState } from '../../../domain/purchase/outcomes.ts';
import type { ParkReason } from '../../../domain/purchase/trade.ts';
import type { RefusalCode } from '../../../domain/shared/codes.ts';
import type { PurchaseRequest } from '../../../db/wl/trades/request.ts';
import type { BenchOffer, Buyer, PurchaseBench } from '../../support/purchase-bench.ts';

/** One way in which a purchase comes to an outcome, between real parties. */
export interface Scenario {
  readonly state: OutcomeState | 'AWAITING_APPROVAL' | 'UNCERTAIN';
  readonly reason: RefusalCode | ParkReason | null;
  readonly from: OutcomeSource;
  /** Tells apart more than one way to the same outcome. */
  readonly variant?: string;
  /** Whose history tells of it; the purchase's unless said. */
  readonly workflow?: 'purchase' | 'reversal';
  /** The exporter's approval, where one decided, and what it came to. */
  readonly approval?: string;
  /** Answers the trade's id once the outcome is there. */
  run(bench: PurchaseBench): Promise<string>;
  /** What ends a purchase that rests on a person. */
  end?(bench: PurchaseBench, tradeId: string): Promise<void>;
}

/** `<STATE>.<REASON or none>[.<variant>]`, the file name of its history. */
export function scenarioName({ state, reason, variant }: Scenario): string {
  return [state, reason ?? 'none', ...(variant === undefined ? [] : [variant])].join('.');
}

export interface Requested {
  readonly tradeId: string;
  readonly buyer: Buyer;
  readonly offer: BenchOffer;
}

/** A request by a new buyer for a new offer, without a workflow yet. */
export async function requested(
  bench: PurchaseBench,
  change: Partial<PurchaseRequest> = {},
): Promise<Requested> {
  const [buyer, offer] = [await bench.buyer(), await bench.offer()];
  return { tradeId: await bench.request(buyer, offer, change), buyer, offer };
}

/** The same, and its workflow has run to its end. */
export async function bought(
  bench: PurchaseBench,
  change: Partial<PurchaseRequest> = {},
): Promise<string> {
  const { tradeId } = await requested(bench, change);
  await bench.start(tradeId);
  await bench.finished(tradeId);
  return tradeId;
}

/** The same, but left as soon as it stands in a state. */
export async function boughtUntil(
  bench: PurchaseBench,
  state: 'AWAITING_APPROVAL' | 'UNCERTAIN' | 'NEEDS_ATTENTION',
): Promise<string> {
  const { tradeId } = await requested(bench);
  await bench.start(tradeId);
  await bench.until(tradeId, state);
  return tradeId;
}
