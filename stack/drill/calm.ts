import type { Kysely } from 'kysely';
import type { CpSchema } from '../../db/cp/schema.ts';
import { until } from './control-plane.ts';
import type { Stage } from './stage.ts';

export interface CalmScene {
  readonly stage: Stage;
  readonly cp: Kysely<CpSchema>;
}

// A dead gateway is tried again every minute, and a worker's lost task after its heartbeat.
const CALM_WITHIN_MS = 240_000;

/** Everything has been told, every signal is done with, every settlement is booked. */
export async function waitForCalm({ stage, cp }: CalmScene): Promise<boolean> {
  const startedAt = Date.now();
  try {
    await until('outboxes, signals and settlements are done with', CALM_WITHIN_MS, async () => {
      const unsent = await Promise.all([stage.importer, stage.exporter].map(countUnsent));
      const open = [await countOpenSignals(cp), await countOpenSettlements(cp)];
      return [...unsent, ...open].every((count) => count === 0n) ? true : undefined;
    });
    stage.say(`calm after ${((Date.now() - startedAt) / 1_000).toFixed(0)} s`);
    return true;
  } catch (error) {
    stage.say(`NOT calm: ${String(error)}`);
    return false;
  }
}

async function countUnsent(db: Stage['importer']): Promise<bigint> {
  const row = await db
    .selectFrom('outbox')
    .select((select) => select.fn.countAll<bigint>().as('count'))
    .where('sent_at', 'is', null)
    .executeTakeFirstOrThrow();
  return row.count;
}

async function countOpenSignals(cp: Kysely<CpSchema>): Promise<bigint> {
  const row = await cp
    .selectFrom('signal_delivery')
    .select((select) => select.fn.countAll<bigint>().as('count'))
    .where('state', 'in', ['PENDING', 'SENT'])
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Confirmed ones that one of the two has not booked yet. */
async function countOpenSettlements(cp: Kysely<CpSchema>): Promise<bigint> {
  const row = await cp
    .selectFrom('settlement')
    .select((select) => select.fn.countAll<bigint>().as('count'))
    .where('state', '=', 'CONFIRMED')
    .where(({ selectFrom, fn, eb }) =>
      eb(
        selectFrom('settlement_delivery')
          .select(fn.countAll<bigint>().as('booked'))
          .whereRef('settlement_delivery.settlement_id', '=', 'settlement.id')
          .where('settlement_delivery.applied_at', 'is not', null),
        '<',
        2n,
      ),
    )
    .executeTakeFirstOrThrow();
  return row.count;
}
