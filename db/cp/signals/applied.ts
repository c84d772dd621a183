import { sql } from 'kysely';
import type { CpTransaction } from '../schema.ts';
import type { StoredEvent } from '../telemetry/stored-event.ts';

/**
 * A WL says that a signal took effect there: its stamp is put on the delivery where the answer was
 * lost. The first word stays, and the delivery's state is left to who delivers (RULES.md 3).
 */
export async function recordSignalApplied(
  tx: CpTransaction,
  { wlId, data }: StoredEvent<'signal.applied'>,
): Promise<void> {
  if (data.status !== 'APPLIED') return;
  await tx
    .updateTable('signal_delivery')
    .set({
      applied_at: new Date(data.offersOffAt ?? data.appliedAt),
      offers_changed: data.offersChanged,
      updated_at: sql`clock()`,
    })
    .where('signal_id', '=', data.signalId)
    .where('wl_id', '=', wlId)
    .where('applied_at', 'is', null)
    .execute();
}
