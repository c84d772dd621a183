import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { readRelationship } from '../../../db/cp/relationship.ts';
import {
  readStatement,
  readStatementEnds,
  readStatementLines,
  type Statement,
  type StatementLine,
} from '../../../db/cp/settlements/read.ts';
import { currencyOf } from '../../../db/cp/wl.ts';
import { decodeCursor, encodeCursor } from '../../http/pagination.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Route } from '../../http/route.ts';
import { foundOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { statementQuery, statementView, statementViewOf } from './schemas.ts';

type StatementDeps = Pick<CpApiDeps, 'db'>;
type Query = z.output<typeof statementQuery>;

/** What a pair owed, bought and paid in a period: page by page, or whole as a table. */
export function statementRoute({ db }: StatementDeps, guards: Guards): Route {
  return route({
    ...{ tag: 'Settlements', group: 'admin', guard: guards.operator('risk', 'auditor') },
    method: 'get',
    path: '/admin/api/settlements/statement',
    summary:
      "A pair's opening, trades, settlements and closing of a period; whole as CSV by Accept",
    query: statementQuery,
    responses: { 200: [statementView, 'csv'] },
    refuses: ['NOT_FOUND'],
    handler: async ({ query, facts }) => {
      foundOrProblem(await readRelationship(db, query));
      const currency = await currencyOf(db, query.src);
      if (wantsCsv(facts.header('accept'))) {
        const whole = statementViewOf(query, await readWhole(db, query), currency);
        return { status: 200, body: csvOf(whole), contentType: 'text/csv; charset=utf-8' };
      }
      const { limit, cursor } = query;
      const after = cursorId(cursor);
      // One more than the page tells whether there is another one.
      const found = await readStatement(db, query, {
        ...periodOf(query),
        limit: limit + 1,
        after,
      });
      const page = { ...found, lines: found.lines.slice(0, limit) };
      const last = page.lines.at(-1);
      const more = found.lines.length > limit && last !== undefined;
      const body = statementViewOf(query, page, currency);
      const next = more ? { nextCursor: encodeCursor(String(last.id)) } : {};
      return { status: 200, body: { ...body, ...next } };
    },
  });
}

function periodOf({ from, to }: Query) {
  return { from: new Date(from), to: new Date(to) };
}

const ID = z.string().regex(/^\d{1,18}$/);

function cursorId(cursor: string | undefined): bigint | undefined {
  const id = decodeCursor(cursor, ID);
  return id === undefined ? undefined : BigInt(id);
}

/** Rows of one statement of SQL: it ends long before its time-out, on any machine. */
const CSV_PAGE = 2_000;
/** A quarter of a busy pair; a table that grows further would fill this process. */
const CSV_LINES_MAX = 50_000;

async function readWhole(db: CpApiDeps['db'], query: Query): Promise<Statement> {
  const period = periodOf(query);
  const lines: StatementLine[] = [];
  for (;;) {
    const after = lines.at(-1)?.id;
    const page = await readStatementLines(db, query, { ...period, limit: CSV_PAGE, after });
    lines.push(...page);
    if (page.length < CSV_PAGE) return { ...(await readStatementEnds(db, query, period)), lines };
    if (lines.length >= CSV_LINES_MAX) {
      const message = `the period has more than ${CSV_LINES_MAX} lines; ask for it in parts`;
      throw new Problem('VALIDATION_FAILED', {
        errors: [{ in: 'query', pointer: '/to', message }],
      });
    }
  }
}

function wantsCsv(accept: string | undefined): boolean {
  return accept?.toLowerCase().includes('text/csv') === true;
}

function csvOf({ from, to, opening, items, closing }: z.output<typeof statementView>): string {
  return stringify(
    [
      { at: from, kind: 'OPENING', reference: '', amount: '', balance: opening },
      ...items,
      { at: to, kind: 'CLOSING', reference: '', amount: '', balance: closing },
    ],
    { header: true, columns: ['at', 'kind', 'reference', 'amount', 'balance'] },
  );
}
