import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { OrphanSweepActivities, SweepResult } from './contract.ts';

// The next sweep comes in 15 s: what takes longer, or fails, is left to it.
const STEP_LIMIT = '2 minutes';
const HEARTBEAT = '20 seconds';
// One call to the engine. A worker killed inside it must not keep the next sweeps waiting.
const START_LIMIT = '10 seconds';
const retry = { maximumAttempts: 2 };

const { sweepTrades } = proxyActivities<OrphanSweepActivities>({
  startToCloseTimeout: STEP_LIMIT,
  heartbeatTimeout: HEARTBEAT,
  retry,
  summary: 'Restart trades and reversals',
});
const { sweepApprovals } = proxyActivities<OrphanSweepActivities>({
  startToCloseTimeout: STEP_LIMIT,
  heartbeatTimeout: HEARTBEAT,
  retry,
  summary: 'Restart approvals',
});
const { sweepRelay } = proxyActivities<OrphanSweepActivities>({
  startToCloseTimeout: START_LIMIT,
  retry,
  summary: 'Restart the relay of events',
});

/**
 * Starts the workflow of every row that should have one and has no open run: a crash between commit
 * and start, a run that was terminated by hand, lost engine data. The fence makes that safe.
 */
export async function orphanSweep(): Promise<SweepResult> {
  const trades = await sweepTrades();
  const approvals = await sweepApprovals();
  await sweepRelay();
  const sum = (pick: (result: SweepResult) => number): number => pick(trades) + pick(approvals);
  const result = {
    looked: sum(({ looked }) => looked),
    started: sum(({ started }) => started),
    failed: sum(({ failed }) => failed),
  };
  setCurrentDetails(
    `Looked at: ${result.looked} · started: ${result.started} · failed: ${result.failed}`,
  );
  return result;
}
