import type { Kysely } from 'kysely';
import type { WlTables } from '../../db/wl/schema.ts';
import { finishReversal, readReversalReason } from '../../db/wl/trades/reversal.ts';
import { readTrade, type TradeRow } from '../../db/wl/trades/row.ts';
import { runningTrace, withCorrelation } from '../../runtime/correlation.ts';
import type { Logger } from '../../runtime/log.ts';
import { maskText } from '../../runtime/mask.ts';
import type { ReversalActivities, ReversalReply } from '../../workflows/reversal/contract.ts';
import type { ExporterClient, ExporterReply } from '../clients/exporter.ts';

export interface ReversalDeps {
  readonly db: Kysely<WlTables>;
  readonly exporter: Pick<ExporterClient, 'reverse'>;
  /** Tells whoever waits for this trade that its row has moved. */
  readonly announce: (row: TradeRow) => void;
  readonly log: Logger;
}

const NO_REASON = 'no reason was recorded';

/** The steps of a reversal: the exporter's book first, then ours; each is idempotent by the row. */
export function createReversalActivities(deps: ReversalDeps): ReversalActivities {
  const { db, exporter, announce, log } = deps;
  return {
    async reverseAtExporter({ tradeId }) {
      const row = await readTrade(db, tradeId);
      if (row === undefined) throw new Error(`trade ${tradeId} has no row`);
      if (row.state !== 'REVERSING') return { kind: 'OVER', state: row.state };
      // Written by a person: what looks like an address or a number stays here.
      const reason = maskText((await readReversalReason(db, tradeId)) ?? NO_REASON);
      const { correlation_id: correlationId } = row;
      const reply = await withCorrelation({ correlationId, traceparent: runningTrace() }, () =>
        exporter.reverse(row.exporter, tradeId, reason),
      );
      const judged = judge(tradeId, reply);
      if (judged.kind !== 'REVERSED') log.warn({ tradeId, ...judged }, 'not reversed yet');
      return judged;
    },
    async finishReversal({ tradeId }) {
      const row = await finishReversal(db, tradeId);
      announce(row);
      return { state: row.state };
    },
  };
}

/** Only a validated REVERSED of this very trade lets our own entries be reversed. */
function judge(tradeId: string, reply: ExporterReply): ReversalReply {
  if (reply.kind === 'INVALID') return { kind: 'CONTRARY', detail: 'an answer that is none' };
  if (reply.kind !== 'ANSWER') return { kind: 'UNCLEAR', detail: reply.detail };
  const { status, tradeId: answered } = reply.answer;
  if (answered !== tradeId) return { kind: 'CONTRARY', detail: 'an answer for another trade' };
  return status === 'REVERSED' ? { kind: 'REVERSED' } : { kind: 'CONTRARY', detail: status };
}
