import { setTimeout as delay } from 'node:timers/promises';
import { EXPORTER, IMPORTER } from '../parties.ts';
import { connectTo } from './database.ts';
import { buy, follow, showLater } from './purchases.ts';
import type { DemoRun } from './purchases.ts';
import type { Scene } from './terms.ts';

/**
 * The exporter's gateway dies by SIGKILL between hold and confirm. Those two calls lie a few
 * milliseconds apart, so the step between them is made slow from outside: a lock on the buyer's
 * balance row, which only `fund` wants. While it waits, the hold is there; the gateway is killed, the
 * lock is let go, and the confirm that follows meets nobody. No part of the product knows of it.
 */
export const EXPORTER_KILLED: Scene = {
  title: 'the exporter is killed between hold and confirm',
  play: exporterKilled,
};

// `fund` gives up waiting after 1 s and is tried again: well within that the hold is found.
const HELD_WITHIN_MS = 5_000;
const POLL_MS = 5;

async function exporterKilled(run: DemoRun): Promise<void> {
  const { supervisor } = run.stack;
  const offer = await run.catalogue.take('cheap');
  const lock = await lockBalance(run);
  const buying = buy(run, {
    offer,
    note: 'exporter killed after the hold',
    // Nobody may say that it was captured or not until the exporter has: it is learnt afterwards.
    expected: 'REJECTED CANCELLED',
    isWaiting: true,
  });
  // Looked at below; until then nobody awaits it.
  buying.catch(() => undefined);
  try {
    await untilHeld(run);
    await supervisor.kill('exporter-gateway', 'SIGKILL');
  } finally {
    await lock.release();
  }
  const line = await buying;
  await supervisor.whenReady('exporter-gateway');
  await follow(run, line, ['CONFIRMED', 'REJECTED']);
  showLater(run, line);
}

async function lockBalance(run: DemoRun): Promise<{ release(): Promise<void> }> {
  const client = await connectTo(run.stack, IMPORTER);
  await client.query('BEGIN');
  await client.query('SELECT FROM balance WHERE account = $1 FOR UPDATE', [
    `member:${run.buyer.accountId}`,
  ]);
  return {
    async release() {
      await client.query('ROLLBACK');
      await client.end();
    },
  };
}

async function untilHeld(run: DemoRun): Promise<void> {
  const importer = await connectTo(run.stack, IMPORTER);
  const exporter = await connectTo(run.stack, EXPORTER);
  const deadline = Date.now() + HELD_WITHIN_MS;
  try {
    for (;;) {
      const requested = await importer.query<{ trade_id: string }>(
        `SELECT trade_id FROM trade WHERE account_id = $1 AND state = 'REQUESTED'`,
        [run.buyer.accountId],
      );
      const tradeId = requested.rows[0]?.trade_id;
      const held = await exporter.query(`SELECT FROM hold WHERE trade_id = $1 AND state = 'HELD'`, [
        tradeId ?? '',
      ]);
      if ((held.rowCount ?? 0) > 0) return;
      if (Date.now() > deadline) throw new Error('the exporter never held the demo purchase');
      await delay(POLL_MS);
    }
  } finally {
    await importer.end();
    await exporter.end();
  }
}
