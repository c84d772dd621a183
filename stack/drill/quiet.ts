import { sql } from 'kysely';
import { sleep } from './stage.ts';
import type { Stage } from './stage.ts';
import { describeStates, readOpenTrades } from './trade-rows.ts';

// A step that failed while everything was dead tries again within a minute, learns after another
// one, and a hold that nobody confirms lives for 90 s and is tidied within 60 s.
const QUIET_WITHIN_MS = 8 * 60_000;
const POLL_MS = 1_000;
const SAY_EVERY_MS = 15_000;

/**
 * Everything settles by itself once the faults stop (invariant 16); false: something did not. The
 * two sweeps of RULES.md 10 are waited for by the check of the books.
 */
export async function waitForQuiet(stage: Stage): Promise<boolean> {
  const startedAt = Date.now();
  let saidAt = 0;
  for (;;) {
    const open = await readOpenTrades(stage.importer);
    const { due, holds } = await readLeftovers(stage);
    const seconds = ((Date.now() - startedAt) / 1_000).toFixed(0);
    const left = `open ${describeStates(open)}; cancels due ${due}; open holds ${holds}`;
    if (open.length + due + holds === 0) {
      stage.say(`quiet after ${seconds} s`);
      return true;
    }
    if (Date.now() - startedAt > QUIET_WITHIN_MS) {
      stage.say(`NOT quiet after ${seconds} s: ${left}`);
      for (const { tradeId, state } of open) stage.say(`  trade ${tradeId} ${state}`);
      return false;
    }
    if (Date.now() - saidAt > SAY_EVERY_MS) {
      saidAt = Date.now();
      stage.say(`waiting for quiet, ${seconds} s: ${left}`);
    }
    await sleep(POLL_MS);
  }
}

async function readLeftovers({
  importer,
  exporter,
}: Stage): Promise<{ readonly due: number; readonly holds: number }> {
  const due = await sql<{ count: bigint }>`
    SELECT count(*) FROM trade WHERE cancel_due`.execute(importer);
  const holds = await sql<{ count: bigint }>`
    SELECT count(*) FROM hold WHERE state IN ('HELD', 'PENDING_APPROVAL')`.execute(exporter);
  return { due: Number(due.rows[0]?.count), holds: Number(holds.rows[0]?.count) };
}
