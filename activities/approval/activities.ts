import { ApplicationFailure } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import { readAnswer, readHoldCorrelation } from '../../db/wl/holds/read.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import type { TraderAnswer } from '../../domain/purchase/answer.ts';
import { runningTrace, withCorrelation } from '../../runtime/correlation.ts';
import type { Logger } from '../../runtime/log.ts';
import type { ApprovalActivities, WaitingPurchase } from '../../workflows/approval/contract.ts';
import type { ImporterClient } from './importer.ts';

export interface ApprovalDeps {
  readonly db: Kysely<WlTables>;
  readonly importers: ImporterClient;
  readonly log: Logger;
}

/** The steps of an approval; each reads the row anew, because the row decides (RULES.md 2). */
export function createApprovalActivities({ db, importers, log }: ApprovalDeps): ApprovalActivities {
  return {
    async readApproval(purchase) {
      const { status, reason, expiresAt } = await read(db, purchase);
      return {
        status,
        ...(reason !== undefined && { reason }),
        ...(expiresAt !== undefined && { deadlineMs: Date.parse(expiresAt) }),
      };
    },
    async remindOfApproval({ importer, tradeId, deadlineMs }) {
      const deadline = new Date(deadlineMs).toISOString();
      log.warn({ tradeId, importer, deadline }, 'a purchase still waits for an approval');
    },
    async deliverDecision(purchase) {
      const { importer, tradeId } = purchase;
      const answer = await read(db, purchase);
      const key = { requester: importer, tradeId };
      const correlationId = (await readHoldCorrelation(db, key)) ?? tradeId;
      await withCorrelation({ correlationId, traceparent: runningTrace() }, () =>
        importers.deliver(importer, tradeId, answer),
      );
    },
  };
}

async function read(
  db: Kysely<WlTables>,
  { importer, tradeId }: WaitingPurchase,
): Promise<TraderAnswer> {
  const answer = await readAnswer(db, { requester: importer, tradeId });
  if (answer !== undefined) return answer;
  // Rows are never deleted, so this one will not appear: the run must end and say so.
  throw ApplicationFailure.nonRetryable(`no purchase ${tradeId} of ${importer}`, 'NOT_FOUND');
}
