import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import { judgeSequence, type SignalAnswer } from '../../domain/imbalance/signal.ts';
import type { SignalAction } from '../../domain/imbalance/verdict.ts';
import { ok, refuse, type Result } from '../../domain/shared/result.ts';
import { appendAudit } from '../audit.ts';
import { inTransaction } from '../pool.ts';
import { readClock } from './clock.ts';
import {
  hasMoreOffersThan,
  repriceBatch,
  repriceImportedOffers,
  type OwnWl,
} from './imported-offers.ts';
import { addEvent } from './outbox.ts';
import type { WlTables } from './schema.ts';
import { lockSignalPair, type SignalledPair } from './signal-pair.ts';
import type { SignalTable, SignalWorkTable } from './tables/signals.ts';

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

/** PENDING: in force for buyers and holds, and not done with every offer; an ack follows. */
export type AppliedSignal =
  { readonly kind: 'DONE'; readonly answer: SignalAnswer } | { readonly kind: 'PENDING' };

/**
 * Puts a signal into effect, once: as exporter holds are refused or admitted, as importer the
 * imported offers go off or come back, with audit row, event and answer in the same transaction. A
 * repeated id gets its first answer, one that now says something else is CONFLICT. A sequence that
 * is not above the pair's last is STALE and changes nothing (RULES.md 3). Where the importer has too
 * many offers, buyers are refused from here on and `continueSignal` does the offers.
 */
export async function applySignal(
  db: Kysely<WlTables>,
  own: OwnWl,
  signal: ReceivedSignal,
  correlationId: string,
): Promise<Result<AppliedSignal, 'CONFLICT'>> {
  return inTransaction(db, async (tx) => {
    const receivedAt = await readClock(tx);
    const pair = await lockSignalPair(tx, signal);
    const known = (await readSignal(tx, signal.id)) ?? (await readWork(tx, signal.id));
    if (known !== undefined) return saysTheSame(known, signal) ? ok(appliedOf(known)) : CONFLICT;
    const facts = { ...factsOf(signal), correlation_id: correlationId, received_at: receivedAt };
    const status = judgeSequence(signal.sequence, pair.sequence);
    if (await isLong(tx, own, signal)) {
      if (status === 'APPLIED') await switchPair(tx, own, signal);
      await tx.insertInto('signal_work').values(facts).execute();
      return ok({ kind: 'PENDING' });
    }
    if (status === 'APPLIED') await switchPair(tx, own, signal);
    const isImporter = status === 'APPLIED' && signal.src !== own.wlId;
    const offersChanged = isImporter ? await repriceImportedOffers(tx, own, signal.src) : 0;
    const row = await writeDown(tx, facts, { status, offersChanged, before: pair });
    return ok({ kind: 'DONE', answer: toAnswer(row) });
  });
}

/**
 * What a batch takes is one statement of the sync's size; more than that in one request would hold
 * the pair's rows, and with them its buyers, for too long.
 */
export const OFFERS_AT_ONCE = 500;

/** An open signal of the pair makes later ones wait, so that answers keep the order of numbers. */
async function isLong(
  tx: Transaction<WlTables>,
  own: OwnWl,
  { src, dst }: ReceivedSignal,
): Promise<boolean> {
  if (src === own.wlId) return false;
  const open = await openWorkOf(tx, { src, dst });
  return open.length > 0 || (await hasMoreOffersThan(tx, src, OFFERS_AT_ONCE));
}

export type ContinuedSignal =
  | { readonly kind: 'MORE'; readonly offersChanged: number }
  | { readonly kind: 'DONE' }
  /** A newer signal of the pair is in force; with its last offer this one is answered as STALE. */
  | { readonly kind: 'SUPERSEDED' };

/** The next offers of a signal that is under way; with the last one its answer is written down. */
export async function continueSignal(
  db: Kysely<WlTables>,
  own: OwnWl,
  id: string,
): Promise<ContinuedSignal> {
  const given = await db
    .selectFrom('signal_work')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (given === undefined) return { kind: 'DONE' };
  return inTransaction(db, async (tx): Promise<ContinuedSignal> => {
    const pair = await lockSignalPair(tx, given);
    const open = await openWorkOf(tx, given);
    const work = open.find((row) => row.id === id);
    if (work === undefined) return { kind: 'DONE' };
    if (pair.signal_id !== id) return { kind: 'SUPERSEDED' };
    const limit = OFFERS_AT_ONCE;
    const batch = { exporter: work.src, after: work.after_offer, limit };
    const { changed, last, isLast } = await repriceBatch(tx, own, batch);
    const offersChanged = work.offers_changed + changed;
    if (isLast) {
      await finish(tx, { ...work, offers_changed: offersChanged }, open);
      return { kind: 'DONE' };
    }
    await tx
      .updateTable('signal_work')
      .set({ offers_changed: offersChanged, after_offer: last ?? work.after_offer })
      .where('id', '=', id)
      .execute();
    return { kind: 'MORE', offersChanged };
  });
}

/** First the one that took effect, then those that it has overtaken: nobody waits for their acks. */
async function finish(
  tx: Transaction<WlTables>,
  done: Selectable<SignalWorkTable>,
  open: readonly Selectable<SignalWorkTable>[],
): Promise<void> {
  const { sequence } = done;
  const before = await lastApplied(tx, done);
  await writeDown(tx, factsOfWork(done), {
    ...{ status: 'APPLIED', offersChanged: done.offers_changed, before },
  });
  const now = sql<Date>`clock()`;
  await tx.updateTable('signal_work').set({ done_at: now }).where('id', '=', done.id).execute();
  for (const stale of open.filter(({ id }) => id !== done.id)) {
    const outcome = {
      ...({ status: 'STALE', offersChanged: 0 } as const),
      before: { sequence, disabled: done.action === 'DISABLE' },
    };
    await writeDown(tx, factsOfWork(stale), outcome);
    const over = { done_at: now, acked_at: now };
    await tx.updateTable('signal_work').set(over).where('id', '=', stale.id).execute();
  }
}

async function lastApplied(
  tx: Transaction<WlTables>,
  { src, dst }: SignalledPair,
): Promise<{ sequence: bigint; disabled: boolean }> {
  const last = await tx
    .selectFrom('signal')
    .select(['sequence', 'action'])
    .where('src', '=', src)
    .where('dst', '=', dst)
    .where('status', '=', 'APPLIED')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { sequence: last?.sequence ?? 0n, disabled: last?.action === 'DISABLE' };
}

/** The answer to a signal that was done behind its request; undefined while it is not. */
export async function answerOf(
  db: Kysely<WlTables>,
  id: string,
): Promise<SignalAnswer | undefined> {
  const row = await db.selectFrom('signal').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toAnswer(row);
}

export async function markSignalAcked(db: Kysely<WlTables>, id: string): Promise<void> {
  await db
    .updateTable('signal_work')
    .set({ acked_at: sql<Date>`clock()` })
    .where('id', '=', id)
    .where('done_at', 'is not', null)
    .where('acked_at', 'is', null)
    .execute();
}

/** Signals in force here that are not done or not acked, oldest first; a newer one answers for its elders. */
export async function unfinishedSignals(db: Kysely<WlTables>, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('signal_work')
    .innerJoin('signal_pair', (join) =>
      join
        .onRef('signal_pair.src', '=', 'signal_work.src')
        .onRef('signal_pair.dst', '=', 'signal_work.dst'),
    )
    .select('id')
    .where('acked_at', 'is', null)
    .where(sql<boolean>`(done_at IS NOT NULL OR signal_pair.signal_id = signal_work.id)`)
    .orderBy('received_at')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

interface Outcome {
  readonly status: SignalAnswer['status'];
  readonly offersChanged: number;
  readonly before: { readonly sequence: bigint; readonly disabled: boolean };
}

type SignalFacts = Omit<SignalRow, 'status' | 'offers_changed' | 'applied_at'>;

function factsOf({ exposureMinor, limitMinor, createdAt, ...facts }: ReceivedSignal) {
  const { id, src, dst, sequence, action, reason } = facts;
  return {
    ...{ id, src, dst, sequence, action, reason, created_at: createdAt },
    ...{ exposure_minor: exposureMinor, limit_minor: limitMinor },
  };
}

function factsOfWork(work: Selectable<SignalWorkTable>): SignalFacts {
  const { id, src, dst, sequence, action, reason, correlation_id } = work;
  return {
    ...{ id, src, dst, sequence, action, reason, correlation_id },
    ...{ exposure_minor: work.exposure_minor, limit_minor: work.limit_minor },
    ...{ created_at: work.created_at, received_at: work.received_at },
  };
}

/** The answer, the event and the audit row of a signal, in one transaction with its effect. */
async function writeDown(
  tx: Transaction<WlTables>,
  facts: SignalFacts,
  { status, offersChanged, before }: Outcome,
): Promise<SignalRow> {
  const row: SignalRow = {
    ...{ ...facts, status },
    offers_changed: offersChanged,
    applied_at: await readClock(tx),
  };
  await tx.insertInto('signal').values(row).execute();
  await tell(tx, row);
  await audit(tx, row, before);
  return row;
}

const CONFLICT = refuse('CONFLICT');

async function readSignal(tx: Transaction<WlTables>, id: string): Promise<SignalRow | undefined> {
  return tx.selectFrom('signal').selectAll().where('id', '=', id).executeTakeFirst();
}

type WorkRow = Selectable<SignalWorkTable>;

async function readWork(tx: Transaction<WlTables>, id: string): Promise<WorkRow | undefined> {
  return tx.selectFrom('signal_work').selectAll().where('id', '=', id).executeTakeFirst();
}

async function openWorkOf(
  tx: Transaction<WlTables>,
  { src, dst }: SignalledPair,
): Promise<WorkRow[]> {
  return tx
    .selectFrom('signal_work')
    .selectAll()
    .where('src', '=', src)
    .where('dst', '=', dst)
    .where('done_at', 'is', null)
    .orderBy('sequence')
    .forNoKeyUpdate()
    .execute();
}

function saysTheSame(known: SignalRow | WorkRow, signal: ReceivedSignal): boolean {
  const { src, dst, action, sequence } = signal;
  const isSamePair = known.src === src && known.dst === dst;
  return isSamePair && known.action === action && known.sequence === sequence;
}

function appliedOf(known: SignalRow | WorkRow): AppliedSignal {
  return 'status' in known ? { kind: 'DONE', answer: toAnswer(known) } : { kind: 'PENDING' };
}

function toAnswer({ status, applied_at, offers_changed }: SignalRow): SignalAnswer {
  return { status, appliedAt: applied_at.toISOString(), offersChanged: offers_changed };
}

/** Buyers and holds meet what is signalled from this commit on. */
async function switchPair(
  tx: Transaction<WlTables>,
  own: OwnWl,
  { id, src, dst, sequence, action }: ReceivedSignal,
): Promise<void> {
  const disabled = action === 'DISABLE';
  await tx
    .updateTable('signal_pair')
    .set({ sequence, disabled, signal_id: id, updated_at: sql`clock()` })
    .where('src', '=', src)
    .where('dst', '=', dst)
    .execute();
  if (src !== own.wlId) return;
  await tx
    .insertInto('pair')
    .values({ partner: dst, signal_disabled: disabled })
    .onConflict((conflict) => conflict.column('partner').doUpdateSet({ signal_disabled: disabled }))
    .execute();
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
