import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { CP_MIGRATIONS } from '../db/cp/migrations.ts';
import type { CpSchema } from '../db/cp/schema.ts';
import { isMigrated } from '../db/migrator.ts';
import { createDatabase, createPool } from '../db/pool.ts';
import { createSealer, type Sealer } from '../db/sealed.ts';
import type { CpConfig } from '../runtime/config.ts';
import type { Health } from '../runtime/health.ts';
import type { Logger } from '../runtime/log.ts';

export interface CpDatabase {
  readonly db: Kysely<CpSchema>;
  readonly sealer: Sealer;
  readonly close: () => Promise<void>;
}

/** What both processes of the Control Plane need of its database, with its readiness checks. */
export async function openCpDatabase(
  config: CpConfig,
  deps: { readonly name: string; readonly log: Logger; readonly health: Health },
): Promise<CpDatabase> {
  const { name, log, health } = deps;
  const pool = createPool({
    url: config.database.url,
    size: config.database.poolSize,
    applicationName: name,
    onError: (err) => log.warn({ err }, 'a database connection broke'),
  });
  const db = createDatabase<CpSchema>(pool);
  const query = (text: string) => pool.query<{ name: string; sha256: string }>(text);
  health.add('database', async () => void (await pool.query('SELECT 1')));
  health.add('migrations', async () => {
    if (!(await isMigrated(query, CP_MIGRATIONS))) throw new Error('migrations are missing');
  });
  try {
    if (!(await isMigrated(query, CP_MIGRATIONS))) {
      throw new Error('The database of the Control Plane is not migrated to this version');
    }
    if (config.profile !== 'local') await refuseMovedClock(db);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    db,
    sealer: createSealer(config.seal.keys, config.seal.indexKey),
    close: () => pool.end(),
  };
}

/** Only tests move the database's clock; a product that runs on one would expire the wrong things. */
async function refuseMovedClock(db: Kysely<CpSchema>): Promise<void> {
  const { rows } = await sql<{ moved: boolean }>`
    SELECT offset_ms <> 0 AS moved FROM clock_offset`.execute(db);
  if (rows[0]?.moved !== false) {
    throw new Error('The clock of the database is moved: that is for the local profile only');
  }
}
