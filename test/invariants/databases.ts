import type { Kysely } from 'kysely';
import pg from 'pg';
import { CP_MIGRATIONS } from '../../db/cp/migrations.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { migrate } from '../../db/migrator.ts';
import { createDatabase, createPool } from '../../db/pool.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { startWlDatabases } from '../wl/database.ts';

export interface MarketDatabases {
  /** Opens a database for the time of `work`, so that it can be a template afterwards. */
  use<T>(name: string, work: (db: Kysely<WlTables>) => Promise<T>): Promise<T>;
  /** The same for a Control Plane's database; `cp` is a migrated, empty one. */
  useControlPlane<T>(name: string, work: (db: Kysely<CpSchema>) => Promise<T>): Promise<T>;
  clone(name: string, from: string): Promise<void>;
  drop(name: string): Promise<void>;
  /** Runs statements past triggers and foreign keys, as no process of ours could. */
  tamper(name: string, statements: string): Promise<void>;
  stop(): Promise<void>;
}

const CHECK_TIMEOUT_MS = 30_000;

/** A server of its own with the given migrated WL databases, which can be copied. */
export async function startMarketDatabases(names: readonly string[]): Promise<MarketDatabases> {
  const server = await startWlDatabases(names, ['cp']);
  await migrate(server.urlFor('cp'), CP_MIGRATIONS);
  const within = async <S, T>(name: string, work: (db: Kysely<S>) => Promise<T>): Promise<T> => {
    const pool = createPool({
      url: server.urlFor(name),
      size: 4,
      applicationName: 'test-invariants',
      statementTimeoutMs: CHECK_TIMEOUT_MS,
      onError: () => undefined,
    });
    const db = createDatabase<S>(pool);
    try {
      return await work(db);
    } finally {
      await db.destroy();
    }
  };
  const query = async (database: string, text: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server.urlFor(database) });
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  };
  return {
    use: (name, work) => within(name, work),
    useControlPlane: (name, work) => within(name, work),
    clone: (name, from) => query('postgres', `CREATE DATABASE ${name} TEMPLATE ${from}`),
    drop: (name) => query('postgres', `DROP DATABASE ${name} WITH (FORCE)`),
    tamper: (name, statements) =>
      query(name, `SET session_replication_role = replica; ${statements}`),
    stop: () => server.stop(),
  };
}
