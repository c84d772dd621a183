import { sql, type Kysely } from 'kysely';
import type pg from 'pg';
import { isMigrated } from '../../db/migrator.ts';
import { createDatabase, createPool } from '../../db/pool.ts';
import { currentCorrelation } from '../../runtime/correlation.ts';
import { createSealer, type Sealer } from '../../db/sealed.ts';
import type { PartyConfig } from '../../runtime/config.ts';
import type { FaultHandler } from '../../runtime/fault-points.ts';
import type { Health } from '../../runtime/health.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Tracing } from '../../runtime/tracing.ts';

export interface PartyDatabase<S> {
  readonly pool: pg.Pool;
  readonly db: Kysely<S>;
  readonly sealer: Sealer;
  readonly close: () => Promise<void>;
}

export interface OpenDatabaseDeps {
  readonly name: string;
  readonly log: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly tracing?: Tracing | undefined;
  readonly points?: FaultHandler | undefined;
  /** Folder of the migrations that this version needs. */
  readonly migrations: string;
}

/** What every process of a party needs of its database, with its readiness checks. */
export async function openPartyDatabase<S>(
  config: PartyConfig,
  { name, log, health, metrics, tracing, points, migrations }: OpenDatabaseDeps,
): Promise<PartyDatabase<S>> {
  const pool = createPool({
    url: config.database.url,
    size: config.database.poolSize,
    applicationName: name,
    onError: (err) => log.warn({ err }, 'a database connection broke'),
    onTransaction: tracing && (() => transactionSpan(tracing)),
    onEdge: points && ((edge) => points(`transaction.${edge}`, { subject: name })),
  });
  measurePool(pool, metrics);
  const query = (text: string) => pool.query<{ name: string; sha256: string }>(text);
  const needMigrations = async (): Promise<void> => {
    if (await isMigrated(query, migrations)) return;
    throw new Error('The database is not migrated to this version');
  };
  health.add('database', async () => void (await pool.query('SELECT 1')));
  health.add('migrations', needMigrations);
  const db = createDatabase<S>(pool);
  try {
    await needMigrations();
    if (config.profile !== 'local') await refuseMovedClock(db);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    pool,
    db,
    sealer: createSealer(config.seal.keys, config.seal.indexKey),
    close: () => pool.end(),
  };
}

/** From BEGIN to the answer of the COMMIT: the time that a row may be locked. */
function transactionSpan(tracing: Tracing): (end: string) => void {
  const { traceparent: parent, correlationId } = currentCorrelation() ?? {};
  const span = tracing.start({
    name: 'transaction',
    kind: 'client',
    ...{ parent, correlationId },
    attributes: { 'db.system': 'postgresql' },
  });
  return (end) => span.end(end === 'commit' ? undefined : end);
}

/** A pool whose requests wait is too small, or its transactions are too long. */
function measurePool(pool: pg.Pool, metrics: Metrics): void {
  metrics.watchEach(
    {
      name: 'db_pool_connections',
      help: 'Connections of the pool by use, and requests that wait for one',
      label: 'state',
    },
    async () =>
      new Map([
        ['busy', pool.totalCount - pool.idleCount],
        ['idle', pool.idleCount],
        ['waiting', pool.waitingCount],
      ]),
  );
}

/** Only tests move the database's clock; a product that runs on one would expire the wrong things. */
async function refuseMovedClock<S>(db: Kysely<S>): Promise<void> {
  const { rows } = await sql<{ moved: boolean }>`
    SELECT offset_ms <> 0 AS moved FROM clock_offset`.execute(db);
  if (rows[0]?.moved !== false) {
    throw new Error('The clock of the database is moved: that is for the local profile only');
  }
}
