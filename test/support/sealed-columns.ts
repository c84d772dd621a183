import type pg from 'pg';

/** Columns of a database that hold sealed values, by their names: `table.column`. */
export async function sealedColumnsOf(pool: Pick<pg.Pool, 'query'>): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
      WHERE table_schema = 'public' AND column_name LIKE '%\\_sealed'`,
  );
  return rows.map(({ name }) => name);
}
