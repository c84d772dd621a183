import { sql, type Selectable } from 'kysely';
import {
  exposureOf,
  judgeImbalance,
  percentOfLimit,
  type SignalAction,
} from '../../domain/imbalance/verdict.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { formatMinor, minor, type Minor } from '../../domain/shared/money.ts';
import { raiseNotification } from './notification.ts';
import type { Pair } from './relationship.ts';
import type { Author, CpTransaction } from './schema.ts';
import { createSignal } from './signals/create.ts';
import type { PairTable } from './tables/signals.ts';

export type PairRow = Selectable<PairTable>;

/** The fact that made somebody look at a pair again. */
export interface PairCause {
  readonly author: Author;
  readonly at: Date;
}

/**
 * The row of a pair, locked; made where there is none. Undefined where the two have no relationship:
 * nothing is counted between strangers. Several pairs are locked in the order of their ids.
 */
export async function lockPair(
  tx: CpTransaction,
  { src, dst }: Pair,
): Promise<PairRow | undefined> {
  await sql`INSERT INTO pair (src, dst)
    SELECT src, dst FROM relationship WHERE src = ${src} AND dst = ${dst}
    ON CONFLICT DO NOTHING`.execute(tx);
  const query = tx.selectFrom('pair').selectAll().where('src', '=', src);
  return query.where('dst', '=', dst).forNoKeyUpdate().executeTakeFirst();
}

/** The exposure that a pair's row adds up to, in minor units of src's currency. */
export function exposureOfPair(row: PairRow): Minor {
  return exposureOf({
    exports: row.exports_minor,
    imports: row.imports_minor,
    reserved: row.reserved_minor,
    settlementsReceived: row.settlements_received_minor,
    settlementsPaid: row.settlements_paid_minor,
  });
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
  invariant(terms !== undefined, 'a pair has its relationship');
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
