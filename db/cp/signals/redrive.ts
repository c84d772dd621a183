import { sql, type Kysely, type RawBuilder } from 'kysely';
import { isFinalDelivery, type DeliveryState } from '../../../domain/imbalance/signal.ts';
import { signalWork } from '../../../domain/work/orders.ts';
import { appendAudit } from '../../audit.ts';
import { inTransaction } from '../../pool.ts';
import type { Author, CpSchema, CpTransaction } from '../schema.ts';
import { orderWork } from '../work-order.ts';
import type { Delivery } from './deliver.ts';

/** Which deliveries; all that is given has to hold. */
export interface RedriveFilter {
  readonly ids?: readonly string[] | undefined;
  readonly wlId?: string | undefined;
  readonly src?: string | undefined;
  readonly dst?: string | undefined;
  readonly state?: DeliveryState | undefined;
  /** Signals created at or after this instant. */
  readonly since?: Date | undefined;
}

export interface RedriveCount {
  /** Final ones that are opened again. */
  readonly reopened: number;
  /** Open ones that are told to try now. */
  readonly open: number;
}

/** Rows of one transaction: short enough not to hold up acks. */
const PAGE = 200;

/** What a redrive would do, without doing it. */
export async function countRedrive(
  db: Kysely<CpSchema>,
  filter: RedriveFilter,
): Promise<RedriveCount> {
  const { rows } = await sql<{ reopened: number; open: number }>`
    SELECT count(*) FILTER (WHERE d.state NOT IN ('PENDING', 'SENT'))::int AS reopened,
           count(*) FILTER (WHERE d.state IN ('PENDING', 'SENT'))::int AS open
      FROM signal_delivery d JOIN signal s ON s.id = d.signal_id
     WHERE ${conditionOf(filter)}`.execute(db);
  return rows[0] ?? { reopened: 0, open: 0 };
}

/** A page of it, after `after`; undefined once there is none. Each page has its audit row. */
export function redrivePage(
  db: Kysely<CpSchema>,
  request: {
    readonly filter: RedriveFilter;
    readonly after: Delivery | undefined;
    readonly author: Author;
  },
): Promise<{ readonly count: RedriveCount; readonly deliveries: readonly Delivery[] }> {
  const { filter, after, author } = request;
  return inTransaction(db, async (tx) => {
    const rows = await lockPage(tx, filter, after);
    const final = rows.filter(({ state }) => isFinalDelivery(state));
    for (const row of final) await reopen(tx, row);
    const count = { reopened: final.length, open: rows.length - final.length };
    if (rows.length > 0) {
      await appendAudit(tx, {
        ...author,
        action: 'signal.redriven',
        subject: filter.wlId === undefined ? 'signals' : `wl/${filter.wlId}`,
        before: null,
        after: {
          ...{ reopened: String(count.reopened), open: String(count.open) },
          signals: [...new Set(rows.map(({ signal_id: id }) => id))],
        },
      });
    }
    return { count, deliveries: rows.map((row) => ({ signalId: row.signal_id, wlId: row.wl_id })) };
  });
}

interface RedriveRow {
  readonly signal_id: string;
  readonly wl_id: string;
  readonly state: DeliveryState;
  readonly what: string;
  readonly correlation_id: string;
}

/** By key; an ack that locks the same rows by number may lose a race, and is run again. */
async function lockPage(
  tx: CpTransaction,
  filter: RedriveFilter,
  after: Delivery | undefined,
): Promise<RedriveRow[]> {
  const beyond =
    after === undefined
      ? sql`true`
      : sql`(d.signal_id, d.wl_id) > (${after.signalId}::uuid, ${after.wlId}::uuid)`;
  const { rows } = await sql<RedriveRow>`
    SELECT d.signal_id, d.wl_id, d.state, s.correlation_id,
           s.action || ' ' || s.src || ' to ' || s.dst AS what
      FROM signal_delivery d JOIN signal s ON s.id = d.signal_id
     WHERE ${conditionOf(filter)} AND ${beyond}
     ORDER BY d.signal_id, d.wl_id LIMIT ${PAGE} FOR NO KEY UPDATE OF d`.execute(tx);
  return rows;
}

async function reopen(tx: CpTransaction, row: RedriveRow): Promise<void> {
  const { signal_id: signalId, wl_id: wlId, what, correlation_id: correlationId } = row;
  await tx
    .updateTable('signal_delivery')
    .set({
      ...{ state: 'PENDING', acked_at: null, ack_kind: null, updated_at: sql<Date>`clock()` },
      round: sql`round + 1`,
    })
    .where('signal_id', '=', signalId)
    .where('wl_id', '=', wlId)
    .execute();
  await orderWork(tx, signalWork({ signalId, wlId, what, correlationId }));
}

function conditionOf(filter: RedriveFilter): RawBuilder<boolean> {
  const { ids, wlId, src, dst, state, since } = filter;
  const conditions = [
    ids === undefined ? undefined : sql`s.id = ANY(${[...ids]}::uuid[])`,
    wlId === undefined ? undefined : sql`d.wl_id = ${wlId}`,
    src === undefined ? undefined : sql`s.src = ${src}`,
    dst === undefined ? undefined : sql`s.dst = ${dst}`,
    state === undefined ? undefined : sql`d.state = ${state}`,
    since === undefined ? undefined : sql`s.created_at >= ${since}`,
  ].filter((condition) => condition !== undefined);
  return sql<boolean>`${sql.join(conditions, sql` AND `)}`;
}
