import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { SignalTestActivities, SignalTestInput, SignalTestResult } from './contract.ts';

// An operator waits for this in front of a screen; they can ask again.
const TEST_LIMIT = '15 seconds';

const { testGateway } = proxyActivities<SignalTestActivities>({
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: TEST_LIMIT,
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2 },
  summary: 'Send a signal without effect',
});

/** Asks one gateway whether it takes signals, without changing anything there. */
export async function signalTest(input: SignalTestInput): Promise<SignalTestResult> {
  const result = await testGateway(input);
  setCurrentDetails(result.taken ? '**taken**' : `**not taken** · ${result.failure}`);
  return result;
}
