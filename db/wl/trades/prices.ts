import type { Transaction } from 'kysely';
import type { RefusalCode } from '../../../domain/shared/codes.ts';
import { convertUnitPrice, parseRate } from '../../../domain/shared/fx.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { parseMinor, type Minor } from '../../../domain/shared/money.ts';
import { takeOverPrice } from '../imported-offers.ts';
import type { WlTables } from '../schema.ts';
import type { TradeRow } from './row.ts';

/**
 * The price that a refusal carried, in the buyer's currency at the trade's rate. PRICE_CHANGED
 * updates the imported offer at once, so that the buyer's reload shows it (RULES.md 4).
 */
export async function learnPrice(
  tx: Transaction<WlTables>,
  row: TradeRow,
  refusal: { readonly reason: RefusalCode; readonly unitPrice?: string | undefined },
): Promise<Minor | null> {
  const { reason, unitPrice } = refusal;
  const origin = unitPrice === undefined ? undefined : parseMinor(unitPrice);
  if (!origin?.ok || origin.value <= 0n) return null;
  const rate = parseRate(row.fx_rate);
  invariant(rate.ok, 'a frozen rate is a rate');
  const price = convertUnitPrice(origin.value, rate.value);
  if (reason === 'PRICE_CHANGED') {
    await takeOverPrice(tx, row.exporter, row.origin_offer_id, origin.value);
  }
  return price;
}
