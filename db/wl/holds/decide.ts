import type { Kysely, Transaction } from 'kysely';
import type { TraderAnswer } from '../../../domain/purchase/answer.ts';
import { refuseApproval, type ApprovalFacts } from '../../../domain/purchase/confirm.ts';
import type { RecordedDecision } from '../../../domain/purchase/recorded.ts';
import { ok, refuse, type Result } from '../../../domain/shared/result.ts';
import { appendAudit } from '../../audit.ts';
import { inTransaction } from '../../pool.ts';
import { readRelationship } from '../governance.ts';
import type { WlTables } from '../schema.ts';
import { captureRow, statusOf } from './confirm.ts';
import {
  answerOf,
  expireIfDue,
  lockHold,
  moveHoldRow,
  type HoldRow,
  type LockedHold,
} from './row.ts';

export interface DecisionRequest {
  readonly wlId: string;
  readonly tradeId: string;
  /** Needed only where two importers use the same trade id. */
  readonly requester?: string | undefined;
  readonly decision: 'APPROVE' | 'REJECT';
  readonly note: string;
  readonly actor: string;
  readonly correlationId: string;
}

export interface Decided {
  readonly requester: string;
  readonly answer: TraderAnswer;
}

/**
 * A person's decision on a waiting purchase. The first of decision, cancel and expiry wins and a
 * second one gets its answer. Approving re-checks BLOCKED only: the price is the hold's.
 */
export async function decideHold(
  db: Kysely<WlTables>,
  request: DecisionRequest,
): Promise<Result<Decided, 'NOT_FOUND' | 'CONFLICT'>> {
  const rows = await db
    .selectFrom('hold')
    .select('requester')
    .where('trade_id', '=', request.tradeId)
    .$if(request.requester !== undefined, (query) =>
      query.where('requester', '=', request.requester ?? ''),
    )
    .execute();
  const only = rows[0];
  if (only === undefined) return refuse('NOT_FOUND');
  if (rows.length > 1) return refuse('CONFLICT');
  const { requester } = only;
  return inTransaction(db, async (tx) => {
    const locked = await lockHold(tx, { requester, tradeId: request.tradeId });
    if (locked === undefined) return refuse('NOT_FOUND');
    const before = await expireIfDue(tx, locked);
    if (before.state !== 'PENDING_APPROVAL') return ok({ requester, answer: answerOf(before) });
    const relationship = await readRelationship(tx, request.wlId, requester);
    const after = await settleDecision(tx, { row: before, now: locked.now }, request, {
      decision: request.decision,
      relationship: relationship && statusOf(relationship),
    });
    await appendAudit(tx, {
      actor: request.actor,
      source: 'approval',
      action: request.decision === 'APPROVE' ? 'purchase.approve' : 'purchase.reject',
      subject: request.tradeId,
      before: { state: before.state },
      after: { state: after.state, reason: after.reason, note: request.note },
      correlationId: request.correlationId,
    });
    return ok({ requester, answer: answerOf(after) });
  });
}

async function settleDecision(
  tx: Transaction<WlTables>,
  locked: LockedHold,
  { actor }: DecisionRequest,
  facts: ApprovalFacts,
): Promise<HoldRow> {
  const decision: RecordedDecision = { step: 'approval', facts };
  const reason = refuseApproval(facts);
  if (reason === undefined) return captureRow(tx, locked, { actor, decidedBy: actor, decision });
  const set = { decided_by: actor };
  return moveHoldRow(tx, locked.row, { to: 'REJECTED', reason, actor, set, decision });
}
