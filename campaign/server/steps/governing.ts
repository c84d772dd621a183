import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { raiseNotification } from '../../../db/cp/notification.ts';
import { inTransaction } from '../../../db/pool.ts';
import { until } from '../../../stack/drill/control-plane.ts';
import { EXPORTER, IMPORTER } from '../../../stack/parties.ts';
import { ALERT_DELIVERY } from '../../../workflows/alert-delivery/contract.ts';
import { APPROVAL_RELAY } from '../../../workflows/approval-relay/contract.ts';
import { COMPENSATION_PLAN } from '../../../workflows/compensation-plan/contract.ts';
import { CP_TASK_QUEUE, POLICY_REVISION } from '../../../workflows/policy-revision/contract.ts';
import { SETTLEMENT_DELIVERY } from '../../../workflows/settlement-delivery/contract.ts';
import { SNAPSHOT_SYNC } from '../../../workflows/snapshot-sync/contract.ts';
import { expectCount, judgeTrade, LABELS } from './shared.ts';
import type { StepScenario } from './run.ts';
import { WIDE, type Scene } from './scene.ts';

/** Nothing is sold in this direction: its limits and signals stop nobody. */
const QUIET = { src: IMPORTER.wlId, dst: EXPORTER.wlId };
const SOLD = { src: EXPORTER.wlId, dst: IMPORTER.wlId };
const CUT = '100.00';
const SEEN_WITHIN_MS = 60_000;

interface Pair {
  readonly src: string;
  readonly dst: string;
}

async function putLimit(
  { need, maker }: Scene,
  { src, dst }: Pair,
  limitAmount: string,
): Promise<number> {
  const call = { method: 'PUT', body: { limitAmount, ...LABELS } } as const;
  const path = `/admin/api/relationships/${src}/${dst}`;
  return (await need<{ revision: number }>(maker, path, call)).revision;
}

let limits = 0;

export const policyRevision: StepScenario = {
  ...{ type: POLICY_REVISION, name: 'applied by both', party: 'cp' },
  async prepare(scene) {
    let revision = 0;
    limits += 1;
    return {
      start: async () => void (revision = await putLimit(scene, QUIET, `90${1_000 + limits}.00`)),
      async judge() {
        const applied = [scene.stage.importer, scene.stage.exporter].map((db) =>
          expectCount(
            ...([db, { what: 'a white label with the revision', count: 1 }] as const),
            sql`SELECT count(*) AS count FROM relationship WHERE src = ${QUIET.src}
                  AND dst = ${QUIET.dst} AND revision >= ${revision}::integer`,
          ),
        );
        const id = `relationship/${QUIET.src}/${QUIET.dst}/${revision}`;
        return [...(await Promise.all(applied)).flat(), ...(await judgeDone(scene, id))];
      },
    };
  },
};

/** Its order is done: nobody starts it again. */
function judgeDone({ cp }: Scene, workflowId: string): Promise<string[]> {
  return expectCount(
    ...([cp, { what: `done orders of ${workflowId}`, count: 1 }] as const),
    sql`SELECT count(*) AS count FROM work_order
         WHERE workflow_id = ${workflowId} AND done_at IS NOT NULL`,
  );
}

async function settle({ need, maker, checker }: Scene, amount: string): Promise<string> {
  const { id } = await need<{ id: string }>(maker, '/admin/api/settlements', {
    ...{ method: 'POST', headers: { 'Idempotency-Key': randomUUID() } },
    body: { src: EXPORTER.wlId, dst: IMPORTER.wlId, amount, note: 'campaign' },
  });
  await need(checker, `/admin/api/settlements/${id}/confirm`, { method: 'POST', body: {} });
  return id;
}

async function judgeSettlement({ cp, stage }: Scene, id: string): Promise<readonly string[]> {
  const once = [stage.importer, stage.exporter].map((db) =>
    expectCount(
      ...([db, { what: `settlements ${id} in a book`, count: 1 }] as const),
      sql`SELECT count(*) AS count FROM settlement WHERE settlement_id = ${id}`,
    ),
  );
  const both = expectCount(
    ...([cp, { what: 'sides that have reported it', count: 2 }] as const),
    sql`SELECT count(*) AS count FROM settlement_delivery
         WHERE settlement_id = ${id} AND applied_at IS NOT NULL`,
  );
  return [...(await Promise.all(once)).flat(), ...(await both)];
}

export const settlementDelivery: StepScenario = {
  ...{ type: SETTLEMENT_DELIVERY, name: 'booked by both', party: 'cp' },
  async prepare(scene) {
    let id = '';
    return {
      start: async () => void (id = await settle(scene, '1.00')),
      judge: () => judgeSettlement(scene, id),
    };
  },
};

/** From the cut limit, over the plan that it calls for, to the raised one that ends it. */
export const compensationPlan: StepScenario = {
  ...{ type: COMPENSATION_PLAN, name: 'closed by a raised limit', party: 'cp' },
  isTrading: true,
  async prepare(scene) {
    const known = new Set(await plansOf(scene));
    let id = '';
    return {
      async start() {
        await putLimit(scene, SOLD, CUT);
        id = await until('there is a plan', SEEN_WITHIN_MS, async () =>
          (await plansOf(scene)).find((one) => !known.has(one)),
        );
        await until('somebody watches it', SEEN_WITHIN_MS, async () =>
          scene.executioners.cp.order.some(({ name }) => name === 'workflow task taken 2') ||
          scene.executioners.cp.diedAt !== undefined
            ? true
            : undefined,
        );
        await putLimit(scene, SOLD, WIDE);
      },
      async judge() {
        const closed = await expectCount(
          ...([scene.cp, { what: 'closed plans', count: 1 }] as const),
          sql`SELECT count(*) AS count FROM compensation_plan
               WHERE id = ${id} AND state IN ('CLOSED', 'CANCELLED')`,
        );
        const enabled = await expectCount(
          ...([scene.cp, { what: 'pairs that are enabled again', count: 1 }] as const),
          sql`SELECT count(*) AS count FROM pair
               WHERE src = ${SOLD.src} AND dst = ${SOLD.dst} AND NOT disabled`,
        );
        const sells = await sql<{ count: bigint }>`
          SELECT count(*) AS count FROM imported_offer
           WHERE offer_id = ${scene.cheap.offerId} AND eligible`.execute(scene.stage.importer);
        if (Number(sells.rows[0]?.count) !== 1) enabled.push('nothing is for sale again');
        const open = await expectCount(
          ...([scene.cp, { what: 'orders of plans that are open', count: 0 }] as const),
          sql`SELECT count(*) AS count FROM work_order
               WHERE workflow = ${COMPENSATION_PLAN} AND done_at IS NULL`,
        );
        return [...closed, ...enabled, ...open];
      },
    };
  },
};

async function plansOf({ cp }: Scene): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id::text AS id FROM compensation_plan`.execute(cp);
  return rows.map(({ id }) => id);
}

export const approvalRelay: StepScenario = {
  ...{ type: APPROVAL_RELAY, name: 'approved', party: 'cp' },
  isTrading: true,
  async prepare(scene) {
    const { need, maker, cp } = scene;
    const tradeId = await scene.buy(scene.dear);
    await until('the Control Plane knows that it waits', SEEN_WITHIN_MS, async () => {
      const path = '/admin/api/approvals';
      const { items } = await need<{ items: { tradeId: string }[] }>(maker, path);
      return items.find((one) => one.tradeId === tradeId);
    });
    return {
      async start() {
        await need(maker, `/admin/api/approvals/${tradeId}/approve`, { method: 'POST', body: {} });
      },
      async judge() {
        const settled = await expectCount(
          ...([cp, { what: 'settled decisions', count: 1 }] as const),
          sql`SELECT count(*) AS count FROM approval_decision
               WHERE trade_id = ${tradeId} AND state = 'SETTLED'`,
        );
        return [...settled, ...(await judgeTrade(scene, tradeId, 'CONFIRMED'))];
      },
    };
  },
};

const TARGETS = '/admin/api/alert-targets';
let isListening = false;

/** Raised as its fact would, and started as the sweep does. */
export const alertDelivery: StepScenario = {
  ...{ type: ALERT_DELIVERY, name: 'to a webhook', party: 'cp' },
  async prepare({ cp, need, maker, listener, engines }) {
    if (!isListening) {
      const targets = [{ kind: 'WEBHOOK', url: listener.url }];
      await need(maker, TARGETS, { method: 'PUT', body: { targets } });
      isListening = true;
    }
    const dedupeKey = `campaign/${randomUUID()}`;
    let workflowId = '';
    return {
      isMeant: (id) => id === workflowId,
      async start() {
        await inTransaction(cp, (tx) =>
          raiseNotification(tx, {
            ...{ kind: 'STALE_POLICY', severity: 'CRITICAL', title: 'Of a campaign', dedupeKey },
            ...{ subject: `wl/${EXPORTER.wlId}`, details: {}, correlationId: 'campaign' },
          }),
        );
        const { rows } = await sql<{ id: string; input: object }>`
          SELECT work_order.workflow_id AS id, input FROM work_order, notification
           WHERE dedupe_key = ${dedupeKey}
             AND work_order.workflow_id LIKE 'alert/' || notification.id || '/%'`.execute(cp);
        const [order] = rows;
        if (order === undefined) throw new Error('nothing was ordered');
        workflowId = order.id;
        await engines.cp.workflow.start(ALERT_DELIVERY, {
          ...{ workflowId, taskQueue: CP_TASK_QUEUE, args: [order.input] },
          workflowIdConflictPolicy: 'USE_EXISTING',
        });
      },
      async judge() {
        const [, notificationId = ''] = workflowId.split('/');
        const sent = await expectCount(
          ...([cp, { what: 'sent alerts', count: 1 }] as const),
          sql`SELECT count(*) AS count FROM alert_delivery
               WHERE notification_id = ${notificationId} AND state = 'SENT'`,
        );
        const heard = listener.heard.filter(({ body }) => body.includes(notificationId));
        const ids = new Set(heard.map(({ id }) => id));
        return [...sent, ...(ids.size === 1 ? [] : [`it came under ${ids.size} ids`])];
      },
    };
  },
};

export const snapshotSync: StepScenario = {
  ...{ type: SNAPSHOT_SYNC, name: 'categories', party: 'cp' },
  async prepare({ cp, need, maker, stage }) {
    const path = `/admin/api/wls/${EXPORTER.wlId}/offer-categories/sync`;
    // What has to come back with the next one.
    await sql`DELETE FROM snapshot_item WHERE wl_id = ${EXPORTER.wlId}`.execute(cp);
    let asked: Promise<unknown> = Promise.resolve();
    return {
      // Who waits for it may be told to ask again; the run goes on.
      start: async () =>
        void (asked = need(maker, path, { method: 'POST' }).catch(() => undefined)),
      after: async () => void (await asked),
      async judge() {
        const { rows } = await sql<{ count: bigint }>`
          SELECT count(DISTINCT category_id) AS count FROM offer`.execute(stage.exporter);
        const count = Number(rows[0]?.count);
        return expectCount(
          ...([cp, { what: 'categories in the snapshot', count }] as const),
          sql`SELECT count(*) AS count FROM snapshot_item
               WHERE wl_id = ${EXPORTER.wlId} AND kind = 'CATEGORIES'`,
        );
      },
    };
  },
};
