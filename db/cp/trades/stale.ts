import { sql } from 'kysely';
import type { TradeView } from '../../../domain/telemetry/trade-view.ts';
import type { CpTransaction } from '../schema.ts';
import type { TradeKey } from './row.ts';

/** Within this time every WL applies a revision; a decision on an older one after it is stale. */
const DRIFT_MAX_SECONDS = 300;

interface Decided {
  readonly key: TradeKey;
  readonly view: TradeView;
}

/**
 * Those trades that a side decided on a revision whose successor had been committed more than five
 * minutes before: on the relationship, or on the side's own policy. A side decides when its row is
 * born; later versions carry the revisions of that moment.
 */
export async function findStale<T extends Decided>(
  tx: CpTransaction,
  trades: readonly T[],
): Promise<ReadonlySet<T>> {
  const decisions = trades.flatMap((trade, index) => decisionsOf(trade, index));
  if (decisions.length === 0) return new Set();
  const { rows } = await sql<{ trade: number }>`
    SELECT DISTINCT trade FROM jsonb_to_recordset(${JSON.stringify(decisions)}::jsonb)
        AS decided (trade integer, wl uuid, src uuid, dst uuid, policy integer,
                    relationship integer, at timestamptz)
     WHERE EXISTS (SELECT FROM relationship_revision AS later
              WHERE later.src = decided.src AND later.dst = decided.dst
                AND decided.relationship BETWEEN 1 AND later.revision - 1
                AND later.at < decided.at - ${DRIFT_MAX_SECONDS} * interval '1 second')
        OR EXISTS (SELECT FROM wl_policy_revision AS later
              WHERE later.wl_id = decided.wl
                AND decided.policy BETWEEN 1 AND later.revision - 1
                AND later.at < decided.at - ${DRIFT_MAX_SECONDS} * interval '1 second')
  `.execute(tx);
  return new Set(rows.flatMap(({ trade }) => trades[trade] ?? []));
}

function decisionsOf({ key, view }: Decided, trade: number) {
  const { importer, exporter } = view;
  const pair = { src: key.exporter, dst: key.importer };
  return [
    { wl: key.importer, side: importer },
    { wl: key.exporter, side: exporter },
  ].flatMap(({ wl, side }) =>
    side === undefined
      ? []
      : {
          ...{ trade, wl, ...pair },
          policy: side.document.policyRevision,
          relationship: side.document.relationshipRevision,
          at: new Date(side.occurredAt.getTime() - side.document.latencyMs).toISOString(),
        },
  );
}
