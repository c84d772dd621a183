import { sql, type Kysely } from 'kysely';
import { raiseNotification } from '../notification.ts';
import type { CpSchema, CpTransaction } from '../schema.ts';

/** When a gateway counts as dead, and how often a dead one is tried. */
export interface GatewayLimits {
  /** Failures in a row. */
  readonly deadAfter: number;
  /** First pause; it doubles with each further failure. */
  readonly closedMs: number;
  readonly closedMaxMs: number;
  /** How long the others wait for the one that tries; longer than a call may take. */
  readonly probeMs: number;
}

/**
 * Milliseconds for which nothing is to be sent to this WL; 0 where the caller may send. Of those
 * that find the pause of a dead gateway over, one may: the pause goes on for the others meanwhile.
 */
export async function holdOff(
  tx: CpTransaction,
  wlId: string,
  { deadAfter, probeMs }: GatewayLimits,
): Promise<number> {
  const row = await tx
    .selectFrom('gateway')
    .select(['failures_in_row', restMs.as('rest_ms')])
    .where('wl_id', '=', wlId)
    .where('closed_until', 'is not', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined) return 0;
  if (row.rest_ms > 0) return row.rest_ms;
  if (row.failures_in_row >= deadAfter) await close(tx, wlId, probeMs);
  return 0;
}

/** The gateway answered: true where it had been dead, with a notice that it is back. */
export async function noteAnswer(
  tx: CpTransaction,
  wlId: string,
  correlationId: string,
): Promise<boolean> {
  const troubled = await tx
    .selectFrom('gateway')
    .select(['dead_since', 'episodes'])
    .where('wl_id', '=', wlId)
    .where((where) =>
      where.or([where('failures_in_row', '>', 0), where('closed_until', 'is not', null)]),
    )
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (troubled === undefined) return false;
  await tx
    .updateTable('gateway')
    .set({ failures_in_row: 0, closed_until: null, dead_since: null, updated_at: sql`clock()` })
    .where('wl_id', '=', wlId)
    .execute();
  const { dead_since: deadSince, episodes } = troubled;
  if (deadSince === null) return false;
  await raiseNotification(tx, {
    kind: 'GATEWAY_RECOVERED',
    severity: 'INFO',
    dedupeKey: `gateway/${wlId}/recovered/${episodes}`,
    title: 'A gateway takes signals again',
    subject: `wl/${wlId}`,
    details: { wlId, deadSince: deadSince.toISOString() },
    correlationId,
  });
  return true;
}

/**
 * The gateway failed: from the limit on it is dead, with one notice, and tried ever more rarely. True
 * where it has died of this failure.
 */
export async function noteFailure(
  tx: CpTransaction,
  wlId: string,
  failed: {
    readonly failure: string;
    readonly correlationId: string;
    readonly limits: GatewayLimits;
  },
): Promise<boolean> {
  const { failure, correlationId, limits } = failed;
  const { failures_in_row: failures } = await tx
    .insertInto('gateway')
    .values({ wl_id: wlId, failures_in_row: 1, last_failure: failure })
    .onConflict((conflict) =>
      conflict.column('wl_id').doUpdateSet({
        failures_in_row: sql`gateway.failures_in_row + 1`,
        last_failure: failure,
        updated_at: sql`clock()`,
      }),
    )
    .returning('failures_in_row')
    .executeTakeFirstOrThrow();
  if (failures < limits.deadAfter) return false;
  await close(tx, wlId, pauseOf(failures, limits));
  const died = await tx
    .updateTable('gateway')
    .set({ dead_since: sql`clock()`, episodes: sql`episodes + 1` })
    .where('wl_id', '=', wlId)
    .where('dead_since', 'is', null)
    .returning('episodes')
    .executeTakeFirst();
  if (died === undefined) return false;
  await raiseNotification(tx, {
    kind: 'DEAD_GATEWAY',
    severity: 'CRITICAL',
    dedupeKey: `gateway/${wlId}/dead/${died.episodes}`,
    title: 'A gateway does not take signals',
    subject: `wl/${wlId}`,
    details: { wlId, failures: String(failures), lastFailure: failure },
    correlationId,
  });
  return true;
}

/** The gateway asked for a pause (Retry-After); it is alive, so nothing is counted. */
export async function notePause(tx: CpTransaction, wlId: string, pauseMs: number): Promise<void> {
  await tx
    .insertInto('gateway')
    .values({ wl_id: wlId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await close(tx, wlId, pauseMs);
}

/** Written into the statement, so that a plan that is kept can use the index of open deliveries. */
const IS_OPEN = sql<boolean>`state IN ('PENDING', 'SENT')`;

/** Open deliveries of one WL, oldest first. */
export async function openDeliveries(
  db: Kysely<CpSchema>,
  wlId: string,
  limit: number,
): Promise<{ readonly signalId: string; readonly wlId: string }[]> {
  const rows = await db
    .selectFrom('signal_delivery')
    .select('signal_id')
    .where('wl_id', '=', wlId)
    .where(IS_OPEN)
    .orderBy('created_at')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ signalId: row.signal_id, wlId }));
}

/** Seconds since the oldest delivery that is still open was made; 0 where none is. */
export async function oldestOpenSeconds(db: Kysely<CpSchema>): Promise<number> {
  const age = sql<number>`coalesce(extract(epoch FROM clock() - min(created_at)), 0)::float8`;
  const row = await db
    .selectFrom('signal_delivery')
    .select(age.as('age'))
    .where(IS_OPEN)
    .executeTakeFirst();
  return row?.age ?? 0;
}

/** How many WLs' gateways are dead now. */
export async function countDeadGateways(db: Kysely<CpSchema>): Promise<number> {
  const row = await db
    .selectFrom('gateway')
    .select(({ fn }) => fn.countAll<bigint>().as('dead'))
    .where('dead_since', 'is not', null)
    .executeTakeFirst();
  return Number(row?.dead ?? 0n);
}

const restMs = sql<number>`
  greatest(0, ceil(extract(epoch FROM closed_until - clock()) * 1000))::float8`;

function pauseOf(failures: number, { deadAfter, closedMs, closedMaxMs }: GatewayLimits): number {
  return Math.min(closedMaxMs, closedMs * 2 ** (failures - deadAfter));
}

async function close(tx: CpTransaction, wlId: string, pauseMs: number): Promise<void> {
  await tx
    .updateTable('gateway')
    .set({
      closed_until: sql`greatest(closed_until, clock() + ${pauseMs} * interval '1 millisecond')`,
    })
    .where('wl_id', '=', wlId)
    .execute();
}
