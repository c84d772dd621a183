import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import type { CpSchema } from '../db/cp/schema.ts';
import { createDatabase, createPool } from '../db/pool.ts';
import type { WlTables } from '../db/wl/schema.ts';
import { checkInvariants, isHolding, renderInvariants } from '../invariants/index.ts';
import type { InvariantRow, Party } from '../invariants/index.ts';
import { messageOf } from './errors.ts';
import { CP, WL_PARTIES } from './parties.ts';
import type { Party as StackParty } from './parties.ts';
import type { Progress } from './progress.ts';
import type { Stack } from './stack.ts';

// Whole tables are summed here, and nothing waits behind it.
const STATEMENT_TIMEOUT_MS = 60_000;
const POOL_SIZE = 2;
// "Quiet" is no purchase open and two sweeps passed (RULES.md 10); a sweep runs every 15 s.
const SWEEPS = 2;
export const SWEEP_SECONDS_DEFAULT = 15;
const SWEEP_SLACK_MS = 2_000;
const QUIET_WITHIN_MS = 120_000;
const POLL_MS = 500;

/** Where the databases and the engine of the three parties are. */
export interface CheckedPlace {
  databaseUrl(party: StackParty): string;
  /** Without it, whether open trades have a workflow is not judged. */
  readonly temporalAddress?: string | undefined;
  readonly sweepSeconds: number;
}

export interface CheckedInvariants {
  readonly rows: readonly InvariantRow[];
  readonly quiet: boolean;
}

/** Checks the invariants on the databases and the engine and prints what was looked at. */
export async function checkStack(stack: Stack, progress: Progress): Promise<boolean> {
  const waiting = progress.step('quiet: nothing open for two sweeps');
  const place = {
    databaseUrl: (party: StackParty) => stack.databaseUrl(party),
    temporalAddress: stack.temporal.address,
    sweepSeconds: Number(stack.env['ORPHAN_SWEEP_SECONDS'] ?? SWEEP_SECONDS_DEFAULT),
  };
  const { rows, quiet } = await checkPlace(place, {
    onQuiet: (isQuiet) => waiting.done(isQuiet ? '' : 'purchases are still open'),
    onTrouble: (message) => progress.print(`invariants: ${message}`),
  });
  progress.print(`\n${renderInvariants(rows)}\n`);
  return quiet && isHolding(rows, { traded: true });
}

/** Waits until nothing is open and checks. */
export async function checkPlace(
  place: CheckedPlace,
  told: { onQuiet(isQuiet: boolean): void; onTrouble(message: string): void },
): Promise<CheckedInvariants> {
  const { temporalAddress } = place;
  const connection =
    temporalAddress === undefined ? undefined : Connection.lazy({ address: temporalAddress });
  const pools: pg.Pool[] = [];
  const open = <S>(party: StackParty): Kysely<S> => {
    const pool = createPool({
      url: place.databaseUrl(party),
      size: POOL_SIZE,
      applicationName: 'invariants',
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      onError: (error) => told.onTrouble(messageOf(error)),
    });
    pools.push(pool);
    return createDatabase<S>(pool);
  };
  const parties = WL_PARTIES.map((party): Party => {
    const { wlId, slug, namespace } = party;
    const engine =
      connection === undefined ? {} : { openWorkflows: () => openWorkflows(connection, namespace) };
    return { wlId, slug, db: open<WlTables>(party), ...engine };
  });
  const cp = open<CpSchema>(CP);
  try {
    const quiet = await untilQuiet(parties, place.sweepSeconds);
    told.onQuiet(quiet);
    return { rows: await checkInvariants({ parties, cp, quiet }), quiet };
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
    await connection?.close();
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

async function untilQuiet(parties: readonly Party[], sweepSeconds: number): Promise<boolean> {
  const deadline = Date.now() + QUIET_WITHIN_MS;
  while (await isAnyOpen(parties)) {
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
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
