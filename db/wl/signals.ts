import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import { judgeSequence, type SignalAnswer } from '../../domain/imbalance/signal.ts';
import type { SignalAction } from '../../domain/imbalance/verdict.ts';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import { readClock } from './clock.ts';
import { repriceImportedOffers, type OwnWl } from './imported-offers.ts';
import { addEvent } from './outbox.ts';
import type { WlTables } from './schema.ts';
import { lockSignalPair, type SignalledPair } from './signal-pair.ts';
import type { SignalTable } from './tables/signals.ts';

/** An imbalance signal as the Control Plane sends it; amounts in minor units of src's currency. */
export interface ReceivedSignal extends SignalledPair {
  readonly id: string;
  readonly sequence: bigint;
  readonly action: SignalAction;
  readonly reason: string;
  readonly exposureMinor: bigint;
  readonly limitMinor: bigint;
  readonly createdAt: Date;
}

type SignalRow = Selectable<SignalTable>;

/**
 * Puts a signal into effect, once: as exporter holds are refused or admitted, as importer the
 * imported offers go off or come back, with audit row, event and answer in the same transaction. A
 * repeated id gets its first answer, one that now says something else is CONFLICT. A sequence that
 * is not above the pair's last is STALE and changes nothing (RULES.md 3).
 */
export async function applySignal(
  db: Kysely<WlTables>,
  own: OwnWl,
  signal: ReceivedSignal,
  correlationId: string,
): Promise<Result<SignalAnswer, 'CONFLICT'>> {
  return inTransaction(db, async (tx) => {
    const receivedAt = await readClock(tx);
    const pair = await lockSignalPair(tx, signal);
    const known = await readSignal(tx, signal.id);
    if (known !== undefined) return saysTheSame(known, signal) ? ok(toAnswer(known)) : CONFLICT;
    const status = judgeSequence(signal.sequence, pair.sequence);
    const offersChanged = status === 'APPLIED' ? await enforce(tx, own, signal) : 0;
    const { id, src, dst, sequence, action, reason } = signal;
    const row: SignalRow = {
      ...{ id, src, dst, sequence, action, reason, status },
      exposure_minor: signal.exposureMinor,
      limit_minor: signal.limitMinor,
      offers_changed: offersChanged,
      correlation_id: correlationId,
      created_at: signal.createdAt,
      received_at: receivedAt,
      applied_at: await readClock(tx),
    };
    await tx.insertInto('signal').values(row).execute();
    await tell(tx, row);
    await audit(tx, row, pair);
    return ok(toAnswer(row));
  });
}

const CONFLICT = refuse('CONFLICT');

async function readSignal(tx: Transaction<WlTables>, id: string): Promise<SignalRow | undefined> {
  return tx.selectFrom('signal').selectAll().where('id', '=', id).executeTakeFirst();
}

function saysTheSame(known: SignalRow, signal: ReceivedSignal): boolean {
  const { src, dst, action, sequence } = signal;
  const isSamePair = known.src === src && known.dst === dst;
  return isSamePair && known.action === action && known.sequence === sequence;
}

function toAnswer({ status, applied_at, offers_changed }: SignalRow): SignalAnswer {
  return { status, appliedAt: applied_at.toISOString(), offersChanged: offers_changed };
}

/** Answers how many imported offers changed. */
async function enforce(
  tx: Transaction<WlTables>,
  own: OwnWl,
  { id, src, dst, sequence, action }: ReceivedSignal,
): Promise<number> {
  const disabled = action === 'DISABLE';
  await tx
    .updateTable('signal_pair')
    .set({ sequence, disabled, signal_id: id, updated_at: sql`clock()` })
    .where('src', '=', src)
    .where('dst', '=', dst)
    .execute();
  if (src !== own.wlId) return repriceImportedOffers(tx, own, src);
  await tx
    .insertInto('pair')
    .values({ partner: dst, signal_disabled: disabled })
    .onConflict((conflict) => conflict.column('partner').doUpdateSet({ signal_disabled: disabled }))
    .execute();
  return 0;
}

async function tell(tx: Transaction<WlTables>, row: SignalRow): Promise<void> {
  const appliedAt = row.applied_at.toISOString();
  const isOff = row.status === 'APPLIED' && row.action === 'DISABLE';
  await addEvent(tx, {
    type: 'signal.applied',
    correlationId: row.correlation_id,
    data: {
      signalId: row.id,
      sequence: String(row.sequence),
      ...{ src: row.src, dst: row.dst, action: row.action, status: row.status },
      receivedAt: row.received_at.toISOString(),
      appliedAt,
      ...(isOff && { offersOffAt: appliedAt }),
      offersChanged: row.offers_changed,
    },
  });
}

async function audit(
  tx: Transaction<WlTables>,
  row: SignalRow,
  before: { readonly sequence: bigint; readonly disabled: boolean },
): Promise<void> {
  await appendAudit(tx, {
    actor: 'control-plane',
    source: 'imbalance/signals',
    action: 'signal.apply',
    subject: `signal/${row.src}/${row.dst}`,
    before: { sequence: String(before.sequence), disabled: before.disabled },
    after: {
      ...{ id: row.id, sequence: String(row.sequence), action: row.action, reason: row.reason },
      ...{ status: row.status, offersChanged: row.offers_changed },
    },
    correlationId: row.correlation_id,
  });
}
