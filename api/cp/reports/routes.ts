import { z } from 'zod';
import { readIntakeClock } from '../../../db/cp/telemetry/intake.ts';
import { decodeCursor, encodeCursor } from '../../http/pagination.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Reply, type Route } from '../../http/route.ts';
import type { CpApiDeps, Principal } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { balanceQuery, balanceReport } from './balance-schemas.ts';
import { balanceCsv, balanceReportOf, wholeBuckets } from './balance-view.ts';
import { metricsQuery, metricsReport, metricsReportOf } from './metrics-view.ts';

type ReportDeps = Pick<CpApiDeps, 'db'>;

const DAY_MS = 86_400_000;
/** What a report tells of when it is asked for no period. */
const DEFAULT_PERIOD_DAYS = 30;
/** Ten years in months are still a chart. */
const PERIOD_MAX_DAYS = 3_660;

/** A table is taken whole, not by pages. */
const CSV_ROWS_MAX = 10_000;

/** What trade adds up to. */
export function reportRoutes(deps: ReportDeps, guards: Guards): Route[] {
  return [balanceRoute(deps, guards), metricsRoute(deps, guards)];
}

function balanceRoute({ db }: ReportDeps, guards: Guards): Route {
  return route({
    tag: 'Reports',
    group: 'admin',
    guard: guards.operatorOrWlToken('policies:read'),
    method: 'get',
    path: '/reports/trade-balance',
    summary: 'Balance of each pair with limit and trend, and of each white label; CSV by Accept',
    query: balanceQuery,
    responses: { 200: [balanceReport, 'csv'] },
    handler: async ({ query, principal, facts }): Promise<Reply> => {
      const now = await readIntakeClock(db);
      const { asOf } = query;
      const isCsv = wantsCsv(facts.header('accept'));
      const { more, ...report } = await balanceReportOf(db, {
        ...periodOf(query, asOf === undefined ? now : new Date(asOf)),
        wlId: ownWl(principal, query.wlId),
        partner: query.partner,
        asOf: asOf === undefined ? undefined : new Date(asOf),
        now,
        limit: isCsv ? CSV_ROWS_MAX : query.limit,
        after: decodeCursor(query.cursor, z.object({ wlId: z.string(), partner: z.string() })),
      });
      if (isCsv) {
        return {
          status: 200,
          body: balanceCsv(report),
          contentType: 'text/csv; charset=utf-8',
        };
      }
      const last = report.items.at(-1);
      const nextCursor = more && last && encodeCursor({ wlId: last.wlId, partner: last.partner });
      return { status: 200, body: nextCursor ? { ...report, nextCursor } : report };
    },
  });
}

function metricsRoute({ db }: ReportDeps, guards: Guards): Route {
  return route({
    tag: 'Reports',
    group: 'admin',
    guard: guards.operator(),
    method: 'get',
    path: '/reports/metrics',
    summary: 'Trades by status, pair and reason, volume, conversion and service levels',
    query: metricsQuery,
    responses: { 200: metricsReport },
    handler: async ({ query }): Promise<Reply> => {
      const { from, to } = spanOf(query, await readIntakeClock(db));
      const { wlId, partner, brief } = query;
      const body = await metricsReportOf(db, { from, to, wlId, partner, brief });
      return { status: 200, body };
    },
  });
}

/** A WL sees itself; whom others trade with is none of its business. */
function ownWl(principal: Principal, asked: string | undefined): string | undefined {
  if (principal.kind === 'operator') return asked;
  if (asked === undefined || asked === principal.id) return principal.id;
  throw new Problem('FORBIDDEN', { detail: 'A white label sees its own balance only.' });
}

interface AskedPeriod {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The asked period in whole buckets, or the days before `end`. */
function periodOf(asked: AskedPeriod, end: Date) {
  const { from, to } = spanOf(asked, end);
  return wholeBuckets(from, to);
}

function spanOf({ from, to }: AskedPeriod, end: Date) {
  const until = to === undefined ? end : new Date(to);
  const since =
    from === undefined ? new Date(until.getTime() - DEFAULT_PERIOD_DAYS * DAY_MS) : new Date(from);
  const spanMs = until.getTime() - since.getTime();
  if (spanMs <= 0 || spanMs > PERIOD_MAX_DAYS * DAY_MS) {
    const message = `is up to ${PERIOD_MAX_DAYS} days after from`;
    throw new Problem('VALIDATION_FAILED', { errors: [{ in: 'query', pointer: '/to', message }] });
  }
  return { from: since, to: until };
}

function wantsCsv(accept: string | undefined): boolean {
  return accept?.toLowerCase().includes('text/csv') === true;
}
