import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

/** Any constant will do; it only has to be the same in every process that migrates. */
const MIGRATION_LOCK = 7_265_001;

/** A migration that has run is history: changing its file is refused, a new file is the way. */
export class MigrationChanged extends Error {
  override readonly name = 'MigrationChanged';
}

/**
 * Applies the SQL files of `folder` in name order, each in its own transaction, once. Processes that
 * start together wait for each other on an advisory lock. Returns the names applied now.
 */
export async function migrate(url: string, folder: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  // A lost connection also fails the query under way; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(`CREATE TABLE IF NOT EXISTS schema_migration (
      name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const applied: string[] = [];
    for (const name of await migrationNames(folder)) {
      if (await applyOnce(client, name, await readFile(join(folder, name), 'utf8'))) {
        applied.push(name);
      }
    }
    return applied;
  } finally {
    await client.end();
  }
}

/** The migration files of a folder in the order in which they run. */
export async function migrationNames(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
}

/** True when every file of `folder` has been applied unchanged: readiness asks this. */
export async function isMigrated(
  query: (text: string) => Promise<{ rows: { name: string; sha256: string }[] }>,
  folder: string,
): Promise<boolean> {
  const { rows } = await query('SELECT name, sha256 FROM schema_migration');
  const known = new Map(rows.map((row) => [row.name, row.sha256]));
  for (const name of await migrationNames(folder)) {
    if (known.get(name) !== digest(await readFile(join(folder, name), 'utf8'))) return false;
  }
  return true;
}

async function applyOnce(client: pg.Client, name: string, text: string): Promise<boolean> {
  const sha256 = digest(text);
  const { rows } = await client.query<{ sha256: string }>(
    'SELECT sha256 FROM schema_migration WHERE name = $1',
    [name],
  );
  const before = rows[0];
  if (before !== undefined) {
    if (before.sha256 !== sha256) {
      throw new MigrationChanged(`migration ${name} was changed after it had been applied`);
    }
    return false;
  }
  await client.query('BEGIN');
  try {
    await client.query(text);
    await client.query('INSERT INTO schema_migration (name, sha256) VALUES ($1, $2)', [
      name,
      sha256,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`migration ${name} failed`, { cause: error });
  }
  return true;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
