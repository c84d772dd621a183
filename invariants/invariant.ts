import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely';
import type { CpSchema } from '../db/cp/schema.ts';
import type { WlTables } from '../db/wl/schema.ts';

/** One WL as the checkers see it: its database, and where there is one its engine. */
export interface Party {
  readonly wlId: string;
  readonly slug: string;
  /** On a pool with a long statement time-out: whole tables are summed. */
  readonly db: Kysely<WlTables>;
  /** Ids of the workflows that are open in this WL's namespace at this moment. */
  readonly openWorkflows?: (() => Promise<ReadonlySet<string>>) | undefined;
}

export interface CheckRun {
  readonly parties: readonly Party[];
  /** Database of the Control Plane; without it what it alone can tell is not judged. */
  readonly cp?: Kysely<CpSchema> | undefined;
  /** No purchase is open and two sweeps have passed: more is checked then (RULES.md 10). */
  readonly quiet: boolean;
  /** The moment that counts as now; left out, each database's own clock() is asked. */
  readonly now?: Date | undefined;
}

/** A row that breaks an invariant: which one, and how. */
export interface Violation {
  readonly subject: string;
  readonly detail: string;
}

export interface Found {
  /** Rows looked at: 0 in a run that traded means that nothing was checked. */
  readonly scanned: number;
  readonly violations: readonly Violation[];
  /** Trades that two people resolved against the exporter's word, or without it: counted apart. */
  readonly overridden: number;
  /** False where this run can't judge it: not quiet, or no engine to ask. */
  readonly applies: boolean;
}

export interface Invariant {
  /** As RULES.md 10 numbers them. */
  readonly number: number;
  readonly title: string;
  readonly check: (run: CheckRun) => Promise<Found>;
}

/** What the statements of one party are made with. */
export interface Facts {
  readonly wlId: string;
  readonly quiet: boolean;
  /** The party's present moment, as an SQL expression. */
  readonly now: RawBuilder<Date>;
}

export interface Statements {
  readonly scanned: RawBuilder<{ count: bigint }>;
  readonly overridden?: RawBuilder<{ count: bigint }>;
  /** Each answers `subject` and `detail`, a row for each violation. */
  readonly violations: readonly RawBuilder<Violation>[];
}

/** One broken rule may break it for every row: this many name the cause well enough. */
const LISTED_MAX = 50;

/** Runs one party's statements in one snapshot: rows that move together are read together. */
export async function checkParty(
  run: CheckRun,
  party: Party,
  statements: (facts: Facts) => Statements,
): Promise<Found> {
  const { wlId, slug, db } = party;
  const now =
    run.now === undefined ? sql<Date>`clock()` : sql<Date>`${run.now.toISOString()}::timestamptz`;
  const { scanned, overridden, violations } = statements({ wlId, quiet: run.quiet, now });
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const found: Violation[] = [];
      for (const violation of violations) {
        const { rows } = await sql<Violation>`
          SELECT subject, detail FROM (${violation}) AS broken
           LIMIT ${LISTED_MAX}::integer`.execute(tx);
        found.push(...rows.map((row) => ({ ...row, subject: `${slug}: ${row.subject}` })));
      }
      return {
        scanned: await count(tx, scanned),
        violations: found,
        overridden: overridden === undefined ? 0 : await count(tx, overridden),
        applies: true,
      };
    });
}

async function count(
  tx: Transaction<WlTables>,
  statement: RawBuilder<{ count: bigint }>,
): Promise<number> {
  const { rows } = await statement.execute(tx);
  return rows.reduce((sum, row) => sum + Number(row.count), 0);
}

/** Checks every party with the same statements. */
export async function checkParties(
  run: CheckRun,
  statements: (facts: Facts) => Statements,
): Promise<Found> {
  const found: Found[] = [];
  for (const party of run.parties) found.push(await checkParty(run, party, statements));
  return together(found);
}

/** What several looks at the same invariant found, as one. */
export function together(found: readonly Found[]): Found {
  const sum = (pick: (one: Found) => number): number =>
    found.reduce((total, one) => total + pick(one), 0);
  return {
    scanned: sum((one) => one.scanned),
    violations: found.flatMap((one) => one.violations),
    overridden: sum((one) => one.overridden),
    applies: found.every((one) => one.applies),
  };
}
