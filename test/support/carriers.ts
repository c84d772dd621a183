import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import type { Agent } from 'undici';
import { createAgent, PartnerAgent } from '../../activities/clients/agent.ts';
import { createSignalActivities } from '../../activities/signals/activities.ts';
import { currentWebhookKey } from '../../db/cp/webhook-key.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { CP_SUBJECT_URI } from '../../runtime/tls.ts';
import { telemetryRelayActivities } from '../../workers/compose/telemetry-relay.ts';
import type { DeliveryStep } from '../../workflows/signal-dispatch/contract.ts';
import type { Stage } from '../cp/stage.ts';
import { eventually } from '../stack/setup.ts';
import type { WhiteLabel } from './white-label.ts';

const log = pino({ level: 'silent' });
const author = { actor: 'test', source: 'test', correlationId: 'test' };

/** Carries signals to white labels by the step of `signalDispatch`, without an engine around it. */
export interface SignalCarrier {
  /** Makes the key of the signatures, which the next pull brings to the white labels. */
  prepare(): Promise<void>;
  /** Throws unless the white label has taken it. */
  deliver(signalId: string, wlId: string): Promise<void>;
  close(): Promise<void>;
}

/** `reach` has the address of a white label where it is not the one that partners are told. */
export async function createSignalCarrier(
  { db, sealer, pki }: Stage,
  reach: ReadonlyMap<string, string>,
): Promise<SignalCarrier> {
  const agent = createAgent({ tls: await pki.issue({ sanUri: CP_SUBJECT_URI }), connections: 2 });
  const direct = new PartnerAgent(
    (partner) =>
      agent.toward(partner).compose((dispatch) => (options, handler) => {
        const origin = reach.get(partner?.split(':').at(-1) ?? '') ?? options.origin;
        return dispatch({ ...options, ...(origin !== undefined && { origin }) }, handler);
      }) as unknown as Agent,
  );
  const { deliverSignal } = createSignalActivities({
    ...{ db, sealer, profile: 'local', agent: direct, log },
    metrics: createMetrics({ process: 'signals', nodeFigures: false }),
    ...{ look: () => undefined, work: { kick: () => undefined } },
  });
  return {
    prepare: async () => void (await currentWebhookKey(db, sealer, author)),
    async deliver(signalId, wlId) {
      const input = { signalId, wlId, correlationId: randomUUID(), failures: 0, quick: false };
      const step: DeliveryStep = await new MockActivityEnvironment().run(deliverSignal, input);
      if (step.kind !== 'OVER') throw new Error(`the signal was not taken: ${step.detail}`);
    },
    close: () => agent.close(),
  };
}

/** Tells the Control Plane everything that a white label's outbox holds, by its own relay. */
export async function relayAll({ config, node }: WhiteLabel): Promise<void> {
  const { db } = node.database;
  const over = new AbortController();
  const metrics = createMetrics({ process: 'relay', nodeFigures: false });
  const parts = { log, metrics, stopping: over.signal };
  const { relayEvents } = telemetryRelayActivities(config, node, parts);
  const relaying = new MockActivityEnvironment().run(relayEvents);
  const unsent = db.selectFrom('outbox').select('event_id').where('sent_at', 'is', null).limit(1);
  await eventually('the outbox is empty', async () => (await unsent.execute()).length === 0);
  over.abort();
  await relaying;
}
