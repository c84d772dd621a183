import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { RetentionActivities, RetentionResult } from './contract.ts';

// The next run comes in an hour: what takes longer, or fails, is left to it.
const retry = { maximumAttempts: 3 };

const { turnDays } = proxyActivities<RetentionActivities>({
  startToCloseTimeout: '1 minute',
  retry,
  summary: 'Make the next day of events, drop old ones',
});
const { forgetRows } = proxyActivities<RetentionActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '20 seconds',
  retry,
  summary: 'Forget what is too old',
});

/** Keeps the Control Plane's tables at the size of its retention. Nothing waits for it. */
export async function retention(): Promise<RetentionResult> {
  const { days } = await turnDays();
  const { rows } = await forgetRows();
  setCurrentDetails(`Days of events dropped: ${days} · rows forgotten: ${rows}`);
  return { days, rows };
}
