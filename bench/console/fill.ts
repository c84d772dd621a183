import pg from 'pg';
import { writeBeside } from './beside.ts';
import { BATCH, pastTrade, writeEvents, writeJournal, writeTrades } from './history.ts';
import { STORY_CYCLE } from './proportions.ts';
import type { Registry } from './registry.ts';

const SEED = 20_260_301;
const MODULUS = 2_147_483_647;
const MULTIPLIER = 48_271;

/** Fills a registered database with so many trades and what happens beside them. */
export async function fill(databaseUrl: string, registry: Registry, count: number): Promise<void> {
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  try {
    const random = seededRandom();
    const now = Date.now();
    const trades = Array.from({ length: count }, (_, index) => {
      const name = STORY_CYCLE[index % STORY_CYCLE.length] ?? 'confirmed';
      return pastTrade(registry, name, { index, random, now });
    });
    for (let from = 0; from < count; from += BATCH) {
      await writeTrades(db, trades.slice(from, from + BATCH));
      await writeEvents(db, trades.slice(from, from + BATCH));
    }
    await writeJournal(db, trades);
    await writeBeside(db, { registry, trades: count, now }, trades);
    // What autovacuum does within a minute of such a load.
    await db.query('VACUUM (ANALYZE)');
  } finally {
    await db.end();
  }
}

/** The same draws in every run: Lehmer's generator is enough for a mixture. */
function seededRandom(): () => number {
  let state = SEED;
  return () => {
    state = (state * MULTIPLIER) % MODULUS;
    return state / MODULUS;
  };
}
