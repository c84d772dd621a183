import type pg from 'pg';

/**
 * Histories are made of purchases that the product itself has written: their rows are copied, each
 * copy under ids of its own and further back in time. So the proportions of every table, the width
 * of its rows and the order of its keys are the product's, whatever it comes to write.
 */
export interface Copied {
  readonly table: string;
  /** Columns of ids: a version 7 keeps growing with time, others stay random. */
  readonly ids?: readonly string[];
  /** Numbered columns and the highest number that there is. */
  readonly serial?: string;
  /** Other columns that have to differ, by their expression; `t` is the row, `k` the copy. */
  readonly set?: Readonly<Record<string, string>>;
  /** Which rows are copied; all without it. */
  readonly where?: string;
  /** What the product has forgotten after so many hours is not copied further back. */
  readonly keptHours?: number;
  readonly join?: string;
}

export interface Multiplying {
  /** Beside the rows that are there. */
  readonly copies: number;
  /** How far the last copy lies back; 0 leaves every time as it is. */
  readonly spanHours: number;
  readonly progress: (text: string) => void;
}

/** Rows of one statement: short enough that the progress is seen to move. */
const COPIES_AT_ONCE = 200;
const MS_PER_HOUR = 3_600_000;

/** The version 7 of an id lies in its 15th place; its first 48 bits are milliseconds. */
const FUNCTIONS = `
  CREATE FUNCTION bench_id(id uuid, k integer, ms bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN substr(id::text, 15, 1) = '7'
      THEN (lpad(to_hex(('x0000' || translate(left(id::text, 13), '-', ''))::bit(64)::bigint - ms),
                 12, '0') || '7' || substr(md5(id::text || k), 1, 19))::uuid
      ELSE md5(id::text || k)::uuid END $$;
  CREATE FUNCTION bench_id_at(at timestamptz, name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
            || substr(md5(name), 1, 19))::uuid $$`;

export async function multiply(
  db: pg.Client,
  tables: readonly Copied[],
  how: Multiplying,
): Promise<void> {
  if (how.copies <= 0) return;
  await db.query(FUNCTIONS);
  // No triggers: sums, foreign keys and rules of append-only held when the product wrote.
  await db.query('SET session_replication_role = replica');
  for (const copied of tables) {
    how.progress(`${copied.table} × ${how.copies + 1}`);
    const indexes = await dropIndexes(db, copied.table);
    await copyTable(db, copied, how);
    for (const definition of indexes) await db.query(definition);
  }
  await db.query('SET session_replication_role = origin');
}

/** Made again when the rows are there, which is far quicker than row by row. */
async function dropIndexes(db: pg.Client, table: string): Promise<string[]> {
  const { rows } = await db.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
       FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
      WHERE indrelid = $1::regclass AND relkind = 'i'
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
    [table],
  );
  for (const { name } of rows) await db.query(`DROP INDEX ${name}`);
  return rows.map(({ definition }) => definition);
}

async function copyTable(db: pg.Client, copied: Copied, how: Multiplying): Promise<void> {
  const { table, serial, where, keptHours, join } = copied;
  const { copies, spanHours } = how;
  const numbered = serial === undefined ? 0 : await highest(db, table, serial);
  const { names, values } = await columnsOf(db, copied, numbered);
  const msEach = Math.floor((spanHours * MS_PER_HOUR) / copies);
  const kept =
    keptHours === undefined || msEach === 0
      ? copies
      : Math.min(copies, Math.floor((keptHours * MS_PER_HOUR) / msEach));
  const [{ last } = { last: '0' }] = (
    await db.query<{ last: string }>(`SELECT count(*) AS last FROM ${table}`)
  ).rows;
  if (last === '0') return;
  await db.query(`CREATE TEMPORARY TABLE bench_rows AS
    SELECT t.* FROM ${table} AS t ${where === undefined ? '' : `WHERE ${where}`}`);
  // The oldest first, as they would have come.
  for (let from = kept; from > 0; from -= COPIES_AT_ONCE) {
    await db.query(
      `INSERT INTO ${table} (${names.join(', ')}) OVERRIDING SYSTEM VALUE
       SELECT ${values.join(', ')}
         FROM (SELECT k, k::bigint * ${msEach} AS ms,
                      k::double precision * ${msEach} * interval '1 ms' AS back
                 FROM generate_series($1::integer, $2::integer, -1) AS k) AS copy,
              bench_rows AS t ${join ?? ''}`,
      [from, Math.max(1, from - COPIES_AT_ONCE + 1)],
    );
  }
  await db.query('DROP TABLE bench_rows');
  if (serial !== undefined) {
    await db.query(
      `SELECT setval(pg_get_serial_sequence($1, $2), ${numbered * (copies + 2)}::bigint)`,
      [table, serial],
    );
  }
}

async function highest(db: pg.Client, table: string, column: string): Promise<number> {
  const { rows } = await db.query<{ value: string | null }>(
    `SELECT max(${column}) AS value FROM ${table}`,
  );
  return Number(rows[0]?.value ?? 0);
}

/** Times move back with their copy; what is not named is the same in every copy. */
async function columnsOf(
  db: pg.Client,
  { table, ids = [], serial, set = {} }: Copied,
  numbered: number,
): Promise<{ names: string[]; values: string[] }> {
  const { rows } = await db.query<{ name: string; type: string }>(
    `SELECT attname AS name, atttypid::regtype::text AS type FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [table],
  );
  const valueOf = ({ name, type }: { name: string; type: string }): string => {
    if (set[name] !== undefined) return set[name];
    if (ids.includes(name)) return `bench_id(t.${name}, k, ms)`;
    if (name === serial) return `t.${name} + k * ${numbered}::bigint`;
    return type === 'timestamp with time zone' ? `t.${name} - back` : `t.${name}`;
  };
  return { names: rows.map(({ name }) => name), values: rows.map(valueOf) };
}
