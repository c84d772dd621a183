import { sql, type Kysely, type Selectable } from 'kysely';
import { invariant } from '../../domain/shared/invariant.ts';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import { crlWorkflowId } from '../../domain/work/revision-orders.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import { CONTROL_PLANE_OWNER } from './key.ts';
import { orderRevision, reachableIds } from './revision-order.ts';
import type { Author, CpSchema, CpTransaction } from './schema.ts';
import type { CertificateTable } from './tables/certificates.ts';

export type StoredCertificate = Readonly<Selectable<CertificateTable>>;

/** A certificate as its holder shows it. */
export interface ShownCertificate {
  readonly serial: string;
  readonly thumbprint: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A WL's id; null is the Control Plane. */
export type CertificateHolder = string | null;

export interface NewCertificate extends ShownCertificate {
  readonly wlId: CertificateHolder;
  readonly pem: string;
  readonly keyFingerprint: string;
  readonly hosts: readonly string[];
}

/** What a revocation list is signed from. */
export interface ListToSign {
  readonly number: bigint;
  readonly serials: readonly { readonly serial: string; readonly revokedAt: Date }[];
}

/** One page of a holder's certificates, newest first. */
const MAX_LISTED = 200;

/** Writes down a certificate before it leaves. */
export async function recordIssued(
  db: Kysely<CpSchema>,
  certificate: NewCertificate,
  author: Author,
): Promise<void> {
  const { wlId, pem, keyFingerprint, hosts, ...shown } = certificate;
  await inTransaction(db, async (tx) => {
    await tx
      .insertInto('certificate')
      .values({
        ...columnsOf(wlId, shown),
        origin: 'ISSUED',
        pem,
        key_fingerprint: keyFingerprint,
        hosts: [...hosts],
        recorded_by: author.actor,
      })
      .execute();
    await appendAudit(tx, {
      ...author,
      action: 'certificate.issued',
      subject: subjectOf(wlId),
      before: null,
      after: {
        ...{ serial: shown.serial, thumbprint: shown.thumbprint, hosts: [...hosts] },
        notAfter: shown.notAfter.toISOString(),
      },
    });
  });
}

/** The last valid one that was issued to this holder for that key; a repeated request gets it again. */
export async function issuedForKey(
  db: Kysely<CpSchema>,
  wlId: CertificateHolder,
  keyFingerprint: string,
): Promise<StoredCertificate | undefined> {
  return db
    .selectFrom('certificate')
    .selectAll()
    .where('key_fingerprint', '=', keyFingerprint)
    .where('wl_id', 'is not distinct from', wlId)
    .where('state', '=', 'VALID')
    .orderBy('not_after', 'desc')
    .executeTakeFirst();
}

/** Whether a key was ever in a revoked certificate: it has leaked, and gets no other. */
export async function isKeyRevoked(db: Kysely<CpSchema>, keyFingerprint: string): Promise<boolean> {
  const row = await db
    .selectFrom('certificate')
    .select('serial')
    .where('key_fingerprint', '=', keyFingerprint)
    .where('state', '=', 'REVOKED')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Remembers a certificate that a WL shows, so that it can be revoked and reported by its serial. */
export async function noteShown(
  db: Kysely<CpSchema>,
  wlId: string,
  shown: ShownCertificate,
): Promise<void> {
  await db
    .insertInto('certificate')
    .values({ ...columnsOf(wlId, shown), origin: 'SHOWN', recorded_by: wlId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Certificates of a holder, newest first. */
export async function listCertificates(
  db: Kysely<CpSchema>,
  wlId: CertificateHolder,
): Promise<StoredCertificate[]> {
  return db
    .selectFrom('certificate')
    .selectAll()
    .where('wl_id', 'is not distinct from', wlId)
    .orderBy('recorded_at', 'desc')
    .orderBy('serial')
    .limit(MAX_LISTED)
    .execute();
}

export interface Revocation {
  readonly certificate: StoredCertificate;
  readonly listNumber: bigint;
}

/**
 * Revokes a certificate and signs the list that says so, in one transaction: `sign` computes, it
 * reaches nothing. An operator may name a serial that was never seen here. CONFLICT: revoked before.
 */
export function revokeCertificate(
  db: Kysely<CpSchema>,
  request: {
    readonly wlId: CertificateHolder;
    readonly serial: string;
    readonly reason: string;
    readonly mayName: boolean;
    readonly sign: (list: ListToSign) => Promise<string>;
    readonly author: Author;
  },
): Promise<Result<Revocation, 'NOT_FOUND' | 'CONFLICT'>> {
  const { wlId, serial, reason, mayName, sign, author } = request;
  return inTransaction(db, async (tx): Promise<Result<Revocation, 'NOT_FOUND' | 'CONFLICT'>> => {
    const { rows } = await sql<{ number: bigint }>`
      SELECT number FROM revocation_list FOR NO KEY UPDATE`.execute(tx);
    const last = rows[0];
    invariant(last !== undefined, 'there is a row for the revocation list');
    const known = await readCertificate(tx, serial);
    if (known === undefined ? !mayName : known.wl_id !== wlId) return refuse('NOT_FOUND');
    if (known?.state === 'REVOKED') return refuse('CONFLICT');
    if (known === undefined) {
      await tx
        .insertInto('certificate')
        .values({ serial, wl_id: wlId, origin: 'NAMED', recorded_by: author.actor })
        .execute();
    }
    await sql`UPDATE certificate SET state = 'REVOKED', revoked_at = clock(),
        revoked_by = ${author.actor}, revoked_reason = ${reason}
      WHERE serial = ${serial}`.execute(tx);
    const number = last.number + 1n;
    const pem = await sign({ number, serials: await revokedSerials(tx) });
    const seq = await appendAudit(tx, {
      ...author,
      action: 'certificate.revoked',
      subject: subjectOf(wlId),
      before: known === undefined ? null : { serial, state: known.state },
      after: { serial, state: 'REVOKED', reason, list: String(number) },
    });
    await sql`UPDATE revocation_list SET number = ${number}, pem = ${pem}, change_seq = ${seq},
        updated_at = clock()`.execute(tx);
    // Every WL refuses a revoked certificate, whether it trades with its holder or not.
    await orderRevision(tx, {
      ...{ revision: crlWorkflowId(number), kind: 'CRL', seq, wlIds: await reachableIds(tx) },
      correlationId: author.correlationId,
    });
    const certificate = await readCertificate(tx, serial);
    invariant(certificate !== undefined, 'a revoked certificate has its row');
    return ok({ certificate, listNumber: number });
  });
}

/** Whether the certificate is revoked, by this table: at once, before any list has travelled. */
export async function isRevoked(db: Kysely<CpSchema>, serial: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM certificate
    WHERE serial = ${serial} AND state = 'REVOKED'`.execute(db);
  return rows.length > 0;
}

/** Every serial of the list: revoked, and not past its time, where nobody accepts it anyway. */
export async function revokedSerials(
  db: Kysely<CpSchema>,
): Promise<{ serial: string; revokedAt: Date }[]> {
  const { rows } = await sql<{ serial: string; revokedAt: Date }>`
    SELECT serial, revoked_at AS "revokedAt" FROM certificate
     WHERE state = 'REVOKED' AND (not_after IS NULL OR not_after > clock())
     ORDER BY revoked_at, serial`.execute(db);
  return rows;
}

/** The same as a set, for whoever looks a partner's certificate up without a query. */
export async function revokedSet(db: Kysely<CpSchema>): Promise<ReadonlySet<string>> {
  return new Set((await revokedSerials(db)).map(({ serial }) => serial));
}

function subjectOf(wlId: CertificateHolder): string {
  return `certificates/${wlId ?? CONTROL_PLANE_OWNER}`;
}

function columnsOf(
  wlId: CertificateHolder,
  { serial, thumbprint, notBefore, notAfter }: ShownCertificate,
) {
  return { serial, wl_id: wlId, thumbprint, not_before: notBefore, not_after: notAfter };
}

function readCertificate(tx: CpTransaction, serial: string) {
  return tx.selectFrom('certificate').selectAll().where('serial', '=', serial).executeTakeFirst();
}
