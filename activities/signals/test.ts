import type { Author } from '../../db/cp/schema.ts';
import { readEndpoint } from '../../db/cp/signals/deliver.ts';
import { answerTest } from '../../db/cp/signals/test.ts';
import { currentWebhookKey } from '../../db/cp/webhook-key.ts';
import type { SignalMessage } from '../../domain/imbalance/signal.ts';
import type { SignalTestActivities } from '../../workflows/signal-test/contract.ts';
import type { SignalDeps } from './activities.ts';
import { SEND_TIMEOUT_MS, sendSignal } from './send.ts';

const NOTHING = '0.00';

/** A signal about nobody's trade: the action says that nothing is to be changed. */
export function createSignalTestActivities(
  deps: Pick<SignalDeps, 'db' | 'sealer' | 'agent' | 'profile'>,
): SignalTestActivities {
  const { db, sealer, agent, profile } = deps;
  return {
    async testGateway({ testId, wlId, correlationId }) {
      const author: Author = { actor: 'control-plane', source: 'signal-test', correlationId };
      const message: SignalMessage = {
        ...{ id: testId, sequence: '0', src: wlId, dst: wlId, action: 'TEST', reason: 'TEST' },
        ...{ exposure: NOTHING, limit: NOTHING, createdAt: new Date().toISOString() },
      };
      const endpoint = await readEndpoint(db, sealer, wlId);
      const key = await currentWebhookKey(db, sealer, author);
      const webhookId = `${testId}/${wlId}`;
      const to = { agent, profile, wlId, endpoint, timeoutMs: SEND_TIMEOUT_MS };
      const sending = { ...to, message, webhookId, key, correlationId };
      const { outcome, status, latencyMs, bodyMasked } = await sendSignal(sending);
      const failure = outcome.kind === 'FAILED' ? outcome.failure : undefined;
      await answerTest(db, { testId, status, failure, latencyMs, bodyMasked });
      return {
        ...{ testId, wlId, latencyMs, taken: failure === undefined },
        ...(status !== undefined && { status }),
        ...(failure !== undefined && { failure }),
      };
    },
  };
}
