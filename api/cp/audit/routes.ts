import { z } from 'zod';
import type { AuditRow } from '../../../db/audit.ts';
import { listAudit } from '../../../db/cp/audit-trail.ts';
import { verifyTrail, type TrailVerdict } from '../../../db/cp/signed-heads.ts';
import { CHAIN_PROBLEMS } from '../../../domain/audit/chain.ts';
import { cursorQuery, decodeCursor, encodeCursor, pageOf } from '../../http/pagination.ts';
import { route, type Route } from '../../http/route.ts';
import type { CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { timestamp } from '../schemas.ts';

const MAX_FILTER = 200;
const filter = z.string().min(1).max(MAX_FILTER).optional();

export const auditView = z.object({
  seq: z.string(),
  at: timestamp,
  actor: z.string(),
  source: z.string(),
  action: z.string(),
  subject: z.string(),
  before: z.unknown(),
  after: z.unknown(),
  correlationId: z.string(),
  previousHash: z.string(),
  hash: z.string(),
});

export const verdictView = z.object({
  verified: z.boolean(),
  scanned: z.number().int(),
  head: z.object({ seq: z.string(), hash: z.string() }),
  signedHeads: z.object({
    met: z.number().int(),
    forged: z.array(z.string()),
    keyUnknown: z.number().int(),
  }),
  brokenAt: z.string().optional(),
  problem: z.enum(CHAIN_PROBLEMS).optional(),
});

/** Every change, in a chain that shows when a row was touched. */
export function auditRoutes({ db }: Pick<CpApiDeps, 'db'>, guards: Guards): Route[] {
  const common = {
    tag: 'Audit',
    group: 'admin',
    method: 'get',
    guard: guards.operator('auditor'),
  } as const;
  return [
    route({
      ...common,
      path: '/admin/api/audit',
      summary: 'Audit rows, newest first',
      query: z.object({ ...cursorQuery, subject: filter, actor: filter, action: filter }),
      responses: { 200: pageOf(auditView) },
      handler: async ({ query: { limit, cursor, ...filters } }) => {
        const before = decodeCursor(cursor, z.string().regex(/^\d{1,18}$/));
        const rows = await listAudit(db, {
          ...filters,
          limit,
          before: before === undefined ? undefined : BigInt(before),
        });
        const last = rows.at(-1);
        const more = rows.length === limit && last !== undefined;
        return {
          status: 200,
          body: {
            items: rows.map(viewOf),
            ...(more ? { nextCursor: encodeCursor(String(last.seq)) } : {}),
          },
        };
      },
    }),
    route({
      ...common,
      path: '/admin/api/audit/verify',
      summary: 'Recomputes the whole chain and compares it with the heads that were signed',
      responses: { 200: verdictView },
      handler: async () => ({ status: 200, body: verdictOf(await verifyTrail(db)) }),
    }),
  ];
}

function verdictOf({ signedHeads, ...verdict }: TrailVerdict): z.output<typeof verdictView> {
  const { scanned, head, brokenAt, problem } = verdict;
  const { met, forged, keyUnknown } = signedHeads;
  return {
    verified: brokenAt === undefined && forged.length === 0,
    scanned,
    head: { seq: String(head.seq), hash: head.hash },
    signedHeads: { met, forged: forged.map(String), keyUnknown },
    ...(brokenAt === undefined ? {} : { brokenAt: String(brokenAt), problem }),
  };
}

function viewOf({ previous_hash: previousHash, ...row }: AuditRow): z.output<typeof auditView> {
  return { ...row, previousHash, seq: String(row.seq), at: row.at.toISOString() };
}
