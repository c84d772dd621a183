import { randomUUID } from 'node:crypto';
import { sql, type Selectable } from 'kysely';
import type { SignalAction, SignalOrigin } from '../../../domain/imbalance/verdict.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { invariant } from '../../../domain/shared/invariant.ts';
import { signalWork } from '../../../domain/work/orders.ts';
import { appendAudit } from '../../audit.ts';
import { endPlan, openPlan } from '../plans/plan.ts';
import type { Pair } from '../relationship.ts';
import type { Author, CpTransaction } from '../schema.ts';
import type { SignalTable } from '../tables/signals.ts';
import { orderWork } from '../work-order.ts';

export interface NewSignal {
  /** Where the caller has promised an id to somebody. */
  readonly id?: string;
  readonly pair: Pair;
  readonly action: SignalAction;
  readonly origin: SignalOrigin;
  readonly reason: string;
  /** Minor units of src's currency, as they were when the signal was decided. */
  readonly exposureMinor: bigint;
  readonly limitMinor: bigint;
  readonly author: Author;
  /** When the fact came about that called for the signal; the way to the last offer starts here. */
  readonly causedAt: Date;
}

/**
 * Writes a signal with its next number, one delivery for each side of the pair and the orders of
 * their workflows. An automatic DISABLE opens a compensation plan, an ENABLE ends it. The caller holds the lock of the pair's row, so numbers are in commit order.
 */
export async function createSignal(
  tx: CpTransaction,
  request: NewSignal,
): Promise<Selectable<SignalTable>> {
  const { pair, action, origin, reason, author } = request;
  const moved = await tx
    .updateTable('pair')
    .set({
      signal_sequence: sql`signal_sequence + 1`,
      disabled: action === 'DISABLE',
      disabled_origin: action === 'DISABLE' ? origin : null,
      updated_at: sql`clock()`,
    })
    .where('src', '=', pair.src)
    .where('dst', '=', pair.dst)
    .returning('signal_sequence')
    .executeTakeFirst();
  invariant(moved !== undefined, 'a pair that is signalled about has its row');
  const exporter = await tx
    .selectFrom('wl')
    .select('currency')
    .where('id', '=', pair.src)
    .executeTakeFirst();
  const { id = randomUUID() } = request;
  const signal = await tx
    .insertInto('signal')
    .values({
      ...{ id, src: pair.src, dst: pair.dst, action, origin, reason },
      sequence: moved.signal_sequence,
      exposure_minor: request.exposureMinor,
      limit_minor: request.limitMinor,
      currency: exporter?.currency ?? null,
      created_by: author.actor,
      correlation_id: author.correlationId,
      caused_at: request.causedAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  for (const wlId of [pair.src, pair.dst]) await addDelivery(tx, signal, wlId);
  if (action === 'ENABLE') {
    await endPlan(tx, pair, { state: 'CLOSED', reason, author });
  } else if (origin === 'AUTOMATIC') {
    const { exposureMinor, limitMinor } = request;
    await openPlan(tx, { pair, signalId: id, exposureMinor, limitMinor, author });
  }
  await appendAudit(tx, {
    ...author,
    action: 'signal.created',
    subject: `signal/${pair.src}/${pair.dst}`,
    before: null,
    after: {
      ...{ id, action, origin, reason, sequence: String(signal.sequence) },
      exposure: formatMinor(request.exposureMinor),
      limit: formatMinor(request.limitMinor),
    },
  });
  return signal;
}

async function addDelivery(
  tx: CpTransaction,
  { id: signalId, action, src, dst, correlation_id: correlationId }: Selectable<SignalTable>,
  wlId: string,
): Promise<void> {
  await tx.insertInto('signal_delivery').values({ signal_id: signalId, wl_id: wlId }).execute();
  const what = `${action} ${src} to ${dst}`;
  await orderWork(tx, signalWork({ signalId, wlId, what, correlationId }));
}
