import { randomUUID } from 'node:crypto';
import { sql, type Kysely, type Transaction } from 'kysely';
import { needsApproval } from '../../../domain/policy/relationship.ts';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import type { RefusalCode } from '../../../domain/shared/codes.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { minor, type Minor } from '../../../domain/shared/money.ts';
import { inTransaction, sqlState } from '../../pool.ts';
import { readRelationship } from '../governance.ts';
import { post, receivableAccount, sellerAccount } from '../ledger.ts';
import type { WlTables } from '../schema.ts';
import type { ExporterSettings } from './preflight.ts';
import {
  answerOf,
  expireIfDue,
  lockHold,
  moveHoldRow,
  recordMove,
  type HoldRow,
  type LockedHold,
} from './row.ts';

export interface ConfirmRequest {
  readonly requester: string;
  readonly tradeId: string;
  readonly holdId: string;
  readonly quantity: number;
  readonly unitPrice: Minor;
  readonly correlationId: string;
}

const UNIQUE_VIOLATION = '23505';

/**
 * Captures a hold, or leaves it to a person, once. Whatever is answered is final for the trade id:
 * a confirm without a hold stores its refusal, so that it can't be followed by a capture.
 */
export async function confirmHold(
  db: Kysely<WlTables>,
  settings: ExporterSettings,
  request: ConfirmRequest,
): Promise<TraderAnswer> {
  const attempt = (): Promise<HoldRow> =>
    inTransaction(db, async (tx) => {
      const locked = await lockHold(tx, request);
      return locked === undefined
        ? bindFirst(tx, settings, request)
        : confirmOwn(tx, settings, request, locked);
    });
  try {
    return answerOf(await attempt());
  } catch (error) {
    // A twin or a cancel stored the trade id's row first: the second look finds it.
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    return answerOf(await attempt());
  }
}

async function confirmOwn(
  tx: Transaction<WlTables>,
  settings: ExporterSettings,
  request: ConfirmRequest,
  locked: LockedHold,
): Promise<HoldRow> {
  const row = await expireIfDue(tx, locked);
  if (row.state !== 'HELD') return row;
  const actor = `wl:${request.requester}`;
  if (row.hold_id !== request.holdId) {
    return moveHoldRow(tx, row, { to: 'REJECTED', reason: 'HOLD_TAKEN', actor });
  }
  const refusal = differs(row, request);
  if (refusal !== undefined)
    return moveHoldRow(tx, row, { to: 'REJECTED', reason: refusal, actor });
  return capture(tx, settings, { row, now: locked.now }, actor);
}

/** A hold made for a request id belongs to the first trade that confirms it (RULES.md 2). */
async function bindFirst(
  tx: Transaction<WlTables>,
  settings: ExporterSettings,
  request: ConfirmRequest,
): Promise<HoldRow> {
  const { requester, tradeId, holdId } = request;
  const locked = await lockHold(tx, { requester, holdId });
  if (locked === undefined) return storeRefusal(tx, settings, request, 'HOLD_EXPIRED');
  if (locked.row.trade_id !== null) return storeRefusal(tx, settings, request, 'HOLD_TAKEN');
  const refusal = differs(locked.row, request);
  if (refusal !== undefined) return storeRefusal(tx, settings, request, refusal);
  const row = await tx
    .updateTable('hold')
    .set({ trade_id: tradeId })
    .where('hold_id', '=', holdId)
    .returningAll()
    .executeTakeFirstOrThrow();
  return confirmOwn(tx, settings, request, { row, now: locked.now });
}

function differs(row: HoldRow, request: ConfirmRequest): RefusalCode | undefined {
  if (row.quantity !== request.quantity) return 'QUANTITY_INVALID';
  return row.unit_price_minor === request.unitPrice ? undefined : 'PRICE_CHANGED';
}

async function storeRefusal(
  tx: Transaction<WlTables>,
  settings: ExporterSettings,
  request: ConfirmRequest,
  reason: RefusalCode,
): Promise<HoldRow> {
  const row = await tx
    .insertInto('hold')
    .values({
      hold_id: randomUUID(),
      requester: request.requester,
      trade_id: request.tradeId,
      state: 'REJECTED',
      reason,
      version: 1,
      quantity: request.quantity,
      currency: settings.currency,
      correlation_id: request.correlationId,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordMove(tx, 'NEW', row, `wl:${request.requester}`);
  return row;
}

/**
 * Captures, or waits for a person where the relationship asks for it. A hold taken before PAUSED or
 * a disable signal may still confirm; BLOCKED refuses (RULES.md 2).
 */
async function capture(
  tx: Transaction<WlTables>,
  settings: ExporterSettings,
  locked: LockedHold,
  actor: string,
): Promise<HoldRow> {
  const { row } = locked;
  const relationship = await readRelationship(tx, settings.wlId, row.requester);
  invariant(row.amount_minor !== null, 'a held row has an amount');
  if (relationship === undefined || relationship.status === 'BLOCKED') {
    const reason = relationship === undefined ? 'RELATIONSHIP_MISSING' : 'RELATIONSHIP_BLOCKED';
    return moveHoldRow(tx, row, { to: 'REJECTED', reason, actor });
  }
  if (needsApproval(relationship.approval, minor(row.amount_minor))) {
    const deadline = sql<Date>`clock() + ${settings.approvalTtlSeconds} * interval '1 second'`;
    return moveHoldRow(tx, row, {
      to: 'PENDING_APPROVAL',
      actor,
      set: { expires_at: deadline },
    });
  }
  return captureRow(tx, locked, { actor });
}

export interface Capture {
  readonly actor: string;
  /** Who approved it, where a person had to. */
  readonly decidedBy?: string;
}

/**
 * The capture itself: the row, and receivable to seller in the exporter's books. It is confirmed at
 * the instant by which its validity was judged: a later one could lie behind its expiry.
 */
export async function captureRow(
  tx: Transaction<WlTables>,
  { row, now }: LockedHold,
  { actor, decidedBy }: Capture,
): Promise<HoldRow> {
  const captured = await moveHoldRow(tx, row, {
    to: 'CAPTURED',
    actor,
    set: {
      confirmed_at: now,
      ...(decidedBy !== undefined && { decided_by: decidedBy }),
    },
  });
  const amount = row.amount_minor ?? 0n;
  await post(tx, {
    key: `${row.hold_id}:capture`,
    kind: 'CAPTURE',
    counterpart: row.requester,
    lines: [
      { account: receivableAccount(row.requester), currency: row.currency, amountMinor: -amount },
      {
        account: sellerAccount(await sellerOf(tx, row)),
        currency: row.currency,
        amountMinor: amount,
      },
    ],
  });
  return captured;
}

/** One seller account an entity (RULES.md 1). */
export async function sellerOf(tx: Transaction<WlTables>, row: HoldRow): Promise<string> {
  const offer = await tx
    .selectFrom('offer')
    .select('entity_id')
    .where('offer_id', '=', row.offer_id ?? '')
    .executeTakeFirstOrThrow();
  return offer.entity_id;
}
