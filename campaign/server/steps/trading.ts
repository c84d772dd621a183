import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { compareEvents, type Told } from '../../control-plane.ts';
import { until } from '../../../stack/drill/control-plane.ts';
import { CP, EXPORTER, IMPORTER } from '../../../stack/parties.ts';
import { HOLD_TIDY } from '../../../workflows/hold-tidy/contract.ts';
import { IMPORT_NOW, OFFER_SYNC } from '../../../workflows/offer-sync/contract.ts';
import { ORPHAN_SWEEP } from '../../../workflows/orphan-sweep/contract.ts';
import { POLICY_SYNC } from '../../../workflows/policy-sync/contract.ts';
import { PURCHASE_QUEUE, purchaseWorkflowId } from '../../../workflows/purchase/contract.ts';
import { BACKGROUND_QUEUE } from '../../../workflows/shared/background.ts';
import {
  TELEMETRY_RELAY,
  TELEMETRY_RELAY_ID,
} from '../../../workflows/telemetry-relay/contract.ts';
import { WARM_UP_WORKFLOW } from '../../../workflows/warm-up/contract.ts';
import { expectCount, judgeTrade, LABELS, startItself, stateOf } from './shared.ts';
import type { StepScenario } from './run.ts';
import type { Scene } from './scene.ts';

const SEEN_WITHIN_MS = 60_000;

/** As the exporter's person decides, by the Control Plane's certificate. */
export async function approve({ stage }: Scene, tradeId: string): Promise<void> {
  const path = `/api/v2/trader/purchases/${tradeId}/approve`;
  await stage.stack.web(EXPORTER, 'cp').need(path, { method: 'POST', body: {} });
}

export const orphanSweep: StepScenario = {
  ...{ type: ORPHAN_SWEEP, name: 'a purchase without a run', party: 'importer' },
  isTrading: true,
  async prepare(scene) {
    const tradeId = await scene.buy(scene.dear);
    await until('it waits for a person', SEEN_WITHIN_MS, async () =>
      (await stateOf(scene, tradeId)) === 'AWAITING_APPROVAL' ? true : undefined,
    );
    await scene.engines.importer.workflow
      .getHandle(purchaseWorkflowId(tradeId))
      .terminate('the engine has lost it');
    return {
      ...startItself(scene, 'importer', ORPHAN_SWEEP),
      after: () => approve(scene, tradeId),
      judge: () => judgeTrade(scene, tradeId, 'CONFIRMED'),
    };
  },
};

export const holdTidy: StepScenario = {
  ...{ type: HOLD_TIDY, name: 'a hold that nobody confirms', party: 'exporter' },
  isTrading: true,
  async prepare(scene) {
    const { stage, cheap } = scene;
    const token = await peerToken(scene);
    const requestId = randomUUID();
    const { holdId } = await stage.stack
      .web(EXPORTER, 'importer')
      .need<{ holdId: string }>('/api/v2/trader/purchase/preflight', {
        ...{ method: 'POST', bearer: token },
        body: {
          ...{ requestId, requesterWlId: IMPORTER.wlId, requesterTraderId: 'campaign' },
          ...{ originOfferId: cheap.originOfferId, expectedUnitPrice: '12.34', quantity: 1 },
          clientBuyerMasked: 'ca***@example.com',
        },
      });
    await sql`UPDATE hold SET expires_at = clock() WHERE hold_id = ${holdId}`.execute(
      stage.exporter,
    );
    return {
      ...startItself(scene, 'exporter', HOLD_TIDY),
      async judge() {
        const expired = await expectCount(
          ...([stage.exporter, { what: 'expired holds', count: 1 }] as const),
          sql`SELECT count(*) AS count FROM hold WHERE hold_id = ${holdId} AND state = 'EXPIRED'`,
        );
        const once = await expectCount(
          ...([stage.exporter, { what: 'moves to EXPIRED', count: 1 }] as const),
          sql`SELECT count(*) AS count FROM hold_transition
               WHERE hold_id = ${holdId} AND to_state = 'EXPIRED'`,
        );
        return [...expired, ...once];
      },
    };
  },
};

async function peerToken({ stage }: Scene): Promise<string> {
  const { token } = await stage.stack
    .web(CP, 'importer')
    .need<{ token: string }>(`/wls/${IMPORTER.wlId}/peer-token`, {
      method: 'POST',
      body: { targetWlId: EXPORTER.wlId, scopes: ['offers:sync', 'trader:purchase'] },
    });
  return token;
}

/** A new offer of the exporter is there once, as the exporter has it. */
function importing(type: string): StepScenario {
  return {
    ...{ type, name: 'a new offer', party: 'importer' },
    isTrading: true,
    async prepare(scene) {
      const { stage } = scene;
      const key = stage.stack.env['EXPORTER_BACKOFFICE_KEY'] ?? 'backoffice-exporter';
      const { offerId } = await stage.stack
        .web(EXPORTER)
        .need<{ offerId: string }>('/api/v2/backoffice/offers', {
          ...{ method: 'POST', bearer: key, headers: { 'Idempotency-Key': randomUUID() } },
          body: {
            ...{ title: `Diária ${randomUUID().slice(0, 8)}`, unitPrice: '77.70', available: 3 },
            category: { id: 'drill', name: 'Drill' },
            entity: { id: 'drill-seller', name: 'Drill' },
          },
        });
      return {
        ...startItself(scene, 'importer', type),
        judge: () =>
          expectCount(
            ...([stage.importer, { what: 'imports of it', count: 1 }] as const),
            sql`SELECT count(*) AS count FROM imported_offer
                 WHERE origin_offer_id = ${offerId} AND eligible AND available = 3
                   AND origin_unit_price_minor = 7770`,
          ),
      };
    },
  };
}

export const offerSync = importing(OFFER_SYNC);
export const importNow = importing(IMPORT_NOW);

let policies = 0;

export const policySync: StepScenario = {
  ...{ type: POLICY_SYNC, name: 'a new revision', party: 'exporter' },
  async prepare(scene) {
    const { need, maker, stage } = scene;
    let revision = 0;
    const itself = startItself(scene, 'exporter', POLICY_SYNC);
    return {
      ...itself,
      async start() {
        policies += 1;
        const path = `/admin/api/wls/${EXPORTER.wlId}/policies`;
        const body = { exportDelaySeconds: policies, ...LABELS };
        await need(maker, path, { method: 'PUT', body });
        const { rows } = await sql<{ revision: number }>`
          SELECT max(revision)::integer AS revision FROM wl_policy_revision
           WHERE wl_id = ${EXPORTER.wlId}`.execute(scene.cp);
        revision = rows[0]?.revision ?? 0;
        await itself.start();
      },
      judge: () =>
        expectCount(
          ...([stage.exporter, { what: 'policies of that revision', count: 1 }] as const),
          sql`SELECT count(*) AS count FROM wl_policy
               WHERE wl_id = ${EXPORTER.wlId} AND revision >= ${revision}::integer`,
        ),
    };
  },
};

/** A run from its begin, over a purchase that it reports, to the end of its first step. */
export const telemetryRelay: StepScenario = {
  ...{ type: TELEMETRY_RELAY, name: 'what a purchase tells', party: 'importer' },
  isTrading: true,
  async prepare(scene) {
    const { engines, workers, stage, cp, executioners } = scene;
    const workflow = engines.importer.workflow;
    const begin = async (): Promise<void> => {
      await workflow.start(TELEMETRY_RELAY, {
        ...{ workflowId: TELEMETRY_RELAY_ID, taskQueue: BACKGROUND_QUEUE },
        workflowIdConflictPolicy: 'TERMINATE_EXISTING',
      });
    };
    let isReplaced = false;
    const since = new Date().toISOString();
    return {
      async start() {
        await begin();
        await scene.buy(scene.cheap);
      },
      async isOver() {
        const unsent = await expectCount(
          ...([stage.importer, { what: 'events not sent', count: 0 }] as const),
          sql`SELECT count(*) AS count FROM outbox WHERE sent_at IS NULL`,
        );
        if (unsent.length > 0) return false;
        // Its step ends where the process is asked to stop; the next one goes on.
        if (!isReplaced) await workers.importer.replace();
        isReplaced = true;
        const { order } = executioners.importer;
        return order.some(({ name }) => name.startsWith('relayEvents taken'));
      },
      async judge() {
        const { rows: sent } = await sql<Told>`
          SELECT event_id::text AS id, concat(type, ' ', data) AS text, result FROM outbox
           WHERE occurred_at >= ${since}::timestamptz`.execute(stage.importer);
        const { rows: taken } = await sql<Told>`
          SELECT event_id::text AS id, concat(type, ' ', data) AS text FROM event
           WHERE event_id = ANY(${sent.map(({ id }) => id)}::uuid[])`.execute(cp);
        return sent.length === 0 ? ['nothing was told'] : compareEvents(sent, taken);
      },
    };
  },
};

export const warmUp: StepScenario = {
  ...{ type: WARM_UP_WORKFLOW, name: 'to its end', party: 'exporter' },
  async prepare({ engines }) {
    const workflowId = `steps/warm-up/${randomUUID()}`;
    const { workflow } = engines.exporter;
    return {
      isMeant: (id) => id === workflowId,
      async start() {
        const options = { workflowId, taskQueue: PURCHASE_QUEUE, args: [] };
        await workflow.start(WARM_UP_WORKFLOW, options);
      },
      async judge() {
        const { status } = await workflow.getHandle(workflowId).describe();
        return status.name === 'COMPLETED' ? [] : [`it is ${status.name}`];
      },
    };
  },
};
