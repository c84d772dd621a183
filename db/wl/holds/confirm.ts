import { randomUUID } from 'node:crypto';
import { sql, type Kysely, type Transaction } from 'kysely';
import { needsApproval, type Relationship } from '../../../domain/policy/relationship.ts';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import {
  refuseCapture,
  refuseConfirm,
  type CaptureFacts,
  type ConfirmFacts,
} from '../../../domain/purchase/confirm.ts';
import { recordCapture, recordConfirm } from '../../../domain/purchase/record.ts';
import type { RecordedDecision } from '../../../domain/purchase/recorded.ts';
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
  const facts = confirmFacts(row, request, row.hold_id === request.holdId);
  const reason = refuseConfirm(facts);
  if (reason === undefined) return capture(tx, settings, { row, now: locked.now }, actor);
  const decision = confirmDecision(facts);
  return moveHoldRow(tx, row, { to: 'REJECTED', reason, actor, decision });
}

/** A hold made for a request id belongs to the first trade that confirms it (RULES.md 2). */
async function bindFirst(
  tx: Transaction<WlTables>,
  settings: ExporterSettings,
  request: ConfirmRequest,
): Promise<HoldRow> {
  const { requester, tradeId, holdId } = request;
  const locked = await lockHold(tx, { requester, holdId });
  const facts = confirmFacts(locked?.row, request, locked?.row.trade_id === null);
  const reason = refuseConfirm(facts);
  if (locked === undefined || reason !== undefined) {
    invariant(reason !== undefined, 'a confirm without a hold is refused');
    return storeRefusal(tx, settings, request, { reason, facts });
  }
  const row = await tx
    .updateTable('hold')
    .set({ trade_id: tradeId })
    .where('hold_id', '=', holdId)
    .returningAll()
    .executeTakeFirstOrThrow();
  return confirmOwn(tx, settings, request, { row, now: locked.now });
}

function confirmFacts(
  row: HoldRow | undefined,
  { quantity, unitPrice }: ConfirmRequest,
  own: boolean,
): ConfirmFacts {
  const asked = { quantity, unitPrice };
  if (row === undefined) return { hold: undefined, asked };
  invariant(row.quantity !== null, 'a hold was made for a quantity');
  return {
    // A hold that was refused for want of its offer has no price, which equals no price.
    hold: { own, quantity: row.quantity, unitPrice: minor(row.unit_price_minor ?? 0n) },
    asked,
  };
}

const confirmDecision = (facts: ConfirmFacts): RecordedDecision => ({
  step: 'confirm',
  facts: recordConfirm(facts),
});

async function storeRefusal(
  tx: Transaction<WlTables>,
  settings: ExporterSettings,
  request: ConfirmRequest,
  { reason, facts }: { readonly reason: RefusalCode; readonly facts: ConfirmFacts },
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
  const actor = `wl:${request.requester}`;
  await recordMove(tx, row, { from: 'NEW', actor, decision: confirmDecision(facts) });
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
  const facts = { relationship: relationship && statusOf(relationship) };
  const amount = minor(row.amount_minor);
  const asking = relationship && { approval: relationship.approval, amount };
  const decision: RecordedDecision = { step: 'capture', facts: recordCapture(facts, asking) };
  const reason = refuseCapture(facts);
  if (relationship === undefined || reason !== undefined) {
    return moveHoldRow(tx, row, { to: 'REJECTED', reason, actor, decision });
  }
  if (needsApproval(relationship.approval, amount)) {
    const deadline = sql<Date>`clock() + ${settings.approvalTtlSeconds} * interval '1 second'`;
    return moveHoldRow(tx, row, {
      to: 'PENDING_APPROVAL',
      actor,
      decision,
      set: { expires_at: deadline },
    });
  }
  return captureRow(tx, locked, { actor, decision });
}

/** Of a relationship, what a capture and an approval look at. */
export function statusOf({ status, revision }: Relationship): CaptureFacts['relationship'] {
  return { status, revision };
}

export interface Capture {
  readonly actor: string;
  /** Who approved it, where a person had to. */
  readonly decidedBy?: string;
  readonly decision: RecordedDecision;
}

/**
 * The capture itself: the row, and receivable to seller in the exporter's books. It is confirmed at
 * the instant by which its validity was judged: a later one could lie behind its expiry.
 */
export async function captureRow(
  tx: Transaction<WlTables>,
  { row, now }: LockedHold,
  { actor, decidedBy, decision }: Capture,
): Promise<HoldRow> {
  const captured = await moveHoldRow(tx, row, {
    to: 'CAPTURED',
    actor,
    decision,
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
