import type { Kysely } from 'kysely';
import type { WlTables } from '../../db/wl/schema.ts';
import type { DoubleWl, Effect } from '../../test/support/double-wl.ts';
import { EXPORTER, IMPORTER } from '../parties.ts';
import type { Doubles, Pair } from './signal-doubles.ts';
import type { Stage } from './stage.ts';

/** What one white label did about the signals it got, by its own account. */
export interface SignalParty {
  readonly wlId: string;
  /** Each effect, in the order in which they took place. */
  readonly effects: readonly Effect[];
  isDisabled(pair: Pair): boolean;
}

/** The doubles by what they remember, the two real white labels by their databases. */
export async function readParties(
  stage: Stage,
  doubles: Doubles,
): Promise<ReadonlyMap<string, SignalParty>> {
  const parties: SignalParty[] = [
    ...doubles.all.map(partyOf),
    await readReal(stage.exporter, EXPORTER.wlId),
    await readReal(stage.importer, IMPORTER.wlId),
  ];
  return new Map(parties.map((party) => [party.wlId, party]));
}

function partyOf(double: DoubleWl): SignalParty {
  const { wlId, effects } = double;
  return { wlId, effects, isDisabled: (pair) => double.isDisabled(pair) };
}

async function readReal(db: Kysely<WlTables>, wlId: string): Promise<SignalParty> {
  const effects = await db
    .selectFrom('signal')
    .select(['id', 'src', 'dst', 'sequence', 'action'])
    .where('status', '=', 'APPLIED')
    .orderBy('applied_at')
    .execute();
  const pairs = await db.selectFrom('signal_pair').selectAll().execute();
  return {
    wlId,
    effects,
    isDisabled: ({ src, dst }) =>
      pairs.some((pair) => pair.src === src && pair.dst === dst && pair.disabled),
  };
}
