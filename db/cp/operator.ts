import { sql, type Kysely, type Selectable } from 'kysely';
import { maskEmail, maskName } from '../../domain/policy/contact.ts';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
import { asJson } from './json.ts';
import type { Author, CpSchema, CpTransaction, OperatorTable } from './schema.ts';
import { openColumn, OPERATOR_EMAIL_INDEX, sealColumn } from './sealed-columns.ts';

export const OPERATOR_ROLES = ['master', 'operator', 'risk', 'support', 'auditor'] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

/**
 * A person; e-mail and name are in the clear, for that person and for masters. Colleagues see what
 * `listPeople` says.
 */
export interface Operator {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly roles: readonly OperatorRole[];
  readonly status: 'ACTIVE' | 'DISABLED';
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface NewOperator {
  readonly id: string;
  readonly email: string;
  readonly name?: string | undefined;
  readonly passwordHash: string;
  readonly roles: readonly OperatorRole[];
}

export interface OperatorPatch {
  readonly name?: string | undefined;
  readonly passwordHash?: string | undefined;
  readonly roles?: readonly OperatorRole[] | undefined;
  readonly status?: 'ACTIVE' | 'DISABLED' | undefined;
}

/** CONFLICT: somebody has that address. */
export function createOperator(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  request: { readonly operator: NewOperator; readonly author: Author },
): Promise<Result<Operator, 'CONFLICT'>> {
  return inTransaction(db, async (tx) => {
    const row = await insertOperator(tx, sealer, request);
    return row === undefined ? refuse('CONFLICT') : ok(operatorOf(row, sealer));
  });
}

/** Creates the first master where there is none at all; true when it did. */
export function bootstrapMaster(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  request: { readonly operator: NewOperator; readonly author: Author },
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    if (await hasMaster(tx)) return false;
    return (await insertOperator(tx, sealer, request)) !== undefined;
  });
}

export async function hasMaster(db: Kysely<CpSchema>): Promise<boolean> {
  const query = db.selectFrom('operator').select('id').where('status', '=', 'ACTIVE');
  const row = await query
    .where(sql<boolean>`'master' = ANY(roles)`)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Changes a person. A new password or a block ends every session. CONFLICT: nobody would be left
 * who may administer users.
 */
export function updateOperator(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  request: { readonly id: string; readonly patch: OperatorPatch; readonly author: Author },
): Promise<Result<Operator, 'NOT_FOUND' | 'CONFLICT'>> {
  const { id, patch, author } = request;
  return inTransaction(db, async (tx): Promise<Result<Operator, 'NOT_FOUND' | 'CONFLICT'>> => {
    // All masters are locked, so that two of them cannot demote each other at the same moment.
    await sql`SELECT 1 FROM operator WHERE 'master' = ANY(roles) ORDER BY id
      FOR NO KEY UPDATE`.execute(tx);
    const query = tx.selectFrom('operator').selectAll().where('id', '=', id);
    const row = await query.forNoKeyUpdate().executeTakeFirst();
    if (row === undefined) return refuse('NOT_FOUND');
    const before = operatorOf(row, sealer);
    const after = {
      ...before,
      name: patch.name ?? before.name,
      roles: patch.roles ?? before.roles,
      status: patch.status ?? before.status,
    };
    if (isMaster(before) && !isMaster(after) && !(await hasOtherMaster(tx, id))) {
      return refuse('CONFLICT');
    }
    const newPassword = patch.passwordHash !== undefined;
    if (!newPassword && isSame(before, after)) return ok(before);
    const ended = newPassword || (before.status === 'ACTIVE' && after.status === 'DISABLED');
    const stored = await writeOperator(tx, sealer, { after, patch, ended });
    await appendAudit(tx, {
      ...author,
      action: 'user.changed',
      subject: `user/${id}`,
      before: asJson(auditFacts(before)),
      after: asJson({ ...auditFacts(after), ...(newPassword ? { newPassword } : {}) }),
    });
    return ok(operatorOf(stored, sealer));
  });
}

export async function listOperators(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ items: Operator[]; total: number }> {
  const { total } = await db
    .selectFrom('operator')
    .select((select) => select.fn.countAll<bigint>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('operator')
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return { items: rows.map((row) => operatorOf(row, sealer)), total: Number(total) };
}

/** Far more than operate one Control Plane; the longest known come first. */
const PEOPLE = 1_000;

/** Everybody as their colleagues call them: by name, or by e-mail where they gave none. */
export async function listPeople(
  db: Kysely<CpSchema>,
  sealer: Sealer,
): Promise<{ id: string; called: string; roles: readonly OperatorRole[] }[]> {
  const { items } = await listOperators(db, sealer, { limit: PEOPLE, offset: 0 });
  return items.map(({ id, name, email, roles }) => ({ id, called: name ?? email, roles }));
}

export async function readOperator(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  id: string,
): Promise<Operator | undefined> {
  const row = await db.selectFrom('operator').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : operatorOf(row, sealer);
}

/** For login: the person of an address with the hash to compare. */
export async function findByEmail(
  db: Kysely<CpSchema>,
  sealer: Sealer,
  email: string,
): Promise<{ operator: Operator; passwordHash: string } | undefined> {
  const query = db.selectFrom('operator').selectAll();
  const row = await query.where('email_index', '=', emailIndex(sealer, email)).executeTakeFirst();
  if (row === undefined) return undefined;
  return { operator: operatorOf(row, sealer), passwordHash: row.password_hash };
}

/**
 * Roles as they are now, not as the token says; undefined for the unknown, the disabled, and for a
 * token from before their sessions were ended.
 */
export async function readRoles(
  db: Kysely<CpSchema>,
  session: { readonly id: string; readonly jti: string },
): Promise<readonly OperatorRole[] | undefined> {
  const { rows } = await sql<{ roles: OperatorRole[] }>`
    SELECT roles FROM operator JOIN issued_token ON issued_token.sub = operator.id::text
     WHERE operator.id = ${session.id} AND jti = ${session.jti}
       AND status = 'ACTIVE' AND recorded_at >= tokens_valid_from`.execute(db);
  return rows[0]?.roles;
}

/** The fingerprint of an address, whatever its case: names its account without naming it. */
export function emailIndex(sealer: Sealer, email: string): string {
  return sealer.index(OPERATOR_EMAIL_INDEX, email.trim().toLowerCase());
}

type OperatorRow = Selectable<OperatorTable>;

async function insertOperator(
  tx: CpTransaction,
  sealer: Sealer,
  { operator, author }: { readonly operator: NewOperator; readonly author: Author },
): Promise<OperatorRow | undefined> {
  const { id, email, name, passwordHash, roles } = operator;
  const row = await tx
    .insertInto('operator')
    .values({
      id,
      email_sealed: sealColumn(sealer, 'operator.email_sealed', email),
      email_index: emailIndex(sealer, email),
      name_sealed: name === undefined ? null : sealColumn(sealer, 'operator.name_sealed', name),
      password_hash: passwordHash,
      roles: [...roles],
      status: 'ACTIVE',
    })
    .onConflict((conflict) => conflict.column('email_index').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  await appendAudit(tx, {
    ...author,
    action: 'user.created',
    subject: `user/${id}`,
    before: null,
    after: asJson(auditFacts(operatorOf(row, sealer))),
  });
  return row;
}

async function writeOperator(
  tx: CpTransaction,
  sealer: Sealer,
  change: { readonly after: Operator; readonly patch: OperatorPatch; readonly ended: boolean },
): Promise<OperatorRow> {
  const { after, patch, ended } = change;
  const { name } = after;
  return tx
    .updateTable('operator')
    .set({
      name_sealed: name === null ? null : sealColumn(sealer, 'operator.name_sealed', name),
      roles: [...after.roles],
      status: after.status,
      updated_at: sql<Date>`clock()`,
      ...(patch.passwordHash === undefined ? {} : { password_hash: patch.passwordHash }),
      ...(ended ? { tokens_valid_from: sql<Date>`clock()` } : {}),
    })
    .where('id', '=', after.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function hasOtherMaster(tx: CpTransaction, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom('operator')
    .select('id')
    .where('id', '!=', id)
    .where('status', '=', 'ACTIVE')
    .where(sql<boolean>`'master' = ANY(roles)`)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

function isMaster({ roles, status }: Pick<Operator, 'roles' | 'status'>): boolean {
  return status === 'ACTIVE' && roles.includes('master');
}

function isSame(a: Operator, b: Operator): boolean {
  const roles = [...a.roles].sort().join() === [...b.roles].sort().join();
  return roles && a.name === b.name && a.status === b.status;
}

function auditFacts({ email, name, roles, status }: Operator) {
  return {
    email: maskEmail(email),
    name: name === null ? null : maskName(name),
    roles,
    status,
  };
}

function operatorOf(row: OperatorRow, sealer: Sealer): Operator {
  return {
    id: row.id,
    email: openColumn(sealer, 'operator.email_sealed', row.email_sealed) ?? '',
    name: openColumn(sealer, 'operator.name_sealed', row.name_sealed) ?? null,
    roles: row.roles as OperatorRole[],
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
