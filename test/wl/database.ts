import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import { migrate } from '../../db/migrator.ts';
import { createDatabase, createPool } from '../../db/pool.ts';
import { createSealer, type Sealer } from '../../db/sealed.ts';
import { WL_MIGRATIONS } from '../../db/wl/migrations.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { startPostgres } from '../../stack/postgres/postgres.ts';
import { freePort } from '../stack/setup.ts';

export interface TestWl {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly db: Kysely<WlTables>;
}

export interface TestServer {
  /** A migrated, empty WL database of its own. */
  open(name: string): TestWl;
  urlFor(name: string): string;
  stop(): Promise<void>;
}

const POOL_SIZE = 10;
const FOLDER_MODE = 0o755;

/** A PostgreSQL of this test file alone, in a folder that goes with it; `others` stay empty. */
export async function startWlDatabases(
  names: readonly string[],
  others: readonly string[] = [],
): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'xpory-wl-'));
  // Started as root, the server runs as another user, who has to be able to enter.
  await chmod(dataDir, FOLDER_MODE);
  const server = await startPostgres({
    dataDir,
    port: await freePort(),
    databases: [...names, ...others],
    fsync: false,
  });
  const pools: pg.Pool[] = [];
  for (const name of names) await migrate(server.urlFor(name), WL_MIGRATIONS);
  return {
    urlFor: server.urlFor,
    open(name) {
      const url = server.urlFor(name);
      const pool = createPool({
        url,
        size: POOL_SIZE,
        applicationName: `test-${name}`,
        onError: () => undefined,
      });
      pools.push(pool);
      return { url, pool, db: createDatabase<WlTables>(pool) };
    },
    async stop() {
      await Promise.all(pools.map((pool) => pool.end()));
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const KEY_BYTES = 32;
const INDEX_KEY = randomBytes(KEY_BYTES);
const keys = new Map<string, Buffer>();

/** A sealer of the named keys, the first of which seals; a name is the same key in every call. */
export function testSealer(...ids: readonly string[]): Sealer {
  const entries = ids.map((id) => {
    const key = keys.get(id) ?? randomBytes(KEY_BYTES);
    keys.set(id, key);
    return { id, key };
  });
  return createSealer(entries, INDEX_KEY);
}
