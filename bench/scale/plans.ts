import type pg from 'pg';
import type { Session } from './measure.ts';
import { connect, type Server } from './server.ts';

/** A step of a plan that reads or sorts a table that grows with what happens. */
export interface Finding {
  readonly session: string;
  readonly node: string;
  readonly table: string;
  /** Rows that the planner expects it to read. */
  readonly rows: number;
  /** With the parameters of the last call, or for any parameters. */
  readonly plan: 'custom' | 'generic';
  /** Whether the server has used this kind of plan for the session's last calls. */
  readonly isUsed: boolean;
  readonly statement: string;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Filter?: string;
  readonly 'Plan Rows': number;
  readonly Plans?: readonly PlanNode[];
}

/** Fewer rows than this are as well read as looked up. */
const FEW_ROWS = 2_000;
const READS_ALL = new Set(['Seq Scan', 'Sort']);
const PLANNED = /^\s*(select|insert|update|delete|with)\b/i;

/**
 * Asks for the plan of each statement that a session has sent, once with the parameters that it was
 * last sent with and once for any: a server keeps either. What is found can't be noise.
 */
export async function lookAtPlans<S>(
  server: Pick<Server, 'urlFor'>,
  session: Session<S>,
): Promise<Finding[]> {
  const used = await usedPlans(session.pool);
  const sizes = await rowsOfTables(session.pool);
  // A session of its own: the measured one is to keep its statements as they are.
  const db = await connect(server.urlFor(session.name));
  const findings: Finding[] = [];
  for (const [text, values] of session.sent) {
    if (!PLANNED.test(text)) continue;
    for (const plan of ['custom', 'generic'] as const) {
      const root = await planOf(db, { text, values, plan });
      const kinds = used.get(text);
      // What is not prepared is planned with its parameters, each time.
      const isUsed = kinds === undefined ? plan === 'custom' : kinds[plan];
      for (const { node, table, rows } of walk(root)) {
        const read = table === '' ? rows : (sizes.get(table) ?? rows);
        if (read < FEW_ROWS) continue;
        const place = { session: session.name, node, table, rows: read };
        findings.push({ ...place, plan, isUsed, statement: text });
      }
    }
  }
  await db.end();
  return findings;
}

async function planOf(
  db: pg.Client,
  { text, values, plan }: { text: string; values: readonly unknown[]; plan: Finding['plan'] },
): Promise<PlanNode> {
  const options = plan === 'generic' ? 'GENERIC_PLAN, FORMAT JSON' : 'FORMAT JSON';
  const asked = `EXPLAIN (${options}) ${text}`;
  const { rows } = await db.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    asked,
    plan === 'generic' ? [] : [...values],
  );
  const root = rows[0]?.['QUERY PLAN'][0].Plan;
  if (root === undefined) throw new Error('a statement without a plan');
  return root;
}

function* walk(node: PlanNode): Generator<{ node: string; table: string; rows: number }> {
  const kind = node['Node Type'];
  if (READS_ALL.has(kind)) {
    yield { node: kind, table: node['Relation Name'] ?? '', rows: node['Plan Rows'] };
  }
  // Without a bound it is read from its beginning until something fits: `x < clock()` is such a
  // filter, because a volatile function is asked again for each row.
  if (kind.startsWith('Index') && node['Index Cond'] === undefined && node.Filter !== undefined) {
    const table = node['Index Name'] ?? '';
    yield { node: `${kind} without a bound`, table, rows: node['Plan Rows'] };
  }
  for (const child of node.Plans ?? []) yield* walk(child);
}

/** Of each prepared statement: whether its last calls were planned anew, or by the plan that is kept. */
async function usedPlans(
  pool: pg.Pool,
): Promise<Map<string, { readonly custom: boolean; readonly generic: boolean }>> {
  const { rows } = await pool.query<{ text: string; kept: boolean }>(
    'SELECT statement AS text, generic_plans > 0 AS kept FROM pg_prepared_statements',
  );
  return new Map(rows.map(({ text, kept }) => [text, { generic: kept, custom: !kept }]));
}

async function rowsOfTables(pool: pg.Pool): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ name: string; rows: number }>(
    `SELECT relname AS name, greatest(reltuples, 0)::float8 AS rows FROM pg_class
      WHERE relkind IN ('r', 'i')`,
  );
  return new Map(rows.map(({ name, rows: count }) => [name, count]));
}
