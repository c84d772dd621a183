import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { maskEmail, maskPhone } from '../../domain/policy/contact.ts';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import type { Sealer } from '../sealed.ts';
import { ISSUANCE, memberAccount, post } from './ledger.ts';
import type { AccountTable, WlTables } from './schema.ts';

/** A member as everyone but the member may see it. */
export interface Account {
  readonly accountId: string;
  readonly contactMasked: string;
  readonly buyOffer: boolean;
  readonly status: 'ACTIVE' | 'BLOCKED';
  readonly createdAt: Date;
}

export interface AccountWithBalances extends Account {
  readonly balances: readonly { readonly currency: string; readonly amountMinor: bigint }[];
}

export interface NewAccount {
  readonly name: string;
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  readonly buyOffer: boolean;
  /** Given only by the local data; the back office gets a number and a token made for it. */
  readonly accountId?: string | undefined;
  readonly token?: string | undefined;
}

/** Who changes something through the back office, for the audit. */
export interface ChangeContext {
  readonly actor: string;
  readonly source: string;
  readonly correlationId: string;
}

const TOKEN_BYTES = 32;

export const accountContext = (accountId: string, field: string): string =>
  `account/${accountId}/${field}`;

/** Opens an account; the token is answered this once, the database keeps its hash alone. */
export async function createAccount(
  db: Kysely<WlTables>,
  sealer: Sealer,
  account: NewAccount,
  context: ChangeContext,
): Promise<{ accountId: string; token: string }> {
  const token = account.token ?? randomBytes(TOKEN_BYTES).toString('base64url');
  const accountId = await inTransaction(db, async (tx) => {
    const id = account.accountId ?? (await nextAccountId(tx));
    const sealed = (field: string, clear: string): string =>
      sealer.seal(accountContext(id, field), clear);
    const { name, email, phone, buyOffer } = account;
    const contactMasked = maskedContact(account);
    await tx
      .insertInto('account')
      .values({
        account_id: id,
        name_sealed: sealed('name', name),
        email_sealed: email === undefined ? null : sealed('email', email),
        phone_sealed: phone === undefined ? null : sealed('phone', phone),
        contact_masked: contactMasked,
        token_hash: hashToken(token).toString('hex'),
        buy_offer: buyOffer,
        status: 'ACTIVE',
      })
      .execute();
    await appendAudit(tx, {
      ...context,
      action: 'account.create',
      subject: id,
      before: null,
      after: { contactMasked, buyOffer, status: 'ACTIVE' },
    });
    return id;
  });
  return { accountId, token };
}

/** The account where the token is its own, else undefined: which of the two failed is not told. */
export async function verifyMember(
  db: Kysely<WlTables>,
  accountId: string,
  token: string,
): Promise<Account | undefined> {
  const row = await db
    .selectFrom('account')
    .selectAll()
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  const expected = Buffer.from(row?.token_hash ?? NO_TOKEN_HASH, 'hex');
  const matches = timingSafeEqual(hashToken(token), expected);
  return row !== undefined && matches ? toAccount(row) : undefined;
}

/** Accounts in the order of their ids, after the one given. */
export async function listAccounts(
  db: Kysely<WlTables>,
  limit: number,
  after?: string,
): Promise<AccountWithBalances[]> {
  const rows = await db
    .selectFrom('account')
    .selectAll()
    .where('account_id', '>', after ?? '')
    .orderBy('account_id')
    .limit(limit)
    .execute();
  const names = rows.map((row) => memberAccount(row.account_id));
  const balances =
    names.length === 0
      ? []
      : await db
          .selectFrom('balance')
          .selectAll()
          .where('account', 'in', names)
          .orderBy('currency')
          .execute();
  return rows.map((row) => ({
    ...toAccount(row),
    balances: balances
      .filter(({ account }) => account === memberAccount(row.account_id))
      .map(({ currency, amount_minor: amountMinor }) => ({ currency, amountMinor })),
  }));
}

export interface AccountPatch {
  readonly buyOffer?: boolean | undefined;
  readonly status?: Account['status'] | undefined;
}

/** Changes privilege or status; a patch that changes nothing leaves no audit row. */
export async function updateAccount(
  db: Kysely<WlTables>,
  accountId: string,
  patch: AccountPatch,
  context: ChangeContext,
): Promise<Result<Account, 'NOT_FOUND'>> {
  return inTransaction(db, async (tx) => {
    const row = await lockAccount(tx, accountId);
    if (row === undefined) return refuse('NOT_FOUND');
    const before = toAccount(row);
    const after = {
      ...before,
      buyOffer: patch.buyOffer ?? before.buyOffer,
      status: patch.status ?? before.status,
    };
    if (after.buyOffer === before.buyOffer && after.status === before.status) return ok(before);
    await tx
      .updateTable('account')
      .set({ buy_offer: after.buyOffer, status: after.status })
      .where('account_id', '=', accountId)
      .execute();
    await appendAudit(tx, {
      ...context,
      action: 'account.update',
      subject: accountId,
      before: { buyOffer: before.buyOffer, status: before.status },
      after: { buyOffer: after.buyOffer, status: after.status },
    });
    return ok(after);
  });
}

export interface Credit {
  readonly accountId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly note: string;
  readonly key: string;
  /** Of the canonical request, so that one key never means two credits. */
  readonly fingerprint: string;
}

const CREDITS_ROUTE = 'backoffice/credits';

/** Issues credit to a member, once for each key; `replayed` says that it had been done before. */
export async function creditAccount(
  db: Kysely<WlTables>,
  credit: Credit,
  context: ChangeContext,
): Promise<Result<{ replayed: boolean }, 'NOT_FOUND' | 'IDEMPOTENCY_MISMATCH'>> {
  const { accountId, currency, amountMinor, note, key, fingerprint } = credit;
  return inTransaction(db, async (tx) => {
    if ((await lockAccount(tx, accountId)) === undefined) return refuse('NOT_FOUND');
    const subject = { route: CREDITS_ROUTE, account: accountId, key };
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('idempotency_key')
      .values({ ...subject, fingerprint, subject_id: accountId })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 0n) {
      const known = await tx
        .selectFrom('idempotency_key')
        .select('fingerprint')
        .where('route', '=', CREDITS_ROUTE)
        .where('account', '=', accountId)
        .where('key', '=', key)
        .executeTakeFirstOrThrow();
      return known.fingerprint === fingerprint
        ? ok({ replayed: true })
        : refuse('IDEMPOTENCY_MISMATCH');
    }
    await post(tx, {
      key: `credit:${accountId}:${key}`,
      kind: 'CREDIT',
      note,
      lines: [
        { account: ISSUANCE, currency, amountMinor: -amountMinor },
        { account: memberAccount(accountId), currency, amountMinor },
      ],
    });
    const after = { currency, amountMinor: String(amountMinor), note };
    await appendAudit(tx, {
      ...context,
      action: 'account.credit',
      subject: accountId,
      before: null,
      after,
    });
    return ok({ replayed: false });
  });
}

const HASH_BYTES = 32;
const NO_TOKEN_HASH = '0'.repeat(2 * HASH_BYTES);

function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

async function lockAccount(
  tx: Transaction<WlTables>,
  accountId: string,
): Promise<Selectable<AccountTable> | undefined> {
  return tx
    .selectFrom('account')
    .selectAll()
    .where('account_id', '=', accountId)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

async function nextAccountId(tx: Transaction<WlTables>): Promise<string> {
  const { id } = await tx
    .selectNoFrom(({ fn, val, cast }) =>
      cast<string>(fn('nextval', [val('account_number')]), 'text').as('id'),
    )
    .executeTakeFirstOrThrow();
  return id;
}

function toAccount(row: Selectable<AccountTable>): Account {
  return {
    accountId: row.account_id,
    contactMasked: row.contact_masked,
    buyOffer: row.buy_offer,
    status: row.status,
    createdAt: row.created_at,
  };
}

function maskedContact({ email, phone }: NewAccount): string {
  if (email !== undefined) return maskEmail(email);
  return phone === undefined ? '***' : maskPhone(phone);
}
