import { randomBytes } from 'node:crypto';
import { CP_MIGRATIONS } from '../../db/cp/migrations.ts';
import { putRelationship } from '../../db/cp/relationship-change.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { createWl, registerEndpoint } from '../../db/cp/wl.ts';
import { migrate } from '../../db/migrator.ts';
import { createDatabase, createPool } from '../../db/pool.ts';
import { createSealer } from '../../db/sealed.ts';
import { fill } from '../console/fill.ts';
import type { Registry } from '../console/registry.ts';
import { multiply, type Copied } from './multiply.ts';
import { cloneDatabase, connect, type Server } from './server.ts';

/** How large a Control Plane is. */
export interface CpSize {
  readonly name: string;
  readonly pairs: number;
  readonly trades: number;
}

export const CP_BASE: CpSize = { name: 'cp_base', pairs: 10, trades: 1_000 };

/** Each white label sells to so many others; more pairs are more white labels. */
const PARTNERS_EACH = 10;
const LEAST_WLS = 5;
const FILL_POOL = 2;
const FILL_TIMEOUT_MS = 120_000;
const KEY_BYTES = 32;
const AUTHOR = { actor: 'bench', source: 'bench', correlationId: 'bench' };
const LABELS = { updatedBy: 'bench', updatedSource: 'bench' };

/** A trade's copies get new ids of the time at which it began, as the product's ids are. */
const NAMED = `JOIN bench_trade AS own ON own.trade_id =`;
const NEW_TRADE = `bench_id_at(own.started_at, own.trade_id || k)::text`;

/** What grows with trades in the projection, the evidence and the balance. */
export const CP_HISTORY: readonly Copied[] = [
  {
    table: 'trade',
    ids: ['importer_event_id', 'exporter_event_id'],
    set: { trade_id: NEW_TRADE, search: `replace(t.search, t.trade_id, ${NEW_TRADE})` },
    join: `${NAMED} t.trade_id`,
    // What is open, or differs, waits for somebody: so much of it as in the beginning.
    where: `t.status NOT IN ('PENDING', 'PROVISIONAL') AND t.disagrees_since IS NULL`,
  },
  {
    table: 'event',
    ids: ['event_id'],
    set: { data: `jsonb_set(t.data, '{tradeId}', to_jsonb(${NEW_TRADE}))` },
    join: `${NAMED} t.data ->> 'tradeId'`,
  },
  { table: 'event_seen', ids: ['event_id'] },
  {
    table: 'pair_journal',
    serial: 'id',
    set: { reference: NEW_TRADE },
    join: `${NAMED} t.reference`,
  },
  { table: 'signal', ids: ['id'], set: { sequence: 't.sequence + k * 1000000::bigint' } },
  { table: 'signal_delivery', ids: ['signal_id'] },
  { table: 'signal_attempt', ids: ['signal_id'] },
  { table: 'notification', ids: ['id'], set: { dedupe_key: `t.dedupe_key || '/' || k` } },
];

/** Sums of days hold more and do not become more. */
const SUMS = [
  `UPDATE pair_day SET exports_delta = exports_delta * $1::bigint,
          imports_delta = imports_delta * $1::bigint, reserved_delta = reserved_delta * $1::bigint`,
  'UPDATE trade_day SET trades = trades * $1::bigint, amount = amount * $1::bigint',
];

/** Of as many white labels as the pairs need; in a ring, so that each has as many partners. */
export function registryOf(pairs: number): Registry {
  const count = Math.max(LEAST_WLS, Math.ceil(pairs / PARTNERS_EACH) + 1);
  const wls = Array.from({ length: count }, (_, index) => ({
    id: `00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}`,
    name: `Mercado ${String.fromCharCode('A'.charCodeAt(0) + (index % 26))}`,
    currency: 'XAX',
  }));
  const each = Math.ceil(pairs / count);
  const all = wls.flatMap(({ id: src }, index) =>
    Array.from({ length: each }, (_, step) => ({
      src,
      dst: wls[(index + step + 1) % count]?.id ?? '',
    })),
  );
  return { wls, pairs: all.slice(0, pairs) };
}

export async function makeControlPlane(
  server: Server,
  size: CpSize,
  progress: (text: string) => void,
): Promise<void> {
  const { name, pairs, trades } = size;
  const url = server.urlFor(name);
  if (name === CP_BASE.name || pairs !== CP_BASE.pairs) {
    await server.admin.query(`CREATE DATABASE ${name}`);
    await migrate(url, CP_MIGRATIONS);
    const registry = registryOf(pairs);
    await register(url, registry);
    await fill(url, registry, CP_BASE.trades);
  } else {
    await cloneDatabase(server, CP_BASE.name, name);
  }
  const filler = await connect(url);
  const times = trades / CP_BASE.trades;
  if (times > 1) {
    await filler.query(`CREATE TABLE bench_trade AS SELECT trade_id, started_at FROM trade`);
    await multiply(filler, CP_HISTORY, {
      ...{ copies: times - 1, spanHours: 0 },
      progress: (text) => progress(`${name}: ${text}`),
    });
    for (const text of SUMS) await filler.query(text, [times]);
    await filler.query('DROP TABLE bench_trade');
  }
  // The next signal of a pair is numbered behind those that were written here.
  await filler.query(`UPDATE pair SET signal_sequence = (SELECT coalesce(max(sequence), 0)
    FROM signal WHERE signal.src = pair.src AND signal.dst = pair.dst)`);
  await filler.query('VACUUM (ANALYZE)');
  await filler.end();
}

async function register(url: string, { wls, pairs }: Registry): Promise<void> {
  const pool = createPool({
    ...{ url, size: FILL_POOL, applicationName: 'bench-fill', onError: () => undefined },
    statementTimeoutMs: FILL_TIMEOUT_MS,
  });
  const db = createDatabase<CpSchema>(pool);
  const sealer = createSealer([{ id: 'k1', key: randomBytes(KEY_BYTES) }], randomBytes(KEY_BYTES));
  const keyOf = (kid: string) => ({ kid, publicJwk: { kty: 'RSA' }, privateSealed: 'k1.x' });
  for (const { id, name, currency } of wls) {
    const keys = { current: keyOf(`${id}-1`), next: keyOf(`${id}-2`) };
    const facts = { name, currency, status: 'ACTIVE' } as const;
    await createWl(db, sealer, { id, facts, policy: {}, labels: LABELS, keys, author: AUTHOR });
    const kid = `${id}-events`;
    await registerEndpoint(db, sealer, {
      ...{ wlId: id, peerUrl: `https://${id}.example`, currency, author: AUTHOR },
      eventKeys: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43), kid }] },
    });
  }
  for (const pair of pairs) {
    const made = await putRelationship(db, {
      ...{ pair, labels: LABELS, author: AUTHOR, mayMoveRisk: true, changeId: pair.src },
      patch: { status: 'ACTIVE', fxRate: '1.23456789', limitAmount: '100000000000.00' },
    });
    if (!made.ok) throw new Error(`a relationship was refused: ${made.code}`);
  }
  // Partners in one direction are counted in both (db/cp/pair.ts).
  await pool.query(`INSERT INTO pair (src, dst)
    SELECT src, dst FROM relationship UNION SELECT dst, src FROM relationship
        ON CONFLICT DO NOTHING`);
  await pool.end();
}
