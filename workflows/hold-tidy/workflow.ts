import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { HoldTidyActivities, HoldTidyResult } from './contract.ts';

// The next run comes in a minute: what takes longer, or fails, is left to it.
const STEP_LIMIT = '5 minutes';
const HEARTBEAT = '20 seconds';
const retry = { maximumAttempts: 3 };

const { expireHolds } = proxyActivities<HoldTidyActivities>({
  startToCloseTimeout: STEP_LIMIT,
  heartbeatTimeout: HEARTBEAT,
  retry,
  summary: 'Expire what is due',
});
const { forgetKeys } = proxyActivities<HoldTidyActivities>({
  startToCloseTimeout: STEP_LIMIT,
  heartbeatTimeout: HEARTBEAT,
  retry,
  summary: 'Forget old keys',
});
const { forgetEvents } = proxyActivities<HoldTidyActivities>({
  startToCloseTimeout: STEP_LIMIT,
  heartbeatTimeout: HEARTBEAT,
  retry,
  summary: 'Forget delivered events',
});

/**
 * Tidies. Nothing waits for it: any reader of a row that is due marks it first (RULES.md 2), but a
 * row that nobody reads would keep stock and exposure.
 */
export async function holdTidy(): Promise<HoldTidyResult> {
  const { expired } = await expireHolds();
  const { keysForgotten } = await forgetKeys();
  const { eventsForgotten } = await forgetEvents();
  setCurrentDetails(
    `Expired: ${expired} · forgotten keys: ${keysForgotten}, events: ${eventsForgotten}`,
  );
  return { expired, keysForgotten, eventsForgotten };
}
