import type { Client } from '@temporalio/client';
import { CP_TASK_QUEUE } from '../../../workflows/policy-revision/contract.ts';
import {
  SIGNAL_TEST,
  signalTestWorkflowId,
  type SignalTestInput,
  type SignalTestResult,
} from '../../../workflows/signal-test/contract.ts';
import { Problem } from '../../http/problem.ts';

// Longer than the workflow lets itself take, so that its own answer arrives.
const TEST_TIMEOUT_MS = 18_000;
const RETRY_AFTER_SECONDS = '5';

/** Asks a gateway through the engine, because this process does not call WLs by itself. */
export async function testGateway(
  client: Pick<Client, 'workflow'>,
  input: SignalTestInput,
): Promise<SignalTestResult> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = (): void => reject(new Error(`no answer within ${TEST_TIMEOUT_MS} ms`));
  const timer = setTimeout(late, TEST_TIMEOUT_MS);
  const asked: Promise<SignalTestResult> = client.workflow.execute(SIGNAL_TEST, {
    taskQueue: CP_TASK_QUEUE,
    workflowId: signalTestWorkflowId(input.testId),
    args: [input],
    staticSummary: `Ask the gateway of ${input.wlId}`,
  });
  try {
    return await Promise.race([asked, promise]);
  } catch (cause) {
    const headers = { 'Retry-After': RETRY_AFTER_SECONDS };
    throw new Problem('ENGINE_UNAVAILABLE', { headers, cause });
  } finally {
    clearTimeout(timer);
    // The one that lost the race may still fail; its row says what became of it.
    asked.catch(() => undefined);
  }
}
