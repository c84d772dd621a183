import { sql, type Kysely } from 'kysely';
import { ok, refuse, type Result } from '../../../domain/shared/result.ts';
import { appendAudit } from '../../audit.ts';
import { inTransaction } from '../../pool.ts';
import type { Author, CpSchema } from '../schema.ts';

/** Writes down that somebody asks a gateway; NOT_FOUND: there is no such WL. */
export function askTest(
  db: Kysely<CpSchema>,
  request: { readonly testId: string; readonly wlId: string; readonly author: Author },
): Promise<Result<void, 'NOT_FOUND'>> {
  const { testId, wlId, author } = request;
  return inTransaction(db, async (tx): Promise<Result<void, 'NOT_FOUND'>> => {
    const wl = await tx.selectFrom('wl').select('id').where('id', '=', wlId).executeTakeFirst();
    if (wl === undefined) return refuse('NOT_FOUND');
    const row = { id: testId, wl_id: wlId, asked_by: author.actor };
    await tx.insertInto('signal_test').values(row).execute();
    await appendAudit(tx, {
      ...author,
      action: 'signal.tested',
      subject: `wl/${wlId}`,
      before: null,
      after: { testId },
    });
    return ok(undefined);
  });
}

/** What the gateway answered; the first answer stays. */
export async function answerTest(
  db: Kysely<CpSchema>,
  answer: {
    readonly testId: string;
    readonly status: number | undefined;
    readonly failure: string | undefined;
    readonly latencyMs: number;
    readonly bodyMasked: string | undefined;
  },
): Promise<void> {
  await db
    .updateTable('signal_test')
    .set({
      answered_at: sql<Date>`clock()`,
      latency_ms: answer.latencyMs,
      status: answer.status ?? null,
      failure: answer.failure ?? null,
      body_masked: answer.bodyMasked ?? null,
    })
    .where('id', '=', answer.testId)
    .where('answered_at', 'is', null)
    .execute();
}
