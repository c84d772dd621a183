import { sql, type Kysely } from 'kysely';
import type { EventKey } from '../../../domain/policy/pull-document.ts';
import type { KeyPeriod } from '../../../domain/telemetry/events.ts';
import type { CpSchema, CpTransaction } from '../schema.ts';

export interface RegisteredEventKey extends KeyPeriod {
  readonly publicJwk: EventKey;
}

/**
 * Keeps the history of a WL's keys when it registers a new set. A key that comes back has one period
 * from its first day on: who takes it up again vouches for the time between.
 */
export async function recordEventKeys(
  tx: CpTransaction,
  { wlId, keys }: { readonly wlId: string; readonly keys: readonly EventKey[] },
): Promise<void> {
  const kids = keys.map((key) => key.kid);
  await tx
    .updateTable('wl_event_key')
    .set({ replaced_at: sql`clock()` })
    .where('wl_id', '=', wlId)
    .where('replaced_at', 'is', null)
    .where('kid', '!=', sql<string>`ALL(${kids}::text[])`)
    .execute();
  for (const key of keys) {
    const public_jwk = JSON.stringify(key);
    await tx
      .insertInto('wl_event_key')
      .values({ wl_id: wlId, kid: key.kid, public_jwk })
      .onConflict((conflict) =>
        conflict.columns(['wl_id', 'kid']).doUpdateSet({ replaced_at: null, public_jwk }),
      )
      .execute();
  }
}

/** Every key that a WL has ever registered, by its id. */
export async function readEventKeyHistory(
  db: Kysely<CpSchema>,
  wlId: string,
): Promise<ReadonlyMap<string, RegisteredEventKey>> {
  const rows = await db.selectFrom('wl_event_key').selectAll().where('wl_id', '=', wlId).execute();
  return new Map(
    rows.map((row) => [
      row.kid,
      {
        publicJwk: row.public_jwk as EventKey,
        registeredAt: row.registered_at,
        replacedAt: row.replaced_at ?? undefined,
      },
    ]),
  );
}
