import pg from 'pg';
import { Pool as HttpPool } from 'undici';
import type { Step } from './contract.ts';

/** As the gateway's pool of the product; the same for every system. */
const DATABASE_CONNECTIONS = 10;
/** More than the largest cell has purchases in flight, so that no call waits for a connection. */
const HTTP_CONNECTIONS = 96;
/** Above every latency of a partner that is not dead. */
const CALL_TIMEOUT_MS = 5_000;

/** The same bare purchase for every system: four calls, and one row with the fourth. */
export interface Saga {
  readonly pool: pg.Pool;
  hold(id: string): Promise<string>;
  debit(id: string): Promise<string>;
  confirm(id: string): Promise<string>;
  /** The call alone; for who writes the row in a transaction of its own. */
  settleCall(id: string): Promise<string>;
  /** The call, then the row, then whoever waits is told. */
  settle(id: string): Promise<string>;
  /** Resolves when the row of this purchase has committed in this process. */
  settled(id: string): Promise<void>;
  /** Tells who waits, after a commit that was made elsewhere. */
  tell(id: string): void;
}

export const ROW_SQL = 'INSERT INTO purchase (id, system) VALUES ($1, $2) ON CONFLICT DO NOTHING';

export function need(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}

export function createSaga(system: string): Saga {
  const pool = new pg.Pool({
    connectionString: need('DATABASE_URL'),
    max: DATABASE_CONNECTIONS,
    idleTimeoutMillis: 0,
  });
  const exporter = partner(need('EXPORTER_URL'));
  const importer = partner(need('IMPORTER_URL'));
  const waiting = new Map<string, () => void>();
  const tell = (id: string): void => {
    waiting.get(id)?.();
    waiting.delete(id);
  };
  return {
    pool,
    hold: (id) => exporter('hold', id),
    debit: (id) => importer('debit', id),
    confirm: (id) => exporter('confirm', id),
    settleCall: (id) => importer('settle', id),
    async settle(id) {
      const reference = await importer('settle', id);
      await pool.query({ name: 'row', text: ROW_SQL, values: [id, system] });
      tell(id);
      return reference;
    },
    settled: (id) => new Promise((resolve) => waiting.set(id, resolve)),
    tell,
  };
}

function partner(url: string): (step: Step, id: string) => Promise<string> {
  const http = new HttpPool(url, {
    connections: HTTP_CONNECTIONS,
    headersTimeout: CALL_TIMEOUT_MS,
    bodyTimeout: CALL_TIMEOUT_MS,
  });
  return async (step, id) => {
    const { statusCode, body } = await http.request({
      method: 'POST',
      path: `/${step}`,
      headers: { 'content-type': 'application/json', 'idempotency-key': `${id}/${step}` },
      body: JSON.stringify({ id }),
    });
    const answer = (await body.json()) as { reference: string };
    if (statusCode !== 200) throw new Error(`${step} answered ${statusCode}`);
    return answer.reference;
  };
}
