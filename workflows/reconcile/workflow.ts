import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { ReconcileActivities, ReconcileResult } from './contract.ts';

// The next run comes in 30 s: what takes longer, or fails, is left to it.
const { reconcileTrades } = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '20 seconds',
  retry: { maximumAttempts: 2 },
  summary: 'Raise trades on which the sides have disagreed for too long',
});

/**
 * Raises a mismatch for every trade whose sides have told different stories for longer than events
 * may take. What agrees again is cleared by the intake, in the transaction that brings the news.
 */
export async function reconcile(): Promise<ReconcileResult> {
  const result = await reconcileTrades();
  setCurrentDetails(`Raised: ${result.raised}`);
  return result;
}
