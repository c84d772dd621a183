import { z } from 'zod';
import {
  putTraderAccount,
  readTraderAccount,
  type TraderAccount,
} from '../../../db/cp/trader-account.ts';
import { maskEmail, maskPhone } from '../../../domain/policy/contact.ts';
import { WL_STATUSES } from '../../../domain/policy/pull-document.ts';
import { route, type Route } from '../../http/route.ts';
import { authorOf, foundOrProblem, valueOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { anyCase, email, name, phone, timestamp, wlParams } from '../schemas.ts';

const accountBody = z.strictObject({
  name,
  status: anyCase(WL_STATUSES).default('ACTIVE'),
  contactEmail: email.optional(),
  contactPhone: phone.optional(),
});

const accountView = z.object({
  wlId: z.string(),
  name: z.string(),
  status: z.enum(WL_STATUSES),
  contactEmail: z.string().nullable().meta({ description: 'Masked.' }),
  contactPhone: z.string().nullable().meta({ description: 'Masked.' }),
  confirmedAt: timestamp.nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});

const PATH = '/admin/api/wls/:id/trader';

/** The account through which a WL trades; the WL confirms it by an event. */
export function traderAccountRoutes(
  { db, sealer }: Pick<CpApiDeps, 'db' | 'sealer'>,
  guards: Guards,
): Route[] {
  const reader = { tag: 'Trader accounts', group: 'admin', guard: guards.operator() } as const;
  return [
    route({
      ...reader,
      method: 'get',
      path: PATH,
      summary: 'The trader account of a white label',
      params: wlParams,
      responses: { 200: accountView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { id } }) => ({
        status: 200,
        body: viewOf(foundOrProblem(await readTraderAccount(db, sealer, id))),
      }),
    }),
    route({
      ...reader,
      guard: guards.operator('operator'),
      method: 'post',
      path: PATH,
      summary: 'Create or change the trader account of a white label',
      params: wlParams,
      body: accountBody,
      responses: { 200: accountView, 201: accountView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { id }, body, principal, facts }) => {
        const author = authorOf(principal, facts);
        const put = await putTraderAccount(db, sealer, { wlId: id, facts: body, author });
        const { account, created } = valueOrProblem(put);
        return { status: created ? 201 : 200, body: viewOf(account) };
      },
    }),
  ];
}

function viewOf(account: TraderAccount): z.output<typeof accountView> {
  const { contactEmail, contactPhone } = account;
  return {
    ...account,
    contactEmail: contactEmail === null ? null : maskEmail(contactEmail),
    contactPhone: contactPhone === null ? null : maskPhone(contactPhone),
    confirmedAt: account.confirmedAt?.toISOString() ?? null,
    createdAt: account.createdAt.toISOString(),
    updatedAt: account.updatedAt.toISOString(),
  };
}
