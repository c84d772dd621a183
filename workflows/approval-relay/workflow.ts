import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type {
  ApprovalRelayActivities,
  ApprovalRelayInput,
  ApprovalRelayResult,
} from './contract.ts';

// Never given up: what a person has decided reaches the exporter, however long it is away; after the
// deadline its answer is that the purchase has expired.
const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' } as const;
const startToCloseTimeout = '10s';
const { relayDecision } = proxyActivities<ApprovalRelayActivities>({
  startToCloseTimeout,
  retry,
  summary: 'Carry the decision to the exporter',
});
const { finishRelay } = proxyActivities<ApprovalRelayActivities>({
  startToCloseTimeout,
  retry,
  summary: 'Note that it is done',
});

/**
 * Carries an operator's decision to the exporter until that has answered. The exporter settles the
 * race with its own people, a cancel and the deadline; what it says is the outcome.
 */
export async function approvalRelay(input: ApprovalRelayInput): Promise<ApprovalRelayResult> {
  setCurrentDetails(`Carrying the decision to ${input.exporter}`);
  const result = await relayDecision(input);
  setCurrentDetails(
    `**${result.state}**${result.status === undefined ? '' : ` · ${result.status}`}`,
  );
  await finishRelay(input);
  return result;
}
