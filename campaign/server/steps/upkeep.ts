import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { until } from '../../../stack/drill/control-plane.ts';
import { APPROVAL_REMINDER } from '../../../workflows/approval-reminder/contract.ts';
import { RECONCILE } from '../../../workflows/reconcile/contract.ts';
import { RETENTION } from '../../../workflows/retention/contract.ts';
import { WORK_SWEEP } from '../../../workflows/work-sweep/contract.ts';
import { approve } from './trading.ts';
import { expectCount, judgeTrade, startItself } from './shared.ts';
import type { StepScenario } from './run.ts';
import type { Scene } from './scene.ts';

const SEEN_WITHIN_MS = 60_000;
/** Both sides tell within a second; from then on nobody changes the trade's row here. */
const REPORTED = sql<boolean>`importer_status IS NOT NULL AND exporter_status IS NOT NULL`;

export const approvalReminder: StepScenario = {
  ...{ type: APPROVAL_REMINDER, name: 'one waits for long', party: 'cp' },
  isTrading: true,
  async prepare(scene) {
    const { cp } = scene;
    const tradeId = await scene.buy(scene.dear);
    await reported(scene, tradeId, 'PENDING');
    // As if it had been waiting for half of its time.
    await sql`UPDATE trade SET exporter_occurred_at = clock() - interval '13 hours',
                exporter_document = jsonb_set(exporter_document, '{approvalDeadline}',
                  to_jsonb((clock() + interval '11 hours')::text))
               WHERE trade_id = ${tradeId}`.execute(cp);
    return {
      ...startItself(scene, 'cp', APPROVAL_REMINDER),
      judge: () =>
        expectCount(
          ...([cp, { what: 'reminders', count: 1 }] as const),
          sql`SELECT count(*) AS count FROM notification
               WHERE dedupe_key LIKE 'approval/%' AND dedupe_key LIKE ${`%/${tradeId}`}`,
        ),
      async close() {
        await approve(scene, tradeId);
        await until('it is confirmed', SEEN_WITHIN_MS, async () =>
          (await judgeTrade(scene, tradeId, 'CONFIRMED')).length === 0 ? true : undefined,
        );
      },
    };
  },
};

async function reported({ cp }: Scene, tradeId: string, status: string): Promise<void> {
  await until(`the Control Plane knows that it is ${status}`, SEEN_WITHIN_MS, async () => {
    const { rows } = await sql`
      SELECT FROM trade WHERE trade_id = ${tradeId} AND ${REPORTED}
         AND importer_status = ${status} AND exporter_status = ${status}`.execute(cp);
    return rows[0];
  });
}

export const reconcile: StepScenario = {
  ...{ type: RECONCILE, name: 'two sides that disagree', party: 'cp' },
  isTrading: true,
  async prepare(scene) {
    const { cp } = scene;
    const tradeId = await scene.buy(scene.cheap);
    await reported(scene, tradeId, 'CONFIRMED');
    await sql`UPDATE trade SET disagreement = '{AMOUNT}',
                disagrees_since = clock() - interval '6 minutes'
               WHERE trade_id = ${tradeId}`.execute(cp);
    return {
      ...startItself(scene, 'cp', RECONCILE),
      async judge() {
        const raised = await expectCount(
          ...([cp, { what: 'mismatches', count: 1 }] as const),
          sql`SELECT count(*) AS count FROM trade_mismatch WHERE trade_id = ${tradeId}`,
        );
        const told = await expectCount(
          ...([cp, { what: 'people told of it', count: 1 }] as const),
          sql`SELECT count(*) AS count FROM notification
               WHERE kind = 'MISMATCH' AND subject LIKE ${`%${tradeId}`}`,
        );
        return [...raised, ...told];
      },
      async close() {
        await sql`UPDATE trade SET disagreement = '{}', disagrees_since = NULL
                   WHERE trade_id = ${tradeId}`.execute(cp);
        await sql`UPDATE trade_mismatch SET resolved_at = clock()
                   WHERE trade_id = ${tradeId}`.execute(cp);
      },
    };
  },
};

const OLD_ROWS = 5;

export const retention: StepScenario = {
  ...{ type: RETENTION, name: 'old work is forgotten', party: 'cp' },
  async prepare(scene) {
    const { cp } = scene;
    const mark = `retention/${randomUUID()}`;
    for (const days of [40, 1]) {
      await sql`INSERT INTO work_order
          (workflow_id, workflow, input, summary, correlation_id, started_at, done_at)
        SELECT ${`${mark}/${days}/`} || n, 'nothing', '{}', 'Of a campaign', 'campaign',
               clock(), clock() - ${days}::integer * interval '1 day'
          FROM generate_series(1, ${OLD_ROWS}::integer) AS n`.execute(cp);
    }
    const left = (days: number, count: number) =>
      expectCount(
        ...([cp, { what: `orders that are ${days} days old`, count }] as const),
        sql`SELECT count(*) AS count FROM work_order
             WHERE workflow_id LIKE ${`${mark}/${days}/%`}`,
      );
    return {
      ...startItself(scene, 'cp', RETENTION),
      judge: async () => [...(await left(40, 0)), ...(await left(1, OLD_ROWS))],
    };
  },
};

export const workSweep: StepScenario = {
  ...{ type: WORK_SWEEP, name: 'an order that nobody has started', party: 'cp' },
  async prepare(scene) {
    const { cp } = scene;
    // As after a crash between the commit and the start: its workflow reads the rows first.
    const { rows } = await sql<{ id: string }>`
      UPDATE work_order SET started_at = NULL, done_at = NULL,
             created_at = clock() - interval '1 minute'
       WHERE workflow_id = (SELECT workflow_id FROM work_order
                             WHERE workflow = 'policyRevision' AND done_at IS NOT NULL
                             ORDER BY created_at DESC LIMIT 1)
      RETURNING workflow_id AS id`.execute(cp);
    const [order] = rows;
    if (order === undefined) throw new Error('there is no revision to order again');
    return {
      ...startItself(scene, 'cp', WORK_SWEEP),
      judge: () =>
        expectCount(
          ...([cp, { what: 'done orders', count: 1 }] as const),
          sql`SELECT count(*) AS count FROM work_order
               WHERE workflow_id = ${order.id} AND done_at IS NOT NULL`,
        ),
    };
  },
};
