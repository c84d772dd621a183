import { formatMinor } from '../../domain/shared/money.ts';
import { EXPORTER, IMPORTER } from '../parties.ts';
import { importOffers, putRelationship } from '../register.ts';
import { connectTo } from './database.ts';
import type { DemoRun } from './purchases.ts';

/** One thing that can happen to a purchase, each; every scene leaves the stack as it found it. */
export interface Scene {
  readonly title: string;
  play(run: DemoRun): Promise<void>;
}

const PAIR = { src: EXPORTER, dst: IMPORTER };

interface RelationshipFields {
  readonly fxRate: string;
  readonly limitAmount: string;
  readonly limitMode: string;
}

export async function relationshipFields({
  session,
}: Pick<DemoRun, 'session'>): Promise<RelationshipFields> {
  const { cp, token } = session;
  return cp.need(`/admin/api/relationships/${EXPORTER.wlId}/${IMPORTER.wlId}`, { bearer: token });
}

/** Changes the relationship and has both sides pull it: the next purchase is under it. */
export async function govern(
  { stack, session }: Pick<DemoRun, 'stack' | 'session'>,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  await putRelationship(session, PAIR, fields);
  await Promise.all([importOffers(stack, EXPORTER), importOffers(stack, IMPORTER)]);
}

// The limit that the run book sets.
const RUN_BOOK_LIMIT_MINOR = 10_000_000n;
// Several times what a run buys.
const ROOM_MINOR = 2_500_000n;

/**
 * What a run that was cut short may have left behind is put right, and the limit leaves room for
 * this run: exposure grows with every run, because nobody settles here.
 */
export async function prepareTerms(run: Pick<DemoRun, 'stack' | 'session'>): Promise<void> {
  const needed = (await exposureOf(run)) + ROOM_MINOR;
  const limit = needed > RUN_BOOK_LIMIT_MINOR ? needed : RUN_BOOK_LIMIT_MINOR;
  await govern(run, {
    fxRate: '1',
    limitMode: 'HARD',
    approval: { mode: 'ABOVE', aboveAmount: '1000.00' },
    limitAmount: formatMinor(limit),
  });
}

/** What the exporter itself says that the importer owes it, holds included. */
export async function exposureOf({ stack }: Pick<DemoRun, 'stack'>): Promise<bigint> {
  const client = await connectTo(stack, EXPORTER);
  try {
    const { rows } = await client.query<{ exposure: string }>(
      'SELECT exposure_minor::text AS exposure FROM pair WHERE partner = $1',
      [IMPORTER.wlId],
    );
    return BigInt(rows[0]?.exposure ?? '0');
  } finally {
    await client.end();
  }
}
