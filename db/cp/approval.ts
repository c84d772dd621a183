import { sql, type Kysely, type Selectable } from 'kysely';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import type { TraderPurchaseData } from '../../domain/telemetry/events.ts';
import { approvalRelayWork, type WaitingTrade } from '../../domain/work/approval-orders.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import { raiseNotification } from './notification.ts';
import type { Author, CpSchema, CpTransaction } from './schema.ts';
import type { ApprovalChoice, ApprovalDecisionTable } from './tables/approvals.ts';
import { orderWork } from './work-order.ts';

export type ApprovalDecision = Readonly<Selectable<ApprovalDecisionTable>>;

/** A purchase that waits, as its exporter tells of it, and what was decided about it here. */
export interface WaitingApproval extends WaitingTrade {
  readonly waitingSince: Date;
  readonly document: TraderPurchaseData;
  readonly decision: ApprovalDecision | undefined;
}

export interface ApprovalOutcome {
  /** Undefined where the exporter had decided before anybody here did. */
  readonly decision: ApprovalDecision | undefined;
  /** The exporter's state of the purchase as far as it is known here. */
  readonly status: string;
  readonly reason: string | null;
}

export type WaitingPosition = Omit<WaitingApproval, 'document' | 'decision' | 'waitingSince'> & {
  readonly waitingSince: string;
};

const keyColumns = ['importer', 'exporter', 'trade_id'] as const;

/** How many purchases wait for a person, of one exporter or of all. */
export async function countWaiting(db: Kysely<CpSchema>, exporter?: string): Promise<number> {
  const row = await waiting(db, exporter)
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Purchases that wait for a person, the oldest first. */
export async function listWaiting(
  db: Kysely<CpSchema>,
  page: {
    readonly exporter?: string | undefined;
    readonly limit: number;
    readonly after?: WaitingPosition | undefined;
  },
): Promise<WaitingApproval[]> {
  const { exporter, limit, after } = page;
  const rows = await waiting(db, exporter)
    .select([...keyColumns, 'exporter_occurred_at', 'exporter_document'])
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(date_trunc('milliseconds', exporter_occurred_at), importer, exporter, trade_id)
          > (${after?.waitingSince}::timestamptz, ${after?.importer}::uuid, ${after?.exporter}::uuid,
             ${after?.tradeId})`,
      ),
    )
    .orderBy(sql`date_trunc('milliseconds', exporter_occurred_at)`)
    .orderBy('importer')
    .orderBy('exporter')
    .orderBy('trade_id')
    .limit(limit)
    .execute();
  return Promise.all(
    rows.map(async (row) => {
      const key = { importer: row.importer, exporter: row.exporter, tradeId: row.trade_id };
      return {
        ...key,
        waitingSince: row.exporter_occurred_at ?? new Date(0),
        document: row.exporter_document as TraderPurchaseData,
        decision: await readDecision(db, key),
      };
    }),
  );
}

/**
 * Takes a person's decision and orders its way to the exporter. The first one counts: a later one
 * gets its answer, and one about a purchase that no longer waits gets the exporter's. A decision that
 * the exporter would not take may be made anew. CONFLICT: two importers use the trade id.
 */
export function decideApproval(
  db: Kysely<CpSchema>,
  request: {
    readonly tradeId: string;
    readonly importer?: string | undefined;
    readonly decision: ApprovalChoice;
    readonly reason: string | null;
    readonly author: Author;
  },
): Promise<Result<ApprovalOutcome & WaitingTrade, 'NOT_FOUND' | 'CONFLICT'>> {
  const { tradeId, importer, decision, reason, author } = request;
  return inTransaction(
    db,
    async (tx): Promise<Result<ApprovalOutcome & WaitingTrade, 'NOT_FOUND' | 'CONFLICT'>> => {
      // The trade's row is the lock: two people who decide at once are one after the other.
      const rows = await tx
        .selectFrom('trade')
        .select([...keyColumns, 'exporter_status', 'reason'])
        .where('trade_id', '=', tradeId)
        .where('exporter_status', 'is not', null)
        .$if(importer !== undefined, (query) => query.where('importer', '=', importer ?? ''))
        .orderBy('importer')
        .orderBy('exporter')
        .forNoKeyUpdate()
        .execute();
      const [row, ...others] = rows;
      if (row === undefined) return refuse('NOT_FOUND');
      if (others.length > 0) return refuse('CONFLICT');
      const trade = { importer: row.importer, exporter: row.exporter, tradeId };
      const status = row.exporter_status ?? 'PENDING';
      const known = await readDecision(tx, trade);
      if (status !== 'PENDING' || (known !== undefined && known.state !== 'REFUSED')) {
        return ok({ ...trade, decision: known, status, reason: row.reason });
      }
      const made = await writeDecision(tx, trade, { decision, reason, author });
      return ok({ ...trade, decision: made, status, reason: null });
    },
  );
}

async function writeDecision(
  tx: CpTransaction,
  trade: WaitingTrade,
  { decision, reason, author }: { decision: ApprovalChoice; reason: string | null; author: Author },
): Promise<ApprovalDecision> {
  const { importer, exporter, tradeId } = trade;
  const { actor, correlationId } = author;
  const values = {
    ...{ decision, reason, decided_by: actor, correlation_id: correlationId },
    ...{ state: 'RELAYING' as const, outcome_status: null, outcome_reason: null, settled_at: null },
  };
  const made = await tx
    .insertInto('approval_decision')
    .values({ importer, exporter, trade_id: tradeId, ...values })
    .onConflict((conflict) =>
      conflict.columns([...keyColumns]).doUpdateSet({ ...values, decided_at: sql`clock()` }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  await orderWork(tx, approvalRelayWork(trade, { decision, correlationId }));
  await appendAudit(tx, {
    ...author,
    action: decision === 'APPROVE' ? 'approval.approved' : 'approval.rejected',
    subject: `trade/${importer}/${exporter}/${tradeId}`,
    before: { status: 'PENDING' },
    after: { decision, reason },
  });
  return made;
}

export async function readDecision(
  db: Kysely<CpSchema>,
  { importer, exporter, tradeId }: WaitingTrade,
): Promise<ApprovalDecision | undefined> {
  return db
    .selectFrom('approval_decision')
    .selectAll()
    .where('importer', '=', importer)
    .where('exporter', '=', exporter)
    .where('trade_id', '=', tradeId)
    .executeTakeFirst();
}

/** Keeps what the exporter made of a decision; the first answer stays. */
export async function settleApproval(
  db: Kysely<CpSchema>,
  trade: WaitingTrade,
  outcome: {
    readonly state: 'SETTLED' | 'REFUSED';
    readonly status: string;
    readonly reason: string | null;
  },
): Promise<void> {
  const { importer, exporter, tradeId } = trade;
  await inTransaction(db, async (tx) => {
    const settled = await tx
      .updateTable('approval_decision')
      .set({
        state: outcome.state,
        outcome_status: outcome.status,
        outcome_reason: outcome.reason,
        settled_at: sql`clock()`,
      })
      .where('importer', '=', importer)
      .where('exporter', '=', exporter)
      .where('trade_id', '=', tradeId)
      .where('state', '=', 'RELAYING')
      .returning(['decision', 'correlation_id', 'decided_at'])
      .executeTakeFirst();
    if (settled === undefined || outcome.state === 'SETTLED') return;
    const subject = `trade/${importer}/${exporter}/${tradeId}`;
    await raiseNotification(tx, {
      ...{ kind: 'APPROVAL', severity: 'WARNING', subject },
      dedupeKey: `approval-refused/${importer}/${tradeId}/${settled.decided_at.toISOString()}`,
      title: 'The exporter took no decision on this purchase',
      details: { decision: settled.decision, answer: outcome.status, reason: outcome.reason },
      correlationId: settled.correlation_id,
    });
  });
}

/** Half of the time has gone by: a person who is told now can still decide at leisure. */
const REMIND_AT_SHARE = 0.5;
/** One turn's notifications; the next turn tells of the rest. */
const REMINDERS = 200;

/** Tells people of purchases that nobody has decided by half of their time; once each. */
export async function remindOfApprovals(
  db: Kysely<CpSchema>,
  correlationId: string,
): Promise<number> {
  const { rows } = await sql<WaitingTrade & { deadline: Date }>`
    SELECT importer, exporter, trade_id AS "tradeId", deadline
      FROM trade, LATERAL (SELECT (exporter_document ->> 'approvalDeadline')::timestamptz) AS d(deadline)
     WHERE exporter_status = 'PENDING' AND deadline > clock()
       AND clock() >= exporter_occurred_at + (deadline - exporter_occurred_at) * ${REMIND_AT_SHARE}
       AND (importer, exporter, trade_id) NOT IN (
         SELECT decision.importer, decision.exporter, decision.trade_id
           FROM approval_decision AS decision)
       AND NOT EXISTS (SELECT 1 FROM notification
         WHERE dedupe_key = 'approval/' || importer || '/' || exporter || '/' || trade_id)
     ORDER BY deadline LIMIT ${REMINDERS}`.execute(db);
  for (const { importer, exporter, tradeId, deadline } of rows) {
    await inTransaction(db, (tx) =>
      raiseNotification(tx, {
        ...{ kind: 'APPROVAL', severity: 'WARNING', correlationId },
        dedupeKey: `approval/${importer}/${exporter}/${tradeId}`,
        title: 'A purchase still waits for a decision',
        subject: `trade/${importer}/${exporter}/${tradeId}`,
        details: { deadline: deadline.toISOString() },
      }),
    );
  }
  return rows.length;
}

function waiting(db: Kysely<CpSchema>, exporter: string | undefined) {
  return db
    .selectFrom('trade')
    .where('exporter_status', '=', 'PENDING')
    .$if(exporter !== undefined, (query) => query.where('exporter', '=', exporter ?? ''));
}
