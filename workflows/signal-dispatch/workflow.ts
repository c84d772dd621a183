import {
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { DeliveryState } from '../../domain/imbalance/signal.ts';
import { EXPORTER, IMPORTER, REASON } from '../shared/search-attributes.ts';
import {
  LOOK,
  type DeliverInput,
  type DeliveryStep,
  type SignalDispatchActivities,
  type SignalDispatchInput,
} from './contract.ts';

/** Long waits continue as new well before the server's warning at 10,240 events. */
const HISTORY_EVENTS_MAX = 4_000;

/**
 * The first attempt is a local one: it mostly does, and then a delivery is one workflow task and no
 * dispatch, which is what lets hundreds go out at once (TEMPORAL.md). The waits of a gateway that is
 * slow or dead are regular activities.
 */
const quickly = proxyLocalActivities<SignalDispatchActivities>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
  summary: 'Deliver the signal at once',
});

const { deliverSignal } = proxyActivities<SignalDispatchActivities>({
  // The call to the WL takes 5 s at the most; the rest is for a database that is slow.
  startToCloseTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
  summary: 'Deliver the signal',
});

const lookSignal = defineSignal(LOOK);

/**
 * Carries one signal to one WL until its row is final: acked, superseded or cancelled. It tries
 * without end, with waits that its history shows; cancelling the workflow does nothing, cancelling
 * the delivery does.
 */
export async function signalDispatch(input: SignalDispatchInput): Promise<DeliveryState> {
  return CancellationScope.nonCancellable(() => run(input));
}

async function run(input: SignalDispatchInput): Promise<DeliveryState> {
  let told = false;
  setHandler(lookSignal, () => void (told = true));
  const { signalId, wlId, correlationId } = input;
  let failures = input.failures ?? 0;
  let isFirst = input.failures === undefined;
  let lastReason: string | undefined;
  for (;;) {
    told = false;
    const step = await attempt({ signalId, wlId, correlationId, failures, quick: isFirst });
    isFirst = false;
    if (step.kind === 'OVER') {
      // Told while the step ran: the row may have been opened again.
      if (told) continue;
      setCurrentDetails(`**${step.state}**`);
      return step.state;
    }
    if (step.reason === 'FAILED') failures += 1;
    if (step.reason === 'ACK') failures = 0;
    lastReason = describe(step, failures, lastReason);
    await condition(() => told, step.waitMs);
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (continueAsNewSuggested || historyLength > HISTORY_EVENTS_MAX) {
      await continueAsNew<typeof signalDispatch>({ ...input, failures });
    }
  }
}

/** A local attempt that breaks says nothing: the regular one has its failure in the history. */
async function attempt(input: DeliverInput): Promise<DeliveryStep> {
  if (!input.quick) return deliverSignal(input);
  try {
    return await quickly.deliverSignal(input);
  } catch {
    return deliverSignal({ ...input, quick: false });
  }
}

/** What the engine's UI shows and finds: the pair, the last failure, when it goes on. */
function describe(
  step: DeliveryStep & { readonly kind: 'WAIT' },
  failures: number,
  lastReason: string | undefined,
): string {
  const { reason, detail, waitMs, src, dst } = step;
  const next = `next look in ${Math.ceil(waitMs / 1_000)} s`;
  setCurrentDetails(`**${reason}** · ${detail} · ${failures} failures in a row · ${next}`);
  if (detail !== lastReason && reason !== 'BUSY') {
    upsertSearchAttributes([
      { key: REASON, value: detail },
      ...(src === undefined ? [] : [{ key: EXPORTER, value: src }]),
      ...(dst === undefined ? [] : [{ key: IMPORTER, value: dst }]),
    ]);
    return detail;
  }
  return lastReason ?? '';
}
