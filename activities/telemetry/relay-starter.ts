import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { TELEMETRY_RELAY, TELEMETRY_RELAY_ID } from '../../workflows/telemetry-relay/contract.ts';

/** Starts the relay of this WL; false where it runs already. */
export async function startRelay(client: Pick<Client, 'workflow'>): Promise<boolean> {
  try {
    await client.workflow.start(TELEMETRY_RELAY, {
      workflowId: TELEMETRY_RELAY_ID,
      taskQueue: BACKGROUND_QUEUE,
      staticSummary: 'Sends what this white label reports to the Control Plane',
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}
