import type { Kysely, Selectable } from 'kysely';
import type { CpSchema } from '../schema.ts';
import type { QuarantineTable } from '../tables/telemetry.ts';
import type { QuarantineReason } from '../../../domain/telemetry/events.ts';

export type QuarantineRow = Selectable<QuarantineTable>;

/** Refused events, newest first. */
export function listQuarantine(
  db: Kysely<CpSchema>,
  page: {
    readonly limit: number;
    /** The id with which the page before ended; ids grow with time. */
    readonly after?: string | undefined;
    readonly wlId?: string | undefined;
    readonly reason?: QuarantineReason | undefined;
  },
): Promise<QuarantineRow[]> {
  const { after, wlId, reason } = page;
  let query = db.selectFrom('telemetry_quarantine').selectAll();
  if (wlId !== undefined) query = query.where('wl_id', '=', wlId);
  if (reason !== undefined) query = query.where('reason', '=', reason);
  if (after !== undefined) query = query.where('id', '<', after);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
}
