import { convertUnitPrice, type Rate } from '../shared/fx.ts';
import type { Minor } from '../shared/money.ts';
import { ok, refuse, type Result } from '../shared/result.ts';

/** What one settlement moves, on each side in that side's own currency. */
export interface SettledAmounts {
  /** Minor units of the payee's (src's) currency: receivable, origin of the payable, exposure. */
  readonly payee: Minor;
  /** Minor units of the payer's (dst's) currency at the recorded rate, half up. */
  readonly payer: Minor;
}

/**
 * Both sides of a settlement of src to dst: the amount in src's currency, and at the recorded rate
 * in dst's, rounded half up as prices are. VALIDATION_FAILED where one of them is not above zero: a
 * side that books nothing would leave the two books apart (RULES.md 1 and 3).
 */
export function settledAmounts(
  amount: Minor,
  rate: Rate,
): Result<SettledAmounts, 'VALIDATION_FAILED'> {
  if (amount <= 0n) return refuse('VALIDATION_FAILED');
  const payer = convertUnitPrice(amount, rate);
  return payer > 0n ? ok({ payee: amount, payer }) : refuse('VALIDATION_FAILED');
}

/** Who of a settlement's pair a WL is: src sold on credit and is paid, dst bought and pays. */
export type SettlementRole = 'PAYEE' | 'PAYER';

/** What of a pair's debt stands, in minor units of src's currency. */
export interface Debt {
  /** Exposure without open holds: those may still be given back, so nobody pays for them. */
  readonly captured: bigint;
  /** Sum of the settlements that wait for their second person. */
  readonly pending: bigint;
}

/**
 * True where a further settlement of `amount` still pays a debt: partial credits are welcome, money
 * beyond the debt is no settlement but a loan (RULES.md 3).
 */
export function paysDebt(amount: bigint, { captured, pending }: Debt): boolean {
  return amount + pending <= captured;
}
