import type { Kysely } from 'kysely';
import type { ChainPoint } from '../../domain/audit/chain.ts';
import { judgeHead, type HeadRefusal, type SignedHead } from '../../domain/audit/head.ts';
import { appendAudit } from '../audit.ts';
import { kidOfHead } from '../audit-head.ts';
import { inTransaction } from '../pool.ts';
import type { WlTables } from './schema.ts';

/** The highest head of the Control Plane's chain that was stored here. */
export async function latestHeadSeen(db: Kysely<WlTables>): Promise<ChainPoint | undefined> {
  return db
    .selectFrom('audit_head_seen')
    .select(['seq', 'hash'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/**
 * Stores a head whose signature has been verified, unless it contradicts one that was seen. `floor`
 * is what `latestHeadSeen` answered before the pull was sent.
 */
export async function storeHead(
  db: Kysely<WlTables>,
  head: SignedHead,
  floor: ChainPoint | undefined,
): Promise<'STORED' | 'KNOWN' | Extract<HeadRefusal, 'REWRITTEN' | 'REWOUND'>> {
  const seq = BigInt(head.seq);
  return inTransaction(db, async (tx) => {
    const same = await tx
      .selectFrom('audit_head_seen')
      .select(['seq', 'hash'])
      .where('seq', '=', seq)
      .executeTakeFirst();
    const verdict = judgeHead({ seq, hash: head.hash }, { floor, same });
    if (verdict !== 'NEW') return verdict;
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('audit_head_seen')
      .values({ seq, hash: head.hash, signature: head.signature, kid: kidOfHead(head) ?? '' })
      .onConflict((conflict) => conflict.column('seq').doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 1n) return 'STORED';
    // Another pull stored this number since we looked; a new statement sees what it committed.
    const stored = await tx
      .selectFrom('audit_head_seen')
      .select('hash')
      .where('seq', '=', seq)
      .executeTakeFirst();
    return stored?.hash === head.hash ? 'KNOWN' : 'REWRITTEN';
  });
}

/** One audit row for each refused head, however often it is pulled. */
export async function recordRefusedHead(
  db: Kysely<WlTables>,
  refused: {
    readonly head: SignedHead;
    readonly refusal: HeadRefusal;
    readonly floor: ChainPoint | undefined;
    readonly correlationId: string;
  },
): Promise<void> {
  const { head, refusal, floor, correlationId } = refused;
  const subject = `audit-head/${head.seq}/${head.hash}`;
  await inTransaction(db, async (tx) => {
    const known = await tx
      .selectFrom('audit')
      .select('seq')
      .where('subject', '=', subject)
      .limit(1)
      .executeTakeFirst();
    if (known !== undefined) return;
    await appendAudit(tx, {
      actor: 'control-plane',
      source: 'policies/pull',
      action: 'audit.head.refused',
      subject,
      before: floor === undefined ? null : { seq: String(floor.seq), hash: floor.hash },
      after: { ...head, refusal },
      correlationId,
    });
  });
}

/** A head as it was stored. */
export type HeadSeen = ChainPoint & { readonly kid: string; readonly signature: string };

const PAGE_ROWS = 1_000;

/** The heads that are stored by now, in order of their numbers. */
export async function headsSeen(db: Kysely<WlTables>): Promise<AsyncGenerator<HeadSeen, void>> {
  const last = await latestHeadSeen(db);
  return headsUntil(db, last?.seq ?? -1n);
}

async function* headsUntil(db: Kysely<WlTables>, until: bigint): AsyncGenerator<HeadSeen, void> {
  for (let after: bigint | undefined = -1n; after !== undefined;) {
    const rows: HeadSeen[] = await db
      .selectFrom('audit_head_seen')
      .select(['seq', 'hash', 'kid', 'signature'])
      .where('seq', '>', after)
      .where('seq', '<=', until)
      .orderBy('seq')
      .limit(PAGE_ROWS)
      .execute();
    yield* rows;
    after = rows.length < PAGE_ROWS ? undefined : rows.at(-1)?.seq;
  }
}
