import { sql } from 'kysely';
import { isFinalDelivery, type DeliveryState } from '../../../domain/imbalance/signal.ts';
import { ok, refuse, type Result } from '../../../domain/shared/result.ts';
import { signalWorkflowId } from '../../../domain/work/orders.ts';
import { appendAudit } from '../../audit.ts';
import { inTransaction } from '../../pool.ts';
import type { Kysely } from 'kysely';
import type { Author, CpSchema, CpTransaction } from '../schema.ts';
import type { AckKind } from '../tables/signals.ts';
import { finishWork } from '../work-order.ts';

export interface Ack {
  readonly signalId: string;
  readonly wlId: string;
  readonly kind: AckKind;
  /** The WL's own word for when the last offer was off, or on again. */
  readonly appliedAt?: Date | undefined;
  readonly offersChanged?: number | undefined;
}

export interface Acked {
  readonly state: DeliveryState;
  /** False where it was final before: an ack that is repeated or late changes nothing. */
  readonly isNew: boolean;
  readonly superseded: readonly { readonly signalId: string; readonly wlId: string }[];
}

/**
 * A delivery is acked, and older open ones of the same pair at the same WL are pointless from then
 * on: both in this transaction, with their work orders (RULES.md 3).
 */
export async function acknowledge(tx: CpTransaction, ack: Ack): Promise<Acked> {
  const { signalId, wlId, kind, appliedAt, offersChanged } = ack;
  const older = await lockOlder(tx, ack);
  const own = await tx
    .selectFrom('signal_delivery')
    .select('state')
    .where('signal_id', '=', signalId)
    .where('wl_id', '=', wlId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  if (isFinalDelivery(own.state)) return { state: own.state, isNew: false, superseded: [] };
  await tx
    .updateTable('signal_delivery')
    .set({
      state: 'ACKED',
      acked_at: sql<Date>`clock()`,
      ack_kind: kind,
      // The event of the effect may have been faster, and the first word stays.
      applied_at: sql`coalesce(applied_at, ${appliedAt ?? null})`,
      offers_changed: sql`coalesce(offers_changed, ${offersChanged ?? null})`,
      updated_at: sql<Date>`clock()`,
    })
    .where('signal_id', '=', signalId)
    .where('wl_id', '=', wlId)
    .execute();
  await finishWork(tx, signalWorkflowId({ signalId, wlId }));
  for (const olderId of older) {
    await tx
      .updateTable('signal_delivery')
      .set({ state: 'SUPERSEDED', updated_at: sql<Date>`clock()` })
      .where('signal_id', '=', olderId)
      .where('wl_id', '=', wlId)
      .execute();
    await finishWork(tx, signalWorkflowId({ signalId: olderId, wlId }));
  }
  const superseded = older.map((id) => ({ signalId: id, wlId }));
  return { state: 'ACKED', isNew: true, superseded };
}

/** Ids of older open signals of the pair, locked in the order of their numbers. */
async function lockOlder(tx: CpTransaction, { signalId, wlId }: Ack): Promise<string[]> {
  const rows = await tx
    .selectFrom('signal_delivery as older')
    .innerJoin('signal as theirs', 'theirs.id', 'older.signal_id')
    .innerJoin('signal as ours', (join) =>
      join
        .onRef('ours.src', '=', 'theirs.src')
        .onRef('ours.dst', '=', 'theirs.dst')
        .onRef('ours.sequence', '>', 'theirs.sequence'),
    )
    .select('theirs.id')
    .where('older.wl_id', '=', wlId)
    .where('older.state', 'in', ['PENDING', 'SENT'])
    .where('ours.id', '=', signalId)
    .orderBy('theirs.sequence')
    .forNoKeyUpdate('older')
    .execute();
  return rows.map(({ id }) => id);
}

/** The audit row of an ack; one that changed nothing leaves none. */
export async function auditAck(
  tx: CpTransaction,
  { ack, acked, author }: { readonly ack: Ack; readonly acked: Acked; readonly author: Author },
): Promise<void> {
  if (!acked.isNew) return;
  const { signalId, wlId, kind, appliedAt, offersChanged } = ack;
  await appendAudit(tx, {
    ...author,
    action: 'signal.acked',
    subject: `signal/${signalId}`,
    before: null,
    after: {
      ...{ wlId, kind },
      ...(appliedAt !== undefined && { appliedAt: appliedAt.toISOString() }),
      ...(offersChanged !== undefined && { offersChanged: String(offersChanged) }),
      superseded: acked.superseded.map((delivery) => delivery.signalId),
    },
  });
}

/** The WL's own ack of its delivery. NOT_FOUND: there is none of this signal for that WL. */
export function ackExplicitly(
  db: Kysely<CpSchema>,
  ack: Ack,
  author: Author,
): Promise<Result<Acked, 'NOT_FOUND'>> {
  const { signalId, wlId } = ack;
  return inTransaction(db, async (tx): Promise<Result<Acked, 'NOT_FOUND'>> => {
    const known = await tx
      .selectFrom('signal_delivery')
      .select('state')
      .where('signal_id', '=', signalId)
      .where('wl_id', '=', wlId)
      .executeTakeFirst();
    if (known === undefined) return refuse('NOT_FOUND');
    const acked = await acknowledge(tx, ack);
    await auditAck(tx, { ack, acked, author });
    return ok(acked);
  });
}
