import type { Kysely } from 'kysely';
import type { CpSchema } from '../../db/cp/schema.ts';
import { recordEventKeys } from '../../db/cp/telemetry/event-keys.ts';
import { openEventDays, readIntakeClock, storeBatch } from '../../db/cp/telemetry/intake.ts';
import { inTransaction } from '../../db/pool.ts';
import type { EventKey } from '../../domain/policy/pull-document.ts';
import { eventOf, newKey } from '../cp/telemetry/events.ts';
import { EXPORTER } from '../wl/documents.ts';

const EVENTS = 3;

/** What the exporter said under two keys, the first of which it has replaced since. */
export async function report(cp: Kysely<CpSchema>): Promise<void> {
  const wlId = EXPORTER;
  const name = 'wl-exporter';
  await cp.insertInto('wl').values({ id: wlId, name, status: 'ACTIVE', change_seq: 0n }).execute();
  await openEventDays(cp, await readIntakeClock(cp));
  for (const kid of ['first', 'second']) {
    const key = newKey(kid);
    const keys = [key.publicJwk as unknown as EventKey];
    await inTransaction(cp, (tx) => recordEventKeys(tx, { wlId, keys }));
    const data = { kind: 'POLICY', src: wlId, dst: wlId, revision: 1 };
    const verified = Array.from({ length: EVENTS }, (_, index) => ({
      event: eventOf(
        { wlId, key },
        { type: 'policy.applied', data, correlationId: `report:${kid}:${index}` },
      ),
      kid,
    }));
    await storeBatch(cp, { wlId, verified, refused: [], correlationId: 'market' });
  }
}
