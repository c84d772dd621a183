import { readTransitions } from '../../db/wl/trades/read.ts';
import { memberAccount, readBalance } from '../../db/wl/ledger.ts';
import { inTransaction } from '../../db/pool.ts';
import { EXPORTER, IMPORTER } from '../wl/documents.ts';
import type { PurchaseBench } from '../support/purchase-bench.ts';

/** The steps that have moved a trade, in order. */
export async function stepsOf(bench: PurchaseBench, tradeId: string): Promise<string[]> {
  const rows = await readTransitions(bench.importer.node.database.db, tradeId);
  return rows.map(({ step }) => step);
}

/** What the exporter's books say of a trade; asked behind the network's back. */
export async function atExporter(
  bench: PurchaseBench,
  tradeId: string,
): Promise<{ state: string; reason: string | null } | undefined> {
  return bench.exporter.node.database.db
    .selectFrom('hold')
    .select(['state', 'reason'])
    .where('requester', '=', IMPORTER)
    .where('trade_id', '=', tradeId)
    .executeTakeFirst();
}

export async function fundsOf(bench: PurchaseBench, accountId: string): Promise<bigint> {
  return inTransaction(bench.importer.node.database.db, (tx) =>
    readBalance(tx, memberAccount(accountId), 'XIM'),
  );
}

/** How often each call about a trade has reached the network. */
export function callsOf(bench: PurchaseBench, tradeId: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { call, tradeId: of } of bench.network.calls) {
    if (of === tradeId) counts[call] = (counts[call] ?? 0) + 1;
  }
  return counts;
}

export { EXPORTER, IMPORTER };
