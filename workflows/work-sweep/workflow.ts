import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { WorkSweepActivities, WorkSweepResult } from './contract.ts';

// The next sweep comes in 15 s: what takes longer, or fails, is left to it.
const { sweepWork } = proxyActivities<WorkSweepActivities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '20 seconds',
  retry: { maximumAttempts: 2 },
  summary: 'Start ordered work that has no open run',
});

/**
 * Starts the workflow of every order that is not done and has no open run: a crash between commit
 * and start, an engine that was away, a run that was terminated by hand. Workflows read their rows
 * first, which makes that safe.
 */
export async function workSweep(): Promise<WorkSweepResult> {
  const result = await sweepWork();
  const { looked, started, failed } = result;
  setCurrentDetails(`Looked at: ${looked} · started: ${started} · failed: ${failed}`);
  return result;
}
