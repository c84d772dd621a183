import { proxyLocalActivities, setCurrentDetails } from '@temporalio/workflow';
import type { WarmUpActivities } from './contract.ts';

const { touch } = proxyLocalActivities<WarmUpActivities>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
  summary: 'Touch the database',
});

/** Loads the sandbox and runs local steps, so that the first buyer does not wait for either. */
export async function warmUp(): Promise<void> {
  await touch();
  await touch();
  setCurrentDetails('**warm**');
}
