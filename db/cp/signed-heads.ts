import type { KeyObject } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { ChainPoint } from '../../domain/audit/chain.ts';
import type { SignedHead } from '../../domain/audit/head.ts';
import { verifyAudit, type AuditVerdict } from '../audit.ts';
import { headKey, isSignedHead, kidOfHead } from '../audit-head.ts';
import type { CpSchema } from './schema.ts';

/** Keeps a head as it leaves; the first signature of a number stays. */
export async function recordSignedHead(db: Kysely<CpSchema>, head: SignedHead): Promise<void> {
  const { seq, hash, signature } = head;
  const kid = kidOfHead(head);
  if (kid === undefined) return;
  await db
    .insertInto('signed_head')
    .values({ seq: BigInt(seq), hash, kid, signature })
    .onConflict((conflict) => conflict.column('seq').doNothing())
    .execute();
}

export interface TrailVerdict extends AuditVerdict {
  readonly signedHeads: {
    readonly met: number;
    /** Numbers of heads that do not carry the signature that they name: their rows were touched. */
    readonly forged: readonly bigint[];
    /** The key went with a reset of the registry; the head is still compared with the chain. */
    readonly keyUnknown: number;
  };
}

/** A forged head or two name the cause well enough. */
const FORGED_LISTED_MAX = 20;
const PAGE_ROWS = 1_000;

/** A head with the signature that it was stored with. */
export type StoredHead = ChainPoint & { readonly kid: string; readonly signature: string };

/** Verifies the Control Plane's chain against the heads that it has signed itself. */
export async function verifyTrail(db: Kysely<CpSchema>): Promise<TrailVerdict> {
  return verifyAgainst(db, await ownHeads(db));
}

/**
 * Verifies the Control Plane's chain against heads in order of their numbers, wherever they were
 * stored. They have to be older than this call: a chain that grows meanwhile is read as it is now.
 */
export async function verifyAgainst(
  db: Kysely<CpSchema>,
  stored: AsyncIterable<StoredHead>,
): Promise<TrailVerdict> {
  const keys = await keysOfHeads(db);
  const forged: bigint[] = [];
  let keyUnknown = 0;
  async function* heads(): AsyncGenerator<ChainPoint, void> {
    for await (const head of stored) {
      const key = keys.get(head.kid);
      if (key === undefined) keyUnknown += 1;
      const isForged =
        key !== undefined && !(await isSignedHead({ ...head, seq: String(head.seq) }, key));
      if (!isForged) yield head;
      else if (forged.length < FORGED_LISTED_MAX) forged.push(head.seq);
    }
  }
  const verdict = await verifyAudit(db, heads());
  return { ...verdict, signedHeads: { met: verdict.headsMet, forged, keyUnknown } };
}

/** Public keys of the Control Plane by id, revoked ones too: a head was signed before that. */
export async function keysOfHeads(db: Kysely<CpSchema>): Promise<Map<string, KeyObject>> {
  const rows = await db
    .selectFrom('signing_key')
    .select(['kid', 'public_jwk'])
    .where('wl_id', 'is', null)
    .execute();
  return new Map(
    rows.flatMap(({ kid, public_jwk: jwk }): [string, KeyObject][] => {
      const key = headKey(jwk as Record<string, unknown>);
      return key === undefined ? [] : [[kid, key]];
    }),
  );
}

/** The heads that are stored by now, which the chain must reach whatever is added meanwhile. */
async function ownHeads(db: Kysely<CpSchema>): Promise<AsyncGenerator<StoredHead, void>> {
  const last = await db
    .selectFrom('signed_head')
    .select((select) => select.fn.max('seq').as('seq'))
    .executeTakeFirst();
  return headsUntil(db, last?.seq ?? -1n);
}

async function* headsUntil(db: Kysely<CpSchema>, until: bigint): AsyncGenerator<StoredHead, void> {
  for (let after: bigint | undefined = -1n; after !== undefined;) {
    const rows: StoredHead[] = await db
      .selectFrom('signed_head')
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
