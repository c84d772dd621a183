import { sql, type Transaction } from 'kysely';
import { invariant } from '../../../domain/shared/invariant.ts';
import type { WlTables } from '../schema.ts';
import type { HoldRow } from './row.ts';

export type ReleaseKind = 'RELEASE' | 'REVERSED';

/** Gives a row's units back to its offer, with the journal entry of invariant 18. */
export async function releaseStock(
  tx: Transaction<WlTables>,
  row: HoldRow,
  kind: ReleaseKind,
): Promise<void> {
  const moved = await sql`
    WITH moved AS (
      UPDATE offer SET used = used - ${row.quantity}, updated_at = clock()
       WHERE offer_id = ${row.offer_id} RETURNING offer_id, used, stock)
    INSERT INTO stock_journal (offer_id, kind, reference, used_delta, stock_delta, used, stock)
    SELECT offer_id, ${kind}, ${row.hold_id}, -${row.quantity}::integer, 0, used, stock
      FROM moved`.execute(tx);
  invariant(moved.numAffectedRows === 1n, 'a counted hold has its offer');
}

/** Takes a row's amount out of the pair's exposure, with the journal entry of invariant 14. */
export async function releaseExposure(
  tx: Transaction<WlTables>,
  row: HoldRow,
  kind: ReleaseKind,
): Promise<void> {
  invariant(row.amount_minor !== null, 'a counted hold has an amount');
  await moveExposure(tx, {
    partner: row.requester,
    kind,
    reference: row.hold_id,
    deltaMinor: -row.amount_minor,
  });
}

export interface ExposureMove {
  readonly partner: string;
  readonly kind: string;
  /** With the kind, names the move: the same one can't be journaled twice. */
  readonly reference: string;
  readonly deltaMinor: bigint;
}

/** Moves the exposure towards a partner without asking the limit; admissions do that themselves. */
export async function moveExposure(tx: Transaction<WlTables>, move: ExposureMove): Promise<void> {
  await sql`
    WITH moved AS (
      INSERT INTO pair (partner, exposure_minor) VALUES (${move.partner}, ${move.deltaMinor})
      ON CONFLICT (partner)
      DO UPDATE SET exposure_minor = pair.exposure_minor + excluded.exposure_minor
      RETURNING exposure_minor)
    INSERT INTO exposure_journal (partner, kind, reference, delta_minor, exposure_minor)
    SELECT ${move.partner}, ${move.kind}, ${move.reference}, ${move.deltaMinor}::bigint,
           exposure_minor
      FROM moved`.execute(tx);
}
