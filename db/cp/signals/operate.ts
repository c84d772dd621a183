import { randomUUID } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { SignalAction } from '../../../domain/imbalance/verdict.ts';
import { ok, refuse, type Result } from '../../../domain/shared/result.ts';
import { signalWorkflowId } from '../../../domain/work/orders.ts';
import { appendAudit } from '../../audit.ts';
import { inTransaction } from '../../pool.ts';
import { exposureOfPair, lockPair } from '../pair.ts';
import type { Pair } from '../relationship.ts';
import { claimRequestKey, type KeyedRequest } from '../request-key.ts';
import type { Author, CpSchema } from '../schema.ts';
import { finishWork } from '../work-order.ts';
import { createSignal } from './create.ts';
import type { Delivery } from './deliver.ts';

export interface OperatorSignal {
  readonly pair: Pair;
  readonly action: SignalAction;
  readonly reason: string;
  readonly author: Author;
  readonly keyed: KeyedRequest;
}

type Refusal = 'NOT_FOUND' | 'IDEMPOTENCY_MISMATCH';

export interface Created {
  readonly id: string;
  /** True where this key had made it before. */
  readonly replayed: boolean;
}

/** What an operator signals about a pair. NOT_FOUND: the two have no relationship. */
export async function signalByOperator(
  db: Kysely<CpSchema>,
  request: OperatorSignal,
): Promise<Result<Created, Refusal>> {
  const { pair, action, reason, author, keyed } = request;
  return inTransaction(db, async (tx): Promise<Result<Created, Refusal>> => {
    const row = await lockPair(tx, pair);
    if (row === undefined) return refuse('NOT_FOUND');
    const claim = await claimRequestKey(tx, keyed, randomUUID());
    if (!claim.ok) return claim;
    const { subject: id, isFirst } = claim.value;
    if (!isFirst) return ok({ id, replayed: true });
    const { limit_minor: limitMinor } = await tx
      .selectFrom('relationship')
      .select('limit_minor')
      .where('src', '=', pair.src)
      .where('dst', '=', pair.dst)
      .executeTakeFirstOrThrow();
    await createSignal(tx, {
      ...{ id, pair, action, reason, author, limitMinor },
      origin: 'OPERATOR',
      exposureMinor: exposureOfPair(row),
      causedAt: new Date(),
    });
    return ok({ id, replayed: false });
  });
}

/**
 * Stops what is still open of a signal, at one WL or at both. What the Control Plane wants of the
 * pair stays as it is: whoever wants the opposite signals it. NOT_FOUND: no such delivery.
 */
export function cancelSignal(
  db: Kysely<CpSchema>,
  request: {
    readonly signalId: string;
    readonly wlId?: string | undefined;
    readonly reason: string;
    readonly author: Author;
  },
): Promise<Result<readonly Delivery[], 'NOT_FOUND'>> {
  const { signalId, wlId, reason, author } = request;
  return inTransaction(db, async (tx): Promise<Result<readonly Delivery[], 'NOT_FOUND'>> => {
    let query = tx
      .selectFrom('signal_delivery')
      .select(['wl_id', 'state'])
      .where('signal_id', '=', signalId);
    if (wlId !== undefined) query = query.where('wl_id', '=', wlId);
    const rows = await query.orderBy('wl_id').forNoKeyUpdate().execute();
    if (rows.length === 0) return refuse('NOT_FOUND');
    const open = rows.filter(({ state }) => state === 'PENDING' || state === 'SENT');
    const deliveries = open.map((row) => ({ signalId, wlId: row.wl_id }));
    for (const delivery of deliveries) {
      await tx
        .updateTable('signal_delivery')
        .set({ state: 'CANCELLED', updated_at: sql<Date>`clock()` })
        .where('signal_id', '=', signalId)
        .where('wl_id', '=', delivery.wlId)
        .execute();
      await finishWork(tx, signalWorkflowId(delivery));
    }
    await appendAudit(tx, {
      ...author,
      action: 'signal.cancelled',
      subject: `signal/${signalId}`,
      before: { deliveries: rows.map((row) => ({ wlId: row.wl_id, state: row.state })) },
      after: { cancelled: deliveries.map((delivery) => delivery.wlId), reason },
    });
    return ok(deliveries);
  });
}
