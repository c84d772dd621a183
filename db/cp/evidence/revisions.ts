import { sql, type Kysely } from 'kysely';
import type {
  EvidenceEvent,
  EvidenceRevision,
  EvidenceSegment,
} from '../../../domain/audit/evidence.ts';
import type { ChainRow } from '../../../domain/audit/chain.ts';
import type { SignedHead } from '../../../domain/audit/head.ts';
import type { Json } from '../../../domain/shared/canonical.ts';
import { auditPages } from '../../audit.ts';
import type { RevisionRow } from '../revision.ts';
import type { CpSchema } from '../schema.ts';
import type { TradeKey } from './parts.ts';

/** The policy and relationship revisions that the events say they were decided under. */
export async function readRevisions(
  db: Kysely<CpSchema>,
  { importer, exporter }: TradeKey,
  events: readonly EvidenceEvent[],
): Promise<EvidenceRevision[]> {
  const numbers = (wlId: string | undefined, field: string): number[] => {
    const of = events.filter(({ event }) => wlId === undefined || event.wlId === wlId);
    const named = of.map(({ event }) => (event.data as Record<string, unknown>)[field]);
    return [...new Set(named.filter((one): one is number => typeof one === 'number'))];
  };
  const found: EvidenceRevision[] = [];
  for (const wlId of [importer, exporter]) {
    const rows = await db
      .selectFrom('wl_policy_revision')
      .selectAll()
      .where('wl_id', '=', wlId)
      .where('revision', '=', sql<number>`ANY(${numbers(wlId, 'policyRevision')}::integer[])`)
      .orderBy('revision')
      .execute();
    found.push(...rows.map((row) => revisionOf('POLICY', `policy/${wlId}`, row)));
  }
  const wanted = numbers(undefined, 'relationshipRevision');
  const rows = await db
    .selectFrom('relationship_revision')
    .selectAll()
    .where('src', '=', exporter)
    .where('dst', '=', importer)
    .where('revision', '=', sql<number>`ANY(${wanted}::integer[])`)
    .orderBy('revision')
    .execute();
  const subject = `relationship/${exporter}/${importer}`;
  return [...found, ...rows.map((row) => revisionOf('RELATIONSHIP', subject, row))];
}

function revisionOf(
  kind: EvidenceRevision['kind'],
  subject: string,
  row: RevisionRow,
): EvidenceRevision {
  const { revision, actor, source } = row;
  return {
    ...{ kind, subject, revision, actor, source },
    at: row.at.toISOString(),
    document: row.document as { [key: string]: Json },
    auditSeq: String(row.audit_seq),
  };
}

/** Signs the head of the chain, or a row of it as what the head was then. */
export type SignHead = (head: Pick<SignedHead, 'seq' | 'hash'>) => Promise<string>;

/** WLs pull every 30 s: so many changes in between are a bulk, and a proof would be all of them. */
const SEGMENT_ROWS_MAX = 500;

/**
 * The audit row of each revision with the rows behind it up to a head that was signed at the time.
 * Where the next one is too far, the row is signed now. Segments that meet are one.
 */
export async function readSegments(
  db: Kysely<CpSchema>,
  revisions: readonly EvidenceRevision[],
  sign: SignHead,
): Promise<EvidenceSegment[]> {
  const wanted = [...new Set(revisions.map(({ auditSeq }) => BigInt(auditSeq)))];
  const segments: EvidenceSegment[] = [];
  let covered = 0n;
  for (const seq of wanted.toSorted((a, b) => (a < b ? -1 : 1))) {
    if (seq <= covered) continue;
    const segment = await segmentFrom(db, seq, sign);
    if (segment === undefined) continue;
    segments.push(segment);
    covered = BigInt(segment.head.seq);
  }
  return segments;
}

async function segmentFrom(
  db: Kysely<CpSchema>,
  seq: bigint,
  sign: SignHead,
): Promise<EvidenceSegment | undefined> {
  const signed = await db
    .selectFrom('signed_head')
    .select(['seq', 'hash', 'signature'])
    .where('seq', '>=', seq)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  const isNear = signed !== undefined && signed.seq - seq < BigInt(SEGMENT_ROWS_MAX);
  const rows: ChainRow[] = [];
  const until = isNear ? signed.seq : seq;
  for await (const page of auditPages(db, { after: seq - 1n, until })) rows.push(...page);
  const last = rows.at(-1);
  if (last === undefined) return undefined;
  const ownHead = { seq: String(last.seq), hash: last.hash };
  const head = isNear
    ? { seq: String(signed.seq), hash: signed.hash, signature: signed.signature }
    : { ...ownHead, signature: await sign(ownHead) };
  return { rows: rows.map((row) => ({ ...row, seq: String(row.seq) })), head };
}
