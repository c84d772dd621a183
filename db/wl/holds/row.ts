import { sql, type RawBuilder, type Selectable, type Transaction } from 'kysely';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import {
  expiryReason,
  isDue,
  isOpenHold,
  moveHold,
  traderStatus,
  type HoldState,
} from '../../../domain/purchase/hold.ts';
import type { RecordedDecision } from '../../../domain/purchase/recorded.ts';
import type { RefusalCode } from '../../../domain/shared/codes.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { readClock } from '../clock.ts';
import type { HoldTable, WlTables } from '../schema.ts';
import { wireRate, writeExporterEvent } from './events.ts';
import { releaseExposure, releaseStock } from './counters.ts';

export type HoldRow = Selectable<HoldTable>;

/** Names one row: by the requester's trade id, or by the hold's own id. */
export type HoldKey =
  | { readonly requester: string; readonly tradeId: string }
  | { readonly requester: string; readonly holdId: string };

/** A locked row with the clock as it was read after the lock was held (RULES.md 2). */
export interface LockedHold {
  readonly row: HoldRow;
  readonly now: Date;
}

/** Locks one row, then reads the clock: time that passed while waiting for the lock counts. */
export async function lockHold(
  tx: Transaction<WlTables>,
  key: HoldKey,
): Promise<LockedHold | undefined> {
  const query = tx.selectFrom('hold').selectAll().where('requester', '=', key.requester);
  const row = await (
    'tradeId' in key
      ? query.where('trade_id', '=', key.tradeId)
      : query.where('hold_id', '=', key.holdId)
  )
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row && { row, now: await readClock(tx) };
}

export interface HoldMove {
  readonly to: HoldState;
  readonly reason?: RefusalCode | undefined;
  readonly actor: string;
  /** What was looked at, where the move is a decision. */
  readonly decision?: RecordedDecision | undefined;
  readonly set?: {
    readonly expires_at?: RawBuilder<Date>;
    readonly confirmed_at?: Date;
    readonly decided_by?: string;
  };
}

/**
 * Moves a locked row along the table of states, with its transition and event. Leaving for a state
 * that no longer counts gives stock and exposure back first, in the lock order of RULES.md 2.
 */
export async function moveHoldRow(
  tx: Transaction<WlTables>,
  row: HoldRow,
  move: HoldMove,
): Promise<HoldRow> {
  invariant(moveHold(row.state, move.to).ok, `a hold can't go from ${row.state} to ${move.to}`);
  if (move.to !== 'CAPTURED' && move.to !== 'PENDING_APPROVAL') {
    const kind = move.to === 'REVERSED' ? 'REVERSED' : 'RELEASE';
    await releaseStock(tx, row, kind);
    await releaseExposure(tx, row, kind);
  }
  const moved = await tx
    .updateTable('hold')
    .set({
      ...move.set,
      state: move.to,
      reason: move.reason ?? null,
      version: row.version + 1,
      updated_at: sql<Date>`clock()`,
    })
    .where('hold_id', '=', row.hold_id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordMove(tx, moved, { from: row.state, actor: move.actor, decision: move.decision });
  return moved;
}

export interface RecordedMove {
  readonly from: HoldState | 'NEW';
  readonly actor: string;
  readonly decision?: RecordedDecision | undefined;
}

/** The append-only transition row and the event of a row that has just been written. */
export async function recordMove(
  tx: Transaction<WlTables>,
  row: HoldRow,
  { from, actor, decision }: RecordedMove,
): Promise<void> {
  await tx
    .insertInto('hold_transition')
    .values({
      hold_id: row.hold_id,
      version: row.version,
      from_state: from,
      to_state: row.state,
      reason: row.reason,
      actor,
      ...(decision !== undefined && { inputs: JSON.stringify(decision) }),
    })
    .execute();
  await writeExporterEvent(tx, row);
}

/** Expiry is a fact: any reader of an open row whose time is up marks it first (RULES.md 2). */
export async function expireIfDue(
  tx: Transaction<WlTables>,
  { row, now }: LockedHold,
): Promise<HoldRow> {
  const { state } = row;
  if (state !== 'HELD' && state !== 'PENDING_APPROVAL') return row;
  invariant(row.expires_at !== null, 'an open hold has an expiry');
  if (!isDue(now, row.expires_at)) return row;
  const facts = { state, now: now.getTime(), expiresAt: row.expires_at.getTime() };
  return moveHoldRow(tx, row, {
    to: 'EXPIRED',
    reason: expiryReason(state),
    actor: 'expiry',
    decision: { step: 'expiry', facts },
  });
}

/** What the row answers on the wire; a repeated call gets exactly this (RULES.md 2). */
export function answerOf(row: HoldRow): TraderAnswer {
  return {
    status: traderStatus(row.state),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.trade_id !== null && { tradeId: row.trade_id }),
    ...(row.quantity !== null && { quantity: row.quantity }),
    ...(row.amount_minor !== null && { holdId: row.hold_id }),
    ...(row.unit_price_minor !== null && { unitPrice: formatMinor(row.unit_price_minor) }),
    currency: row.currency,
    ...(row.fx_rate !== null && { fxRate: wireRate(row.fx_rate) }),
    ...(row.policy_revision !== null && { policyRevision: row.policy_revision }),
    ...(row.relationship_revision !== null && { relationshipRevision: row.relationship_revision }),
    ...(isOpenHold(row.state) &&
      row.expires_at !== null && { expiresAt: row.expires_at.toISOString() }),
    ...(row.confirmed_at !== null && { confirmedAt: row.confirmed_at.toISOString() }),
  };
}
