import { sql, type Selectable } from 'kysely';
import {
  addParts,
  exposureOf,
  judgeImbalance,
  NO_EXPOSURE,
  percentOfLimit,
  type ExposureParts,
  type SignalAction,
} from '../../domain/imbalance/verdict.ts';
import { formatMinor, minor, type Minor } from '../../domain/shared/money.ts';
import { rowsJson } from './json.ts';
import { raiseNotification } from './notification.ts';
import type { Pair } from './relationship.ts';
import type { Author, CpTransaction } from './schema.ts';
import { createSignal } from './signals/create.ts';
import type { PairTable } from './tables/signals.ts';
import type { PairMoveKind } from './tables/trades.ts';

export type PairRow = Selectable<PairTable>;

/** The fact that made somebody look at a pair again. */
export interface PairCause {
  readonly author: Author;
  readonly at: Date;
}

/**
 * The row of a pair, locked; made where there is none. Undefined where the two are no partners in
 * either direction: nothing is counted between strangers.
 */
export async function lockPair(tx: CpTransaction, pair: Pair): Promise<PairRow | undefined> {
  const [row] = await lockPairs(tx, [pair]);
  return row;
}

/** The rows of several pairs, locked in the order of (src, dst) as everywhere; see `lockPair`. */
export async function lockPairs(tx: CpTransaction, pairs: readonly Pair[]): Promise<PairRow[]> {
  if (pairs.length === 0) return [];
  const asked = sql`unnest(${pairs.map(({ src }) => src)}::uuid[],
    ${pairs.map(({ dst }) => dst)}::uuid[]) AS asked (src, dst)`;
  await sql`INSERT INTO pair (src, dst)
    SELECT DISTINCT src, dst FROM ${asked}
     WHERE EXISTS (SELECT FROM relationship AS known
       WHERE (known.src, known.dst) IN ((asked.src, asked.dst), (asked.dst, asked.src)))
     ORDER BY src, dst
    ON CONFLICT DO NOTHING`.execute(tx);
  return tx
    .selectFrom('pair')
    .selectAll()
    .where(sql<boolean>`(src, dst) IN (SELECT src, dst FROM ${asked})`)
    .orderBy('src')
    .orderBy('dst')
    .forNoKeyUpdate()
    .execute();
}

/** One move of a pair's figures, in minor units of src's currency; parts left out stay. */
export interface PairMove {
  readonly kind: PairMoveKind;
  /** The importer's trade id, or the settlement's id: a settlement moves a pair once per kind. */
  readonly reference: string;
  readonly deltas: Partial<ExposureParts>;
  /** When it happened, by whoever it happened at. */
  readonly at: Date;
}

/**
 * Moves a pair's figures with a row of its journal, under its lock; undefined between strangers. It
 * does not judge: the caller ends with `evaluatePair`. Pairs are moved in the order of (src, dst).
 */
export async function movePair(
  tx: CpTransaction,
  pair: Pair,
  move: PairMove,
): Promise<PairRow | undefined> {
  const row = await lockPair(tx, pair);
  return row && movePairRow(tx, row, [move]);
}

/** The same for a row that the caller has locked, several moves in one go; answers the new row. */
export async function movePairRow(
  tx: CpTransaction,
  row: PairRow,
  moves: readonly PairMove[],
): Promise<PairRow> {
  if (moves.length === 0) return row;
  let parts = partsOf(row);
  const entries = moves.map(({ kind, reference, deltas: given, at }) => {
    const deltas = { ...NO_EXPOSURE, ...given };
    parts = addParts(parts, deltas);
    return {
      ...{ src: row.src, dst: row.dst, kind, reference, occurred_at: at },
      exports_delta: deltas.exports,
      imports_delta: deltas.imports,
      reserved_delta: deltas.reserved,
      settlements_received_delta: deltas.settlementsReceived,
      settlements_paid_delta: deltas.settlementsPaid,
      ...columnsOf(parts),
    };
  });
  // One parameter however many moves there are: the statement is planned once. The pair's lock
  // orders the writers of its days, too.
  await sql`
    WITH entry AS (INSERT INTO pair_journal (src, dst, kind, reference, exports_delta, imports_delta,
           reserved_delta, settlements_received_delta, settlements_paid_delta, exports_minor,
           imports_minor, reserved_minor, settlements_received_minor, settlements_paid_minor,
           occurred_at)
    SELECT src, dst, kind, reference, exports_delta, imports_delta,
           reserved_delta, settlements_received_delta, settlements_paid_delta, exports_minor,
           imports_minor, reserved_minor, settlements_received_minor, settlements_paid_minor,
           occurred_at
      FROM jsonb_populate_recordset(NULL::pair_journal, ${rowsJson(entries)}::jsonb)
             WITH ORDINALITY AS entry
     ORDER BY ordinality RETURNING *)
    INSERT INTO pair_day AS known (src, dst, day, recorded_day, exports_delta, imports_delta,
           reserved_delta, settlements_received_delta, settlements_paid_delta)
    SELECT src, dst, date_trunc('day', occurred_at, 'UTC') AS day,
           date_trunc('day', recorded_at, 'UTC') AS recorded_day, sum(exports_delta),
           sum(imports_delta), sum(reserved_delta), sum(settlements_received_delta),
           sum(settlements_paid_delta)
      FROM entry GROUP BY src, dst, day, recorded_day
    ON CONFLICT (src, dst, day, recorded_day) DO UPDATE
       SET exports_delta = known.exports_delta + excluded.exports_delta,
           imports_delta = known.imports_delta + excluded.imports_delta,
           reserved_delta = known.reserved_delta + excluded.reserved_delta,
           settlements_received_delta =
             known.settlements_received_delta + excluded.settlements_received_delta,
           settlements_paid_delta = known.settlements_paid_delta + excluded.settlements_paid_delta
  `.execute(tx);
  return tx
    .updateTable('pair')
    .set({ ...columnsOf(parts), updated_at: sql`clock()` })
    .where('src', '=', row.src)
    .where('dst', '=', row.dst)
    .returningAll()
    .executeTakeFirstOrThrow();
}

type PartColumns = Pick<
  PairRow,
  | 'exports_minor'
  | 'imports_minor'
  | 'reserved_minor'
  | 'settlements_received_minor'
  | 'settlements_paid_minor'
>;

/** The figures of a pair's row, or of one of its journal. */
export function partsOf(row: PartColumns): ExposureParts {
  return {
    exports: row.exports_minor,
    imports: row.imports_minor,
    reserved: row.reserved_minor,
    settlementsReceived: row.settlements_received_minor,
    settlementsPaid: row.settlements_paid_minor,
  };
}

function columnsOf(parts: ExposureParts): PartColumns {
  return {
    exports_minor: parts.exports,
    imports_minor: parts.imports,
    reserved_minor: parts.reserved,
    settlements_received_minor: parts.settlementsReceived,
    settlements_paid_minor: parts.settlementsPaid,
  };
}

/** The exposure that a pair's row adds up to, in minor units of src's currency. */
export function exposureOfPair(row: PartColumns): Minor {
  return exposureOf(partsOf(row));
}

/**
 * Judges a pair against its limit of this moment, under its lock: alerts, and signals DISABLE or
 * ENABLE with deliveries and their work orders in this transaction (RULES.md 3). Whoever moves the
 * balance, the limit or a threshold calls it last, and starts the ordered work after the commit.
 */
export async function evaluatePair(
  tx: CpTransaction,
  pair: Pair,
  cause: PairCause,
): Promise<SignalAction | undefined> {
  const row = await lockPair(tx, pair);
  if (row === undefined) return undefined;
  // Read under the pair's lock: whoever comes second sees what the first one changed.
  const terms = await tx
    .selectFrom('relationship')
    .select(['limit_minor', 'alert_percent', 'disable_percent', 'enable_percent'])
    .where('src', '=', pair.src)
    .where('dst', '=', pair.dst)
    .executeTakeFirst();
  // Only what src sells to dst has a limit.
  if (terms === undefined) return undefined;
  const exposure = exposureOfPair(row);
  const verdict = judgeImbalance({
    exposure,
    limit: minor(terms.limit_minor),
    thresholds: {
      alert: terms.alert_percent,
      disable: terms.disable_percent,
      enable: terms.enable_percent,
    },
    disabledBy: row.disabled_origin ?? undefined,
    alerted: row.alerted,
  });
  const limitMinor = terms.limit_minor;
  if (verdict.alerted !== row.alerted) await setAlerted(tx, pair, verdict.alerted);
  if (verdict.alert) await alert(tx, row, { exposure, limitMinor, cause });
  if (verdict.signal === undefined) return undefined;
  await createSignal(tx, {
    pair: { src: pair.src, dst: pair.dst },
    action: verdict.signal,
    origin: 'AUTOMATIC',
    reason: verdict.signal === 'DISABLE' ? 'LIMIT_EXCEEDED' : 'BELOW_ENABLE_THRESHOLD',
    exposureMinor: exposure,
    limitMinor,
    author: cause.author,
    causedAt: cause.at,
  });
  return verdict.signal;
}

async function setAlerted(tx: CpTransaction, { src, dst }: Pair, alerted: boolean): Promise<void> {
  await tx
    .updateTable('pair')
    .set({ alerted, ...(alerted && { alerts: sql`alerts + 1` }) })
    .where('src', '=', src)
    .where('dst', '=', dst)
    .execute();
}

async function alert(
  tx: CpTransaction,
  { src, dst, alerts }: PairRow,
  facts: { readonly exposure: Minor; readonly limitMinor: bigint; readonly cause: PairCause },
): Promise<void> {
  const { exposure, limitMinor, cause } = facts;
  const percent = percentOfLimit(exposure, limitMinor);
  await raiseNotification(tx, {
    kind: 'IMBALANCE',
    severity: 'WARNING',
    dedupeKey: `imbalance/${src}/${dst}/${alerts + 1n}`,
    title: `Exposure has reached ${percent ?? 'more than 100'} % of the limit`,
    subject: `pair/${src}/${dst}`,
    details: {
      ...{ src, dst },
      exposure: formatMinor(exposure),
      limit: formatMinor(limitMinor),
      ...(percent !== undefined && { percent }),
    },
    correlationId: cause.author.correlationId,
  });
}
