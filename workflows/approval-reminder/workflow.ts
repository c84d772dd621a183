import { proxyActivities } from '@temporalio/workflow';
import type { ApprovalReminderActivities } from './contract.ts';

// The next turn comes in a minute: what fails is left to it.
const { remindOfWaiting } = proxyActivities<ApprovalReminderActivities>({
  startToCloseTimeout: '20s',
  retry: { maximumAttempts: 2 },
  summary: 'Tell of purchases that nobody has decided',
});

/** One look at the purchases that wait; each is told of once. */
export async function approvalReminder(): Promise<{ readonly reminded: number }> {
  return remindOfWaiting();
}
