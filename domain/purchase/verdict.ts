import type { RefusalCode } from '../shared/codes.ts';
import { formatMinor, type Minor } from '../shared/money.ts';
import type { TraderAnswer } from './answer.ts';
import type { ParkReason } from './trade.ts';

/** The terms both sides must agree on (RULES.md 1), frozen when the trade was requested. */
export interface Terms {
  readonly tradeId: string;
  readonly originUnitPrice: Minor;
  readonly originCurrency: string;
  readonly quantity: number;
  readonly fxRate: string;
  readonly relationshipRevision: number;
}

/** What the importer makes of the exporter's answer to a preflight. */
export type HoldVerdict =
  | { readonly kind: 'HELD'; readonly holdId: string }
  /** Refused there: nothing is held for this trade, and nothing ever will be. */
  | { readonly kind: 'REFUSED'; readonly reason: RefusalCode; readonly unitPrice?: string }
  /** Held on other terms: refused here, so the hold must be cancelled; `pull` asks for policies. */
  | { readonly kind: 'DIFFERS'; readonly unitPrice?: string; readonly pull: boolean }
  /** It is about another trade: a given hold is bound already, a preflight's answer is no answer. */
  | { readonly kind: 'OTHER_TRADE' }
  | { readonly kind: 'INVALID' };

/**
 * Judges the answer to a preflight. A hold whose price, currency or quantity differ is PRICE_CHANGED
 * and cancelled. A rate that differs is accepted under a relationship revision older than ours, else
 * each FX change would refuse purchases until both had pulled (RULES.md 1).
 */
export function judgeHold(terms: Terms, answer: TraderAnswer): HoldVerdict {
  if (answer.tradeId !== undefined && answer.tradeId !== terms.tradeId) {
    return { kind: 'OTHER_TRADE' };
  }
  switch (answer.status) {
    case 'REJECTED':
      return answer.reason === undefined
        ? { kind: 'INVALID' }
        : { kind: 'REFUSED', reason: answer.reason, ...priceOf(answer) };
    case 'CANCELLED':
    case 'REVERSED':
      return { kind: 'REFUSED', reason: 'CANCELLED' };
    // A row that is past its hold, after our books were restored, say: the confirm tells what it is.
    case 'PENDING':
    case 'CONFIRMED':
    case 'HELD':
      break;
  }
  if (answer.holdId === undefined) return { kind: 'INVALID' };
  if (!agrees(terms, answer)) return { kind: 'DIFFERS', ...priceOf(answer), pull: false };
  const newer = (answer.relationshipRevision ?? 0) > terms.relationshipRevision;
  const sameRate = answer.fxRate === undefined || answer.fxRate === terms.fxRate;
  return sameRate || !newer
    ? { kind: 'HELD', holdId: answer.holdId }
    : { kind: 'DIFFERS', pull: true };
}

/** What a funded trade does with a fact. */
export type Verdict =
  | { readonly kind: 'SETTLE' }
  | { readonly kind: 'REFUND'; readonly reason: RefusalCode; readonly unitPrice?: string }
  | { readonly kind: 'AWAIT' }
  | { readonly kind: 'PARK'; readonly reason: ParkReason }
  /** HELD, and anything that proves nothing. */
  | { readonly kind: 'UNKNOWN' };

/**
 * Judges the exporter's answer for a trade that has money in suspense (RULES.md 5). Only REJECTED or
 * CANCELLED for this very trade permits a refund; a confirmation on other terms parks; REVERSED for
 * a trade we never confirmed parks.
 */
export function judgeAnswer(terms: Terms, answer: TraderAnswer): Verdict {
  if (answer.tradeId !== terms.tradeId) return { kind: 'PARK', reason: 'ANSWER_INVALID' };
  switch (answer.status) {
    case 'CONFIRMED':
      return agrees(terms, answer) ? { kind: 'SETTLE' } : { kind: 'PARK', reason: 'TERMS_DIFFER' };
    case 'REJECTED':
      // A refusal without its reason is no valid body, and only a validated one permits a refund.
      return answer.reason === undefined
        ? { kind: 'PARK', reason: 'ANSWER_INVALID' }
        : { kind: 'REFUND', reason: answer.reason, ...priceOf(answer) };
    case 'CANCELLED':
      return { kind: 'REFUND', reason: 'CANCELLED' };
    case 'PENDING':
      return { kind: 'AWAIT' };
    case 'REVERSED':
      return { kind: 'PARK', reason: 'REVERSED_UNEXPECTEDLY' };
    case 'HELD':
      return { kind: 'UNKNOWN' };
  }
}

function agrees(terms: Terms, answer: TraderAnswer): boolean {
  return (
    answer.unitPrice === formatMinor(terms.originUnitPrice) &&
    answer.currency === terms.originCurrency &&
    answer.quantity === terms.quantity
  );
}

function priceOf(answer: TraderAnswer): { unitPrice?: string } {
  return answer.unitPrice === undefined ? {} : { unitPrice: answer.unitPrice };
}
