import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { SignalApplyActivities, SignalApplyInput, SignalApplyResult } from './contract.ts';

// A step goes on where the last one has stopped: it is never given up, and tells that it lives.
const { finishSignal } = proxyActivities<SignalApplyActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
  summary: 'Offers off or on, batch after batch',
});
const { ackSignal } = proxyActivities<SignalApplyActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
  summary: 'Explicit ack to the Control Plane',
});

/** Behind a 202: the rest of the offers, then the ack that the Control Plane waits for. */
export async function signalApply(input: SignalApplyInput): Promise<SignalApplyResult> {
  const { isInForce } = await finishSignal(input);
  if (!isInForce) {
    setCurrentDetails('A newer signal of the pair has taken over');
    return 'SUPERSEDED';
  }
  setCurrentDetails('The last offer is done; the ack is under way');
  await ackSignal(input);
  setCurrentDetails('Done and acked');
  return 'ACKED';
}
