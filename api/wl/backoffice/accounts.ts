import { z } from 'zod';
import {
  createAccount,
  creditAccount,
  listAccounts,
  updateAccount,
  type Account,
} from '../../../db/wl/accounts.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { COMMISSION_CURRENCY, formatMinor } from '../../../domain/shared/money.ts';
import { fingerprint } from '../../http/idempotency.ts';
import { cursorQuery, decodeCursor, encodeCursor, pageOf } from '../../http/pagination.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Context, type Reply, type Route } from '../../http/route.ts';
import type { NodeDeps } from '../deps.ts';
import type { Guards } from '../guards/guards.ts';
import { changeContext } from './context.ts';
import {
  account,
  accountParams,
  accountPatch,
  createdAccount,
  credit,
  listedAccount,
  newAccount,
  newCredit,
} from './schemas.ts';

type AccountDeps = Pick<NodeDeps, 'db' | 'sealer' | 'own'>;

const PATH = '/api/v2/backoffice/accounts';
const position = z.string();

/** Members' accounts, as the marketplace's back office opens, blocks and credits them. */
export function createBackofficeAccountRoutes(deps: AccountDeps, guards: Guards): Route[] {
  const { db, sealer } = deps;
  const common = { tag: 'Back office', group: 'backoffice', guard: guards.backoffice } as const;
  return [
    route({
      ...common,
      method: 'get',
      path: PATH,
      summary: 'Accounts with masked contacts and balances',
      query: z.strictObject(cursorQuery),
      responses: { 200: pageOf(listedAccount) },
      handler: ({ query: { limit, cursor } }) =>
        listPage(deps, limit, decodeCursor(cursor, position)),
    }),
    route({
      ...common,
      method: 'post',
      path: PATH,
      summary: 'Open an account; its token is told this once',
      body: newAccount,
      responses: { 201: createdAccount },
      handler: async ({ body, facts }) => ({
        status: 201,
        body: await createAccount(db, sealer, body, changeContext(PATH, facts)),
      }),
    }),
    route({
      ...common,
      method: 'patch',
      path: `${PATH}/:accountId`,
      summary: 'Change the privilege to buy, or block an account',
      params: accountParams,
      body: accountPatch,
      responses: { 200: account },
      refuses: ['NOT_FOUND'],
      handler: async ({ params, body, facts }) => {
        const context = changeContext(PATH, facts);
        const updated = await updateAccount(db, params.accountId, body, context);
        if (!updated.ok) throw new Problem(updated.code);
        return { status: 200, body: toAccount(updated.value) };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: `${PATH}/:accountId/credits`,
      summary: 'Credit an account, once for each Idempotency-Key',
      params: accountParams,
      body: newCredit,
      idempotency: 'required',
      responses: { 200: credit },
      refuses: ['NOT_FOUND', 'IDEMPOTENCY_MISMATCH'],
      handler: (context) => giveCredit(deps, context),
    }),
  ];
}

async function listPage(
  { db }: AccountDeps,
  limit: number,
  after: string | undefined,
): Promise<Reply> {
  const rows = await listAccounts(db, limit, after);
  const last = rows.at(-1);
  const more = last !== undefined && rows.length === limit;
  const items = rows.map(({ balances, ...row }) => ({
    ...toAccount(row),
    balances: balances.map(({ currency, amountMinor }) => ({
      currency,
      amount: formatMinor(amountMinor),
    })),
  }));
  return {
    status: 200,
    body: { items, ...(more && { nextCursor: encodeCursor(last.accountId) }) },
  };
}

type CreditContext = Context<
  unknown,
  z.output<typeof accountParams>,
  undefined,
  z.output<typeof newCredit>
>;

async function giveCredit(
  { db, own }: AccountDeps,
  { params: { accountId }, body, facts, idempotencyKey: key }: CreditContext,
): Promise<Reply> {
  const { amount: amountMinor, currency, note } = body;
  if (currency !== own.currency && currency !== COMMISSION_CURRENCY) {
    const message = `is ${own.currency} or ${COMMISSION_CURRENCY}`;
    throw new Problem('VALIDATION_FAILED', {
      errors: [{ in: 'body', pointer: '/currency', message }],
    });
  }
  invariant(key !== undefined, 'the route requires a key');
  const given = { accountId, amount: formatMinor(amountMinor), currency, note };
  const done = await creditAccount(
    db,
    { accountId, amountMinor, currency, note, key, fingerprint: fingerprint(given) },
    changeContext(PATH, facts),
  );
  if (!done.ok) throw new Problem(done.code);
  return {
    status: 200,
    body: given,
    ...(done.value.replayed && { headers: { 'Idempotency-Replayed': 'true' } }),
  };
}

function toAccount(row: Account): z.input<typeof account> {
  const { accountId, contactMasked, buyOffer, status, createdAt } = row;
  return { accountId, contactMasked, buyOffer, status, createdAt: createdAt.toISOString() };
}
