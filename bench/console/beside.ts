import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type pg from 'pg';
import { sha256 } from '../../db/audit.ts';
import { chainText } from '../../domain/audit/chain.ts';
import { BATCH, insert, type PastTrade } from './history.ts';
import { BESIDE_250, TRADES_A_PLAN } from './proportions.ts';
import type { Registry } from './registry.ts';

/** What else grows while people trade: its size, and how far back it lies. */
export interface Beside {
  readonly registry: Registry;
  readonly trades: number;
  readonly now: number;
}

const DAY_MS = 86_400_000;
const SPAN_DAYS = 60;
const ACTORS = 20;
const ACTIONS = ['approval.approved', 'desk.retry', 'relationship.changed', 'settlement.recorded'];
const KINDS = ['NEEDS_ATTENTION', 'IMBALANCE', 'STALE_POLICY', 'APPROVAL'] as const;
const HELD_BACK = 10;
const CURRENCY = 'XAX';

const partOf = ({ trades }: Beside, in250: number): number => Math.floor((trades * in250) / 250);

/** The time of the n-th of `count` things, the newest last, evenly over the span. */
function timeOf({ now }: Beside, index: number, count: number): Date {
  return new Date(Math.floor(now - (SPAN_DAYS * DAY_MS * (count - index)) / (count + 1)));
}

function pairAt({ registry: { pairs } }: Beside, index: number) {
  const pair = pairs[index % pairs.length];
  if (pair === undefined) throw new Error('a registry has pairs');
  return pair;
}

export async function writeBeside(
  db: pg.Client,
  beside: Beside,
  trades: readonly PastTrade[],
): Promise<void> {
  await writeAudit(db, beside, trades);
  await writeRevisions(db, beside);
  const signals = await writeSignals(db, beside);
  await writePlans(db, beside, signals);
  await writeSettlements(db, beside);
  await writeNotifications(db, beside, trades);
  await writeQuarantine(db, beside);
  await writeMismatches(db, beside, trades);
  // Nothing is on its way: the process would look after it again and again.
  await db.query('UPDATE work_order SET started_at = clock(), done_at = clock()');
}

async function writeAudit(
  db: pg.Client,
  beside: Beside,
  trades: readonly PastTrade[],
): Promise<void> {
  const head = await db.query<{ seq: string; hash: string }>('SELECT seq, hash FROM audit_head');
  let seq = BigInt(head.rows[0]?.seq ?? 0);
  let hash = head.rows[0]?.hash ?? '';
  const rows = Array.from({ length: partOf(beside, BESIDE_250.auditRows) }, (_, index) => {
    const trade = trades[index % trades.length];
    const previousHash = hash;
    seq += 1n;
    const entry = {
      ...{ actor: `00000000-0000-4000-9000-${String(index % ACTORS).padStart(12, '0')}` },
      ...{ source: 'console', action: ACTIONS[index % ACTIONS.length] ?? '' },
      subject: `trade/${trade?.importer}/${trade?.exporter}/${trade?.told.tradeId}`,
      ...{ before: { status: 'PENDING' }, after: { decision: 'APPROVE', reason: null } },
      correlationId: randomUUID(),
    };
    const at = new Date(beside.now + index);
    hash = sha256(chainText({ ...entry, seq, at: at.toISOString(), previousHash }));
    const { correlationId, ...columns } = entry;
    const chained = { previous_hash: previousHash, hash, correlation_id: correlationId };
    return { seq, at, ...columns, ...chained };
  });
  for (let from = 0; from < rows.length; from += BATCH) {
    await insert(db, 'audit', rows.slice(from, from + BATCH));
  }
  await db.query('UPDATE audit_head SET seq = $1, hash = $2', [String(seq), hash]);
}

/** Later revisions of each relationship repeat the document of the first one. */
async function writeRevisions(db: pg.Client, beside: Beside): Promise<void> {
  const perPair = Math.ceil(partOf(beside, BESIDE_250.revisions) / beside.registry.pairs.length);
  await db.query(
    `INSERT INTO relationship_revision (src, dst, revision, document, audit_seq, actor, source,
            updated_by, updated_source, at)
     SELECT src, dst, revision + n, document, -(row_number() OVER ()), actor, source, updated_by,
            updated_source, clock() - ($1::integer - n) * interval '1 hour'
       FROM relationship_revision, generate_series(1, $1::integer) AS n`,
    [perPair],
  );
  await db.query('UPDATE relationship SET revision = revision + $1::integer', [perPair]);
  await db.query(
    `INSERT INTO revision_applied (revision, wl_id, kind, seq, correlation_id, committed_at,
            applied_at, drift_ms)
     SELECT 'relationship/' || src || '/' || dst || '/' || revision, side, 'RELATIONSHIP',
            -(row_number() OVER ()), 'bench', at, at + interval '900 milliseconds', 900
       FROM relationship_revision, unnest(ARRAY[src, dst]) AS side WHERE revision > 1`,
  );
  // What was registered a moment ago is taken as applied, too.
  await db.query(
    'UPDATE revision_applied SET applied_at = clock(), drift_ms = 900 WHERE applied_at IS NULL',
  );
}

async function writeSignals(db: pg.Client, beside: Beside): Promise<string[]> {
  const count = partOf(beside, BESIDE_250.signals);
  const rows = Array.from({ length: count }, (_, index) => {
    const at = timeOf(beside, index, count);
    const action = index % 2 === 0 ? 'DISABLE' : 'ENABLE';
    return {
      ...{ id: randomUUIDv7(), ...pairAt(beside, index), sequence: index + 1, action },
      ...{ origin: 'AUTOMATIC', reason: 'LIMIT', exposure_minor: 10_100, limit_minor: 10_000 },
      ...{ currency: CURRENCY, created_by: 'control-plane', correlation_id: randomUUID() },
      ...{ caused_at: at, created_at: at },
    };
  });
  await insert(db, 'signal', rows);
  const deliveries = rows.flatMap(({ id, src, dst, created_at: at }, index) =>
    [src, dst].map((wlId, side) => {
      const state = stateOf(index, count);
      const sentAt = state === 'PENDING' ? null : new Date(at.getTime() + 120);
      const isAcked = state === 'ACKED';
      const attempts = sentAt === null ? 0 : 1 + ((index + side) % 2);
      return {
        ...{ signal_id: id, wl_id: wlId, state, attempts, created_at: at },
        ...{ first_sent_at: sentAt, last_sent_at: sentAt },
        acked_at: isAcked ? new Date(at.getTime() + 300) : null,
        ack_kind: isAcked ? 'BODY' : null,
        applied_at: isAcked ? new Date(at.getTime() + 280) : null,
        offers_changed: isAcked ? 12 : null,
      };
    }),
  );
  await insert(db, 'signal_delivery', deliveries);
  const attempts = deliveries.flatMap((delivery) =>
    Array.from({ length: delivery.attempts }, (_, index) => ({
      ...{ signal_id: delivery.signal_id, wl_id: delivery.wl_id, attempt: index + 1 },
      ...{ started_at: delivery.first_sent_at, latency_ms: 35, status: 200 },
    })),
  );
  await insert(db, 'signal_attempt', attempts);
  return rows.map(({ id }) => id);
}

/** One in fifty is still on its way, one in ten was superseded, the others are acknowledged. */
function stateOf(index: number, count: number): string {
  if (index >= count - count / 50) return index % 2 === 0 ? 'PENDING' : 'SENT';
  return index % 10 === 0 ? 'SUPERSEDED' : 'ACKED';
}

async function writePlans(
  db: pg.Client,
  beside: Beside,
  signals: readonly string[],
): Promise<void> {
  const count = Math.floor(beside.trades / TRADES_A_PLAN);
  const rows = Array.from({ length: count }, (_, index) => {
    const openedAt = timeOf(beside, index, count);
    const isOpen = index === count - 1;
    return {
      ...{ id: randomUUIDv7(), ...pairAt(beside, index), n: index + 1 },
      ...{ signal_id: signals[index], state: isOpen ? 'OPEN' : 'CLOSED', currency: CURRENCY },
      ...{ exposure_minor: 10_100, limit_minor: 10_000, enable_percent: 90, target_minor: 9_000 },
      ...{ needed_minor: 1_100, exports_minor: 10_100, imports_minor: 0, reserved_minor: 0 },
      ...{ settlements_received_minor: 0, settlements_paid_minor: 0, journal_id: 0 },
      ...{ correlation_id: randomUUID(), opened_at: openedAt },
      closed_at: isOpen ? null : new Date(openedAt.getTime() + DAY_MS),
      closed_by: isOpen ? null : 'control-plane',
      close_reason: isOpen ? null : 'HEALED',
      report: isOpen ? null : { compensated: '11.00', exposureAtClosing: '89.00' },
    };
  });
  await insert(db, 'compensation_plan', rows);
  const steps = rows.flatMap(({ id, opened_at: at }) =>
    [50, 100].map((percent, index) => ({
      ...{ plan_id: id, step: index + 1, percent, amount_minor: 550 },
      due_at: new Date(at.getTime() + (index + 1) * DAY_MS),
    })),
  );
  await insert(db, 'compensation_step', steps);
}

async function writeSettlements(db: pg.Client, beside: Beside): Promise<void> {
  const count = partOf(beside, BESIDE_250.settlements);
  const rows = Array.from({ length: count }, (_, index) => {
    const at = timeOf(beside, index, count);
    const isPending = index % HELD_BACK === HELD_BACK - 1;
    return {
      ...{ id: randomUUIDv7(), ...pairAt(beside, index), amount_minor: 5_000, currency: CURRENCY },
      ...{ fx_rate: '1.5', payer_amount_minor: 7_500, payer_currency: 'XBX', note: 'acerto' },
      ...{ state: isPending ? 'PENDING' : 'CONFIRMED', maker: 'one', made_at: at },
      ...{ decided_by: isPending ? null : 'two', decided_at: isPending ? null : at },
      ...{ request_key: randomUUID(), fingerprint: 'bench', correlation_id: randomUUID() },
    };
  });
  await insert(db, 'settlement', rows);
  const deliveries = rows.flatMap(({ id, src, dst, state, made_at: at }, index) =>
    state === 'PENDING'
      ? []
      : [
          { role: 'PAYEE', wl_id: src },
          { role: 'PAYER', wl_id: dst },
        ].map((side) => ({
          ...{ settlement_id: id, ...side, number: index + 1, due_at: at, applied_at: at },
        })),
  );
  await insert(db, 'settlement_delivery', deliveries);
}

async function writeNotifications(
  db: pg.Client,
  beside: Beside,
  trades: readonly PastTrade[],
): Promise<void> {
  const count = partOf(beside, BESIDE_250.notifications);
  const rows = Array.from({ length: count }, (_, index) => {
    const at = timeOf(beside, index, count);
    const trade = trades[(index * 17) % trades.length];
    const isRead = index % HELD_BACK !== 0;
    return {
      ...{ id: idAt(at), kind: KINDS[index % KINDS.length], severity: 'WARNING' },
      ...{ dedupe_key: `bench/${index}`, title: 'A purchase needs a person to look at it' },
      subject: `trade/${trade?.importer}/${trade?.exporter}/${trade?.told.tradeId}`,
      ...{ details: { quantity: 3 }, correlation_id: randomUUID(), created_at: at },
      ...{ read_at: isRead ? at : null, read_by: isRead ? 'one' : null },
      closed_at: index % 3 === 0 ? at : null,
    };
  });
  await insert(db, 'notification', rows);
}

/** A UUIDv7 of an instant: ids of notifications grow with time. */
function idAt(at: Date): string {
  const hex = at.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}${randomUUIDv7().slice(13)}`;
}

async function writeQuarantine(db: pg.Client, beside: Beside): Promise<void> {
  const count = partOf(beside, BESIDE_250.quarantined);
  const rows = Array.from({ length: count }, (_, index) => {
    const isOld = index % HELD_BACK !== 0;
    const at = isOld ? timeOf(beside, index, count * 2) : new Date(beside.now - index * 1_000);
    return {
      ...{ id: idAt(at), wl_id: pairAt(beside, index).src, digest: randomUUID(), times: 1 },
      ...{ reason: 'SIGNATURE_INVALID', detail: 'the signature fits no key of the sender' },
      ...{ event_id: randomUUID(), type: 'TRADER_PURCHASE', document_masked: { version: 1 } },
      ...{ correlation_id: randomUUID(), created_at: at, last_at: at },
    };
  });
  await insert(db, 'telemetry_quarantine', rows);
}

/** Every disagreement has been raised; twice as many are over. */
async function writeMismatches(
  db: pg.Client,
  beside: Beside,
  trades: readonly PastTrade[],
): Promise<void> {
  await db.query(
    `INSERT INTO trade_mismatch (importer, exporter, trade_id, disagreement, importer_document,
            exporter_document, since, raised_at)
     SELECT importer, exporter, trade_id, disagreement, importer_document, exporter_document,
            disagrees_since, disagrees_since + interval '5 minutes'
       FROM trade WHERE disagrees_since IS NOT NULL`,
  );
  const count = partOf(beside, BESIDE_250.resolvedMismatches);
  const rows = Array.from({ length: count }, (_, index) => {
    const trade = trades[(index * 31) % trades.length];
    const at = timeOf(beside, index, count);
    return {
      ...{ id: randomUUIDv7(), importer: trade?.importer, exporter: trade?.exporter },
      ...{ trade_id: trade?.told.tradeId, disagreement: ['STATUS'] },
      ...{ since: at, raised_at: at, resolved_at: new Date(at.getTime() + DAY_MS) },
    };
  });
  await insert(db, 'trade_mismatch', rows);
}
