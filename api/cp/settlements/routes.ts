import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import {
  confirmSettlement,
  recordSettlement,
  withdrawSettlement,
  type BeyondDebt,
  type SettlementRow,
} from '../../../db/cp/settlements/desk.ts';
import { listSettlements, withDeliveries } from '../../../db/cp/settlements/read.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { fingerprint } from '../../http/idempotency.ts';
import { decodeCursor, encodeCursor, pageOf } from '../../http/pagination.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Reply, type Route } from '../../http/route.ts';
import { authorOf, foundOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { settlementBody, settlementQuery, settlementView, settlementViewOf } from './schemas.ts';
import { statementRoute } from './statement.ts';

type SettlementDeps = Pick<CpApiDeps, 'db' | 'work'>;

const TAG = 'Settlements';
const params = z.object({ settlementId: z.uuid().toLowerCase() });

/** What was paid outside of the trades: recorded by one risk officer, confirmed by another. */
export function settlementRoutes(deps: SettlementDeps, guards: Guards): Route[] {
  return [listRoute(deps, guards), statementRoute(deps, guards), ...deskRoutes(deps, guards)];
}

function listRoute({ db }: SettlementDeps, guards: Guards): Route {
  return route({
    ...{ tag: TAG, group: 'admin', guard: guards.operator('risk') },
    method: 'get',
    path: '/admin/api/settlements',
    summary: 'Settlements, newest first',
    query: settlementQuery,
    responses: { 200: pageOf(settlementView) },
    handler: async ({ query: { limit, cursor, ...filters } }) => {
      const before = decodeCursor(cursor, z.uuid());
      const found = await listSettlements(db, { ...filters, limit, before });
      const last = found.at(-1);
      const more = found.length === limit && last !== undefined;
      return {
        status: 200,
        body: {
          items: found.map(settlementViewOf),
          ...(more && { nextCursor: encodeCursor(last.settlement.id) }),
        },
      };
    },
  });
}

function deskRoutes(deps: SettlementDeps, guards: Guards): Route[] {
  const { db, work } = deps;
  const common = { tag: TAG, group: 'admin', guard: guards.operator('risk') } as const;
  const answer = async (row: SettlementRow, status: number): Promise<Reply> => {
    const [details] = await withDeliveries(db, [row]);
    return { status, body: settlementViewOf(foundOrProblem(details)) };
  };
  return [
    route({
      ...{ ...common, method: 'post', path: '/admin/api/settlements' },
      summary: 'Record a settlement of src to dst; another person confirms it',
      body: settlementBody,
      idempotency: 'required',
      responses: { 200: settlementView, 201: settlementView },
      refuses: ['NOT_FOUND', 'CONFLICT', 'IDEMPOTENCY_MISMATCH'],
      handler: async ({ body, principal, facts, idempotencyKey = '' }) => {
        const { src, dst, amount, note } = body;
        const recorded = await recordSettlement(db, {
          ...{ id: randomUUIDv7(), pair: { src, dst }, amount, note, key: idempotencyKey },
          fingerprint: fingerprint({ src, dst, note, amount: formatMinor(amount) }),
          author: authorOf(principal, facts),
        });
        if (!recorded.ok) throw refusal(recorded);
        if (recorded.replayed !== true) return answer(recorded.value, 201);
        const reply = await answer(recorded.value, 200);
        return { ...reply, headers: { 'Idempotency-Replayed': 'true' } };
      },
    }),
    route({
      ...{ ...common, method: 'post', path: '/admin/api/settlements/:settlementId/confirm' },
      summary: 'Confirm what another person has recorded: the balance counts it from now on',
      params,
      responses: { 200: settlementView },
      refuses: ['NOT_FOUND', 'CONFLICT', 'SAME_PERSON'],
      handler: async ({ params: { settlementId: id }, principal, facts }) => {
        const confirmed = await confirmSettlement(db, { id, author: authorOf(principal, facts) });
        if (!confirmed.ok) throw refusal(confirmed);
        work.kick();
        return answer(confirmed.value, 200);
      },
    }),
    route({
      ...{ ...common, method: 'post', path: '/admin/api/settlements/:settlementId/withdraw' },
      summary: 'Take back a settlement that nobody has confirmed yet',
      params,
      responses: { 200: settlementView },
      refuses: ['NOT_FOUND', 'CONFLICT'],
      handler: async ({ params: { settlementId: id }, principal, facts }) => {
        const withdrawn = await withdrawSettlement(db, { id, author: authorOf(principal, facts) });
        if (!withdrawn.ok) throw refusal(withdrawn);
        return answer(withdrawn.value, 200);
      },
    }),
  ];
}

type Refused =
  | BeyondDebt
  | {
      readonly code:
        | 'NOT_FOUND'
        | 'CURRENCY'
        | 'VALIDATION_FAILED'
        | 'IDEMPOTENCY_MISMATCH'
        | 'SAME_PERSON'
        | 'CONFLICT';
    };

function refusal(refused: Refused): Problem {
  switch (refused.code) {
    case 'BEYOND_DEBT': {
      const [debt, pending] = [refused.captured, refused.pending].map(formatMinor);
      return new Problem('CONFLICT', {
        detail: `dst owes ${debt}, of which ${pending} waits for confirmation: this is more.`,
      });
    }
    case 'CURRENCY':
      return new Problem('CONFLICT', {
        detail: 'A side has not registered its currency yet; there is nothing to settle.',
      });
    case 'VALIDATION_FAILED':
      return new Problem('VALIDATION_FAILED', {
        detail: "At the pair's rate the amount is nothing in the currency of dst.",
      });
    case 'CONFLICT':
      return new Problem('CONFLICT', { detail: 'It is decided already.' });
    case 'NOT_FOUND':
    case 'IDEMPOTENCY_MISMATCH':
    case 'SAME_PERSON':
      return new Problem(refused.code);
  }
}
