import { sql } from 'kysely';
import { EXPORTER, IMPORTER } from '../parties.ts';
import { importOffers, logIn, putRelationship } from '../register.ts';
import { sleep } from './stage.ts';
import type { Stage } from './stage.ts';

// A revision is nudged to both white labels; the schedule pulls every 30 s where a nudge is lost.
const APPLIED_WITHIN_MS = 60_000;
const POLL_MS = 200;

/** Sets the limit of exporter → importer and waits until the exporter works with it. */
export async function widenLimit(stage: Stage, limitAmount: string): Promise<void> {
  const session = await logIn(stage.stack);
  const pair = { src: EXPORTER, dst: IMPORTER };
  const { revision } = await putRelationship(session, pair, { limitAmount });
  await importOffers(stage.stack, EXPORTER);
  const deadline = Date.now() + APPLIED_WITHIN_MS;
  for (;;) {
    const { rows } = await sql<{ revision: number }>`
      SELECT revision FROM relationship
       WHERE src = ${EXPORTER.wlId} AND dst = ${IMPORTER.wlId}`.execute(stage.exporter);
    if ((rows[0]?.revision ?? 0) >= revision) return;
    if (Date.now() > deadline) throw new Error(`revision ${revision} did not reach the exporter`);
    await sleep(POLL_MS);
  }
}
