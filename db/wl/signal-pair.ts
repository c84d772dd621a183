import type { Selectable, Transaction } from 'kysely';
import { invariant } from '../../domain/shared/invariant.ts';
import type { WlTables } from './schema.ts';
import type { SignalPairTable } from './tables/signals.ts';

/** One direction of trade, exporter to importer. */
export interface SignalledPair {
  readonly src: string;
  readonly dst: string;
}

/**
 * Locks what decides whether offers of a direction may be bought: the relationship, then what was
 * signalled about it. The second row is made where there is none, so that a signal and a first sync
 * meet in it even before any relationship was pulled.
 */
export async function lockSignalPair(
  tx: Transaction<WlTables>,
  { src, dst }: SignalledPair,
): Promise<Selectable<SignalPairTable>> {
  await tx
    .selectFrom('relationship')
    .select('revision')
    .where('src', '=', src)
    .where('dst', '=', dst)
    .forNoKeyUpdate()
    .execute();
  await tx
    .insertInto('signal_pair')
    .values({ src, dst })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const pair = await tx
    .selectFrom('signal_pair')
    .selectAll()
    .where('src', '=', src)
    .where('dst', '=', dst)
    .forNoKeyUpdate()
    .executeTakeFirst();
  invariant(pair !== undefined, 'a signalled pair was just made sure of');
  return pair;
}
