import type pg from 'pg';
import { rowsJson } from '../../db/cp/json.ts';
import { columnsOf } from '../../db/cp/trades/row.ts';
import { NO_CONTRIBUTION, type Contribution } from '../../domain/imbalance/contribution.ts';
import type { TraderPurchaseData } from '../../domain/telemetry/events.ts';
import {
  contributionOfView,
  tellTrade,
  type TradeView,
} from '../../domain/telemetry/trade-view.ts';
import { story, type StoryName, type ToldStory } from '../../test/support/trade-events.ts';
import { REFUSALS } from './proportions.ts';
import type { RegisteredWl, Registry } from './registry.ts';

/** One trade as it was told, where the product's own rules led to. */
export interface PastTrade {
  readonly name: StoryName;
  readonly importer: string;
  readonly exporter: string;
  readonly told: ToldStory;
  readonly view: TradeView;
  readonly startedAt: Date;
}

const OFFERS = 400;
const CATEGORIES = 12;
const SELLERS = 60;
const BUYERS = 90;
const THINGS = [
  'Curso',
  'Violão',
  'Diária de hotel',
  'Jantar',
  'Revisão de carro',
  'Café',
  'Livro',
];
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Trade grows: as many in the last 15 days as in the 45 before. */
const SPAN_DAYS = 60;
/** What waits for somebody is recent, and old enough to have been raised. */
const OPEN_HOURS = 20;
const OPEN_STORIES: ReadonlySet<StoryName> = new Set(['held', 'waiting', 'parked', 'provisional']);
const APPROVAL_MS = 24 * HOUR_MS;
const REVISIONS = 3;
const MINOR = 100;

/** The trade of this name, at a random time, between a random pair of the registry. */
export function pastTrade(
  { wls, pairs }: Registry,
  name: StoryName,
  { index, random, now }: { readonly index: number; random(): number; readonly now: number },
): PastTrade {
  const pair = pairs[Math.floor(pairs.length * random() ** 2)];
  const seller = wls.find(({ id }) => id === pair?.src);
  const buyer = wls.find(({ id }) => id === pair?.dst);
  if (seller === undefined || buyer === undefined) throw new Error('a pair is of the registry');
  const ageMs = OPEN_STORIES.has(name)
    ? OPEN_HOURS * HOUR_MS * random()
    : SPAN_DAYS * DAY_MS * random() ** 2;
  const startedAt = new Date(Math.floor(now - ageMs - 10 * MINUTE_MS));
  const minor = Math.floor(MINOR * (5 + 1_500 * random() ** 3));
  const common = documentOf(seller, buyer, { name, index, random });
  const differing = name === 'confirmed' && index % 250 === 249;
  const deadline = new Date(startedAt.getTime() + APPROVAL_MS).toISOString();
  const told = story(
    name,
    { importer: buyer.id, exporter: seller.id },
    {
      startedAt,
      tradeId: `${String(index).padStart(8, '0')}-0000-4000-8000-${String(Math.floor(random() * 1e12)).padStart(12, '0')}`,
      amountMinor: BigInt(minor),
      paidMinor: BigInt(Math.ceil(minor * 1.23456789)),
      importerSays: {
        ...common,
        importedCurrency: buyer.currency,
        ...(differing && { amount: '1.00' }),
        ...(name === 'parked' && { parkedReason: 'UNRESOLVED', parkedFrom: 'UNCERTAIN' }),
      },
      exporterSays: { ...common, ...(name === 'waiting' && { approvalDeadline: deadline }) },
    },
  );
  const view = told.events.reduce<TradeView | undefined>(tellTrade, undefined);
  if (view === undefined) throw new Error('a story has events');
  return { name, importer: buyer.id, exporter: seller.id, told, view, startedAt };
}

function documentOf(
  seller: RegisteredWl,
  buyer: RegisteredWl,
  { name, index, random }: { readonly name: StoryName; readonly index: number; random(): number },
): Partial<TraderPurchaseData> {
  const offer = Math.floor(OFFERS * random() ** 2);
  const refusal = REFUSALS[index % REFUSALS.length];
  return {
    currency: seller.currency,
    offer: {
      id: `offer-${seller.name.at(-1)}-${offer}`,
      title: `${THINGS[offer % THINGS.length]} ${offer} do ${seller.name}`,
      category: `Categoria ${offer % CATEGORIES}`,
    },
    buyerMasked: `c${Math.floor(BUYERS * random())}***@${buyer.name.at(-1)?.toLowerCase()}.example`,
    sellerName: `Loja ${offer % SELLERS}`,
    relationshipRevision: 1 + Math.floor(REVISIONS * random()),
    latencyMs: Math.floor(40 + 400 * random() ** 4),
    ...(refusal !== undefined &&
      (name === 'refused' || name === 'bornRefused') && { reason: refusal }),
  };
}

/** Rows of `trade`, by the projection's own columns. */
export async function writeTrades(db: pg.Client, trades: readonly PastTrade[]): Promise<void> {
  const rows = trades.map(({ importer, exporter, told, view, startedAt }) => {
    const counted = contributionOfView(view);
    const columns = columnsOf(view);
    const last = told.events.at(-1)?.occurredAt ?? startedAt;
    return {
      ...{ importer, exporter, trade_id: told.tradeId, ...columns },
      decided_on_stale: told.amountMinor % 100n === 0n,
      disagrees_since: columns.disagreement.length === 0 ? null : last,
      counted_exports_minor: counted.exports,
      counted_imports_minor: counted.imports,
      counted_reserved_minor: counted.reserved,
      ...{ created_at: startedAt, updated_at: last },
    };
  });
  await insert(db, 'trade', rows);
}

/** Rows of `event`, in the partitions of their days; signatures have the length of real ones. */
export async function writeEvents(db: pg.Client, trades: readonly PastTrade[]): Promise<void> {
  const signature = `eyJhbGciOiJFZERTQSIsImtpZCI6ImsifQ..${'x'.repeat(86)}`;
  const rows = trades.flatMap(({ told }) =>
    told.events.map((event) => ({
      ...{ event_id: event.eventId, wl_id: event.wlId, type: event.type, schema_version: 1 },
      ...{ occurred_at: event.occurredAt, received_at: event.occurredAt, data: event.data },
      ...{ correlation_id: event.correlationId, kid: `events-${event.wlId}`, signature },
    })),
  );
  const days = [...new Set(rows.map(({ received_at: at }) => at.toISOString().slice(0, 10)))];
  for (const day of days) await db.query('SELECT ensure_event_day($1::date)', [day]);
  await insert(db, 'event', rows);
}

interface Totals {
  exports_minor: bigint;
  imports_minor: bigint;
  reserved_minor: bigint;
}

/** Adds each trade's moves to the journal of both its pairs, in order of time, and to the pairs. */
export async function writeJournal(db: pg.Client, trades: readonly PastTrade[]): Promise<void> {
  const moves = trades.flatMap(movesOf).toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const totals = new Map<string, Totals>();
  const rows = moves.map(({ src, dst, kind, reference, at, exports, imports, reserved }) => {
    const pair = `${src}/${dst}`;
    const sum = totals.get(pair) ?? { exports_minor: 0n, imports_minor: 0n, reserved_minor: 0n };
    sum.exports_minor += exports;
    sum.imports_minor += imports;
    sum.reserved_minor += reserved;
    totals.set(pair, sum);
    return {
      ...{ src, dst, kind, reference, ...sum, occurred_at: at, recorded_at: at },
      ...{ exports_delta: exports, imports_delta: imports, reserved_delta: reserved },
      ...{ settlements_received_delta: 0, settlements_paid_delta: 0 },
      ...{ settlements_received_minor: 0, settlements_paid_minor: 0 },
    };
  });
  for (let from = 0; from < rows.length; from += BATCH) {
    await insert(db, 'pair_journal', rows.slice(from, from + BATCH));
  }
  await db.query(
    `INSERT INTO pair_day (src, dst, day, recorded_day, exports_delta, imports_delta,
            reserved_delta, settlements_received_delta, settlements_paid_delta)
     SELECT src, dst, date_trunc('day', occurred_at, 'UTC'),
            date_trunc('day', recorded_at, 'UTC'), sum(exports_delta),
            sum(imports_delta), sum(reserved_delta), 0, 0
       FROM pair_journal
      GROUP BY src, dst, date_trunc('day', occurred_at, 'UTC'),
            date_trunc('day', recorded_at, 'UTC')`,
  );
  for (const [pair, sum] of totals) {
    await db.query(
      `UPDATE pair SET exports_minor = $2, imports_minor = $3, reserved_minor = $4
        WHERE src || '/' || dst = $1`,
      [pair, String(sum.exports_minor), String(sum.imports_minor), String(sum.reserved_minor)],
    );
  }
}

export const BATCH = 2_000;

function movesOf({ importer, exporter, told }: PastTrade) {
  let view: TradeView | undefined;
  let was: Contribution = NO_CONTRIBUTION;
  return told.events.flatMap((event) => {
    view = tellTrade(view, event);
    const is = contributionOfView(view);
    const moved = { exports: is.exports - was.exports, reserved: is.reserved - was.reserved };
    const imports = is.imports - was.imports;
    was = is;
    const common = { reference: told.tradeId, at: event.occurredAt };
    const sale = { src: exporter, dst: importer, kind: 'EXPORT', ...common, ...moved, imports: 0n };
    const purchase = { src: importer, dst: exporter, kind: 'IMPORT', ...common };
    return [
      ...(moved.exports === 0n && moved.reserved === 0n ? [] : [sale]),
      ...(imports === 0n ? [] : [{ ...purchase, exports: 0n, reserved: 0n, imports }]),
    ];
  });
}

/** Bulk SQL under the table's own constraints; the columns are those of the first row. */
export async function insert(
  db: pg.Client,
  table: string,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first).join(', ');
  await db.query(
    `INSERT INTO ${table} (${columns})
     SELECT ${columns} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`,
    [rowsJson(rows)],
  );
}
