import { continueAsNew, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { TelemetryRelayActivities } from './contract.ts';

const { relayEvents } = proxyActivities<TelemetryRelayActivities>({
  // A run ends by itself after five minutes; this is for one whose end was lost.
  startToCloseTimeout: '10 minutes',
  // Decides how soon another worker goes on for one that was killed.
  heartbeatTimeout: '5 seconds',
  // Never given up: what waits in the outbox has nobody else to send it.
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '5s' },
  summary: 'Send the outbox to the Control Plane',
});

/** Six events of history a run: this keeps a history short, at eight hours each. */
const RUNS_MAX = 100;

/**
 * Keeps the relay going: one supervised activity after the other, for ever. It holds no state of its
 * own, so a run that was terminated is started anew by the sweep and nothing is missing.
 */
export async function telemetryRelay(): Promise<void> {
  const sum = { accepted: 0, duplicate: 0, quarantined: 0 };
  for (let runs = 0; runs < RUNS_MAX; runs += 1) {
    const run = await relayEvents();
    sum.accepted += run.accepted;
    sum.duplicate += run.duplicate;
    sum.quarantined += run.quarantined;
    setCurrentDetails(
      `Accepted: ${sum.accepted} · known already: ${sum.duplicate} · set aside: ${sum.quarantined}`,
    );
  }
  await continueAsNew<typeof telemetryRelay>();
}
