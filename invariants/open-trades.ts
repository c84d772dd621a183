import { sql, type Kysely } from 'kysely';
import type { WlTables } from '../db/wl/schema.ts';
import { isPurchaseOver, TRADE_STATES, type TradeState } from '../domain/purchase/trade.ts';
import { purchaseWorkflowId } from '../workflows/purchase/contract.ts';
import { reversalWorkflowId } from '../workflows/reversal/contract.ts';
import {
  checkParty,
  together,
  type CheckRun,
  type Facts,
  type Found,
  type Invariant,
  type Party,
  type Statements,
  type Violation,
} from './invariant.ts';

/** Two rounds of the sweep that restarts what a crash left behind, 15 s each (DESIGN.md 6). */
const TWO_SWEEPS_SECONDS = 30;

const OPEN_STATES = TRADE_STATES.filter((state) => !isPurchaseOver(state) || state === 'REVERSING');

/** Somebody works on each trade that is not final. Without an engine to ask it is not judged. */
export const openTrades: Invariant = {
  number: 9,
  title: 'each open trade has its workflow; quiet: none UNCERTAIN',
  async check(run: CheckRun): Promise<Found> {
    const found: Found[] = [];
    for (const party of run.parties) {
      const rows = await checkParty(run, party, statements);
      const abandoned = await findAbandoned(run, party);
      found.push({
        ...rows,
        violations: [...rows.violations, ...abandoned],
        applies: party.openWorkflows !== undefined,
      });
    }
    return together(found);
  },
};

function statements({ quiet }: Facts): Statements {
  const uncertain = sql<Violation>`
    SELECT concat('trade ', trade_id) AS subject,
           concat('UNCERTAIN since ', updated_at) AS detail
      FROM trade WHERE state = 'UNCERTAIN'`;
  return {
    scanned: sql`SELECT count(*) FROM trade`,
    violations: quiet ? [uncertain] : [],
  };
}

interface OpenTrade {
  readonly tradeId: string;
  readonly state: TradeState;
  readonly version: number;
}

/**
 * Rows and engine are read one after the other, so a trade may finish in between, or be picked up:
 * only what both looks find, unmoved and without a workflow, is abandoned.
 */
async function findAbandoned(run: CheckRun, party: Party): Promise<Violation[]> {
  const { db, slug, openWorkflows } = party;
  if (openWorkflows === undefined) return [];
  const lacking = async (trades: readonly OpenTrade[]): Promise<OpenTrade[]> => {
    const running = await openWorkflows();
    return trades.filter((trade) => !running.has(workflowOf(trade)));
  };
  const first = await lacking(await readIdle(db, run.now));
  if (first.length === 0) return [];
  const still = new Set((await readIdle(db, run.now)).map(identity));
  const both = await lacking(first.filter((trade) => still.has(identity(trade))));
  return both.map((trade) => ({
    subject: `${slug}: trade ${trade.tradeId}`,
    detail: `${trade.state}, and ${workflowOf(trade)} is not open`,
  }));
}

const identity = ({ tradeId, version }: OpenTrade): string => `${tradeId}/${version}`;

function workflowOf({ tradeId, state }: OpenTrade): string {
  return state === 'REVERSING' ? reversalWorkflowId(tradeId) : purchaseWorkflowId(tradeId);
}

async function readIdle(db: Kysely<WlTables>, now: Date | undefined): Promise<OpenTrade[]> {
  const { rows } = await sql<OpenTrade>`
    SELECT trade_id::text AS "tradeId", state, version FROM trade
     WHERE state = ANY(${OPEN_STATES}::text[])
       AND updated_at < coalesce(${now?.toISOString() ?? null}::timestamptz, clock())
         - ${TWO_SWEEPS_SECONDS}::integer * interval '1 second'
     ORDER BY created_at`.execute(db);
  return rows;
}
