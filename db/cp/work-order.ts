import { sql, type Kysely } from 'kysely';
import type { Json } from '../../domain/shared/canonical.ts';
import type { WorkOrder } from '../../domain/work/orders.ts';
import type { CpSchema, CpTransaction } from './schema.ts';

/**
 * Orders a workflow in the transaction of the fact that calls for it. Ordered again under the same
 * id it is due once more: workflows read their rows first, so a repeated run is harmless.
 */
export async function orderWork(tx: CpTransaction, order: WorkOrder): Promise<void> {
  const { workflowId, workflow, input, summary, correlationId } = order;
  await tx
    .insertInto('work_order')
    .values({
      workflow_id: workflowId,
      workflow,
      input: JSON.stringify(input),
      summary,
      correlation_id: correlationId,
    })
    .onConflict((conflict) =>
      conflict.column('workflow_id').doUpdateSet({
        input: JSON.stringify(input),
        summary,
        correlation_id: correlationId,
        started_at: null,
        done_at: null,
      }),
    )
    .execute();
}

/** The workflow has done what it was ordered for; the sweep starts it no more. */
export async function finishWork(
  db: Kysely<CpSchema> | CpTransaction,
  workflowId: string,
): Promise<void> {
  await db
    .updateTable('work_order')
    .set({ done_at: sql`clock()` })
    .where('workflow_id', '=', workflowId)
    .where('done_at', 'is', null)
    .execute();
}

/** Orders that nobody has started yet, oldest first. */
export async function unstartedWork(db: Kysely<CpSchema>, limit: number): Promise<WorkOrder[]> {
  const rows = await db
    .selectFrom('work_order')
    .selectAll()
    .where('started_at', 'is', null)
    .where('done_at', 'is', null)
    .orderBy('created_at')
    .limit(limit)
    .execute();
  return rows.map(orderOf);
}

/** Whoever has started a workflow, or found it running, says so: nobody looks again for a while. */
export async function markStarted(db: Kysely<CpSchema>, workflowId: string): Promise<void> {
  await db
    .updateTable('work_order')
    .set({ started_at: sql`clock()` })
    .where('workflow_id', '=', workflowId)
    .where('done_at', 'is', null)
    .execute();
}

/**
 * Unfinished orders in the order of their ids, after `after`: those that nobody has started for
 * `idleSeconds`, and those that were last seen running `seenSeconds` ago.
 */
export async function openWork(
  db: Kysely<CpSchema>,
  page: {
    readonly idleSeconds: number;
    readonly seenSeconds: number;
    readonly limit: number;
    readonly after?: string;
  },
): Promise<WorkOrder[]> {
  const { idleSeconds, seenSeconds, limit, after = '' } = page;
  const due = sql<boolean>`CASE WHEN started_at IS NULL
    THEN created_at < clock() - ${idleSeconds} * interval '1 second'
    ELSE started_at < clock() - ${seenSeconds} * interval '1 second' END`;
  const rows = await db
    .selectFrom('work_order')
    .selectAll()
    .where('done_at', 'is', null)
    .where('workflow_id', '>', after)
    .where(due)
    .orderBy('workflow_id')
    .limit(limit)
    .execute();
  return rows.map(orderOf);
}

function orderOf(row: {
  workflow_id: string;
  workflow: string;
  input: unknown;
  summary: string;
  correlation_id: string;
}): WorkOrder {
  return {
    workflowId: row.workflow_id,
    workflow: row.workflow,
    input: row.input as Json,
    summary: row.summary,
    correlationId: row.correlation_id,
  };
}
