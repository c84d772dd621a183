import { sql, type Kysely, type Selectable } from 'kysely';
import { isCounted } from '../../../domain/purchase/hold.ts';
import type { RecordedPreflight } from '../../../domain/purchase/recorded.ts';
import type { HoldTransitionTable, WlTables } from '../schema.ts';
import type { HoldRow } from './row.ts';

export interface HoldDecisions {
  readonly hold: Pick<HoldRow, 'requester' | 'state' | 'reason'>;
  readonly moves: readonly Selectable<HoldTransitionTable>[];
}

/** Holds of one trade id, which more than one importer may use, with every move of theirs. */
export async function readHoldDecisions(
  db: Kysely<WlTables>,
  key: { readonly tradeId: string; readonly requester?: string | undefined },
): Promise<HoldDecisions[]> {
  const { tradeId, requester } = key;
  const holds = await db
    .selectFrom('hold')
    .select(['hold_id', 'requester', 'state', 'reason'])
    .where('trade_id', '=', tradeId)
    .$if(requester !== undefined, (query) => query.where('requester', '=', requester ?? ''))
    .execute();
  return Promise.all(
    holds.map(async ({ hold_id: holdId, ...hold }) => ({
      hold,
      moves: await db
        .selectFrom('hold_transition')
        .selectAll()
        .where('hold_id', '=', holdId)
        .orderBy('version')
        .execute(),
    })),
  );
}

export interface PairPage {
  readonly partner: string;
  readonly since: Date;
  /** Exclusive. */
  readonly until: Date;
  readonly limit: number;
  /** The last one of the page before, its instant as text: microseconds count. */
  readonly after?: { readonly at: string; readonly id: string } | undefined;
}

export interface DecidedHold {
  readonly holdId: string;
  readonly tradeId: string | null;
  readonly createdAt: Date;
  /** `createdAt` with microseconds, for the next page. */
  readonly at: string;
  readonly state: HoldRow['state'];
  readonly reason: HoldRow['reason'];
  /** When the hold stopped counting in the exposure; null while it does, or never did. */
  readonly releasedAt: Date | null;
  readonly preflight: RecordedPreflight | null;
}

/** Holds of one importer, the one that was decided last first. */
export async function listHoldDecisions(
  db: Kysely<WlTables>,
  { partner, since, until, limit, after }: PairPage,
): Promise<DecidedHold[]> {
  const rows = await db
    .selectFrom('hold')
    .leftJoin('hold_transition as made', (join) =>
      join.onRef('made.hold_id', '=', 'hold.hold_id').on('made.version', '=', 1),
    )
    .select([
      'hold.hold_id as holdId',
      'hold.trade_id as tradeId',
      'hold.created_at as createdAt',
      sql<string>`hold.created_at::text`.as('at'),
      'hold.state',
      'hold.reason',
      'hold.amount_minor as amountMinor',
      'hold.updated_at as updatedAt',
      'made.inputs',
    ])
    .where('hold.requester', '=', partner)
    .where('hold.created_at', '>=', since)
    .where('hold.created_at', '<', until)
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(hold.created_at, hold.hold_id)
          < (${after?.at ?? ''}::timestamptz, ${after?.id ?? ''}::uuid)`,
      ),
    )
    .orderBy('hold.created_at', 'desc')
    .orderBy('hold.hold_id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ amountMinor, updatedAt, inputs, ...row }) => ({
    ...row,
    releasedAt: amountMinor !== null && !isCounted(row.state) ? updatedAt : null,
    preflight: inputs?.step === 'preflight' ? inputs.facts : null,
  }));
}
