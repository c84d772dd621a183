import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { createDatabase, createPool } from '../db/pool.ts';
import type { WlTables } from '../db/wl/schema.ts';
import { checkInvariants, isHolding, renderInvariants } from '../invariants/index.ts';
import type { Party } from '../invariants/index.ts';
import { messageOf } from './errors.ts';
import { WL_PARTIES } from './parties.ts';
import type { Progress } from './progress.ts';
import type { Stack } from './stack.ts';

// Whole tables are summed here, and nothing waits behind it.
const STATEMENT_TIMEOUT_MS = 60_000;
const POOL_SIZE = 2;
// "Quiet" is no purchase open and two sweeps passed (RULES.md 10); a sweep runs every 15 s.
const SWEEPS = 2;
const SWEEP_SECONDS_DEFAULT = 15;
const SWEEP_SLACK_MS = 2_000;
const QUIET_WITHIN_MS = 120_000;
const POLL_MS = 500;

/** Checks the invariants on the databases and the engine and prints what was looked at. */
export async function checkStack(stack: Stack, progress: Progress): Promise<boolean> {
  const connection = Connection.lazy({ address: stack.temporal.address });
  const pools = WL_PARTIES.map((party) =>
    createPool({
      url: stack.databaseUrl(party),
      size: POOL_SIZE,
      applicationName: 'invariants',
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      onError: (error) => progress.print(`invariants: ${messageOf(error)}`),
    }),
  );
  const parties = WL_PARTIES.map(({ wlId, slug, namespace }, index): Party => {
    const pool = pools[index];
    if (pool === undefined) throw new Error('each party has a pool');
    const db = createDatabase<WlTables>(pool);
    return { wlId, slug, db, openWorkflows: () => openWorkflows(connection, namespace) };
  });
  const waiting = progress.step('quiet: nothing open for two sweeps');
  try {
    const quiet = await untilQuiet(stack, parties);
    waiting.done(quiet ? '' : 'purchases are still open');
    const rows = await checkInvariants({ parties, quiet });
    progress.print(`\n${renderInvariants(rows)}\n`);
    return quiet && isHolding(rows, { traded: true });
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
    await connection.close();
  }
}

async function openWorkflows(connection: Connection, namespace: string): Promise<Set<string>> {
  const client = new Client({ connection, namespace });
  const ids = new Set<string>();
  for await (const { workflowId } of client.workflow.list({ query: `ExecutionStatus='Running'` })) {
    ids.add(workflowId);
  }
  return ids;
}

const OPEN_STATES = ['REQUESTED', 'FUNDED', 'AWAITING_APPROVAL', 'UNCERTAIN', 'REVERSING'] as const;

async function untilQuiet(stack: Stack, parties: readonly Party[]): Promise<boolean> {
  const deadline = Date.now() + QUIET_WITHIN_MS;
  while (await isAnyOpen(parties)) {
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
  const sweepSeconds = Number(stack.env['ORPHAN_SWEEP_SECONDS'] ?? SWEEP_SECONDS_DEFAULT);
  await delay(SWEEPS * sweepSeconds * 1_000 + SWEEP_SLACK_MS);
  return !(await isAnyOpen(parties));
}

async function isAnyOpen(parties: readonly Party[]): Promise<boolean> {
  for (const { db } of parties) {
    const open = await db
      .selectFrom('trade')
      .select('trade_id')
      .where('state', 'in', [...OPEN_STATES])
      .limit(1)
      .executeTakeFirst();
    if (open !== undefined) return true;
  }
  return false;
}
