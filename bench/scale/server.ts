import pg from 'pg';
import { startPostgres } from '../../stack/postgres/postgres.ts';
import { freePort } from '../../test/stack/setup.ts';

/** One PostgreSQL for every size, so that a small and a large database share all but their rows. */
export interface Server {
  readonly pid: number;
  urlFor(database: string): string;
  /** Of the database `postgres`, where the statistics of statements are read. */
  readonly admin: pg.Client;
  stop(): Promise<void>;
}

/**
 * The same for the filling and for the measuring. Nothing waits for a disk: what is compared is
 * work, and a commit's wait is the same at every size. Autovacuum would run beside some cells only.
 */
export const SETTINGS = {
  shared_preload_libraries: 'pg_stat_statements',
  shared_buffers: '512MB',
  maintenance_work_mem: '512MB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  wal_level: 'minimal',
  max_wal_senders: '0',
  synchronous_commit: 'off',
  autovacuum: 'off',
} as const;

export async function openServer(dataDir: string): Promise<Server> {
  const options = { dataDir, port: await freePort(), databases: [], fsync: false };
  const first = await startPostgres(options);
  const setter = await connect(first.urlFor('postgres'));
  for (const [name, value] of Object.entries(SETTINGS)) {
    await setter.query(`ALTER SYSTEM SET ${name} = '${value}'`);
  }
  await setter.end();
  await first.stop();
  const server = await startPostgres(options);
  const admin = await connect(server.urlFor('postgres'));
  await admin.query('CREATE EXTENSION pg_stat_statements');
  return {
    ...{ pid: server.pid, urlFor: server.urlFor, admin },
    async stop() {
      await admin.end();
      await server.stop();
    },
  };
}

/** A session without the product's time-outs, for filling and for looking. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // A session that is cut off fails the statement that it is at, which says why.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** A database with everything that another one has; nobody may be connected to that one. */
export async function cloneDatabase({ admin }: Server, from: string, name: string): Promise<void> {
  const [to, template] = [pg.escapeIdentifier(name), pg.escapeIdentifier(from)];
  await admin.query(`CREATE DATABASE ${to} TEMPLATE ${template} STRATEGY FILE_COPY`);
}
