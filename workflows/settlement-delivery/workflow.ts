import {
  ActivityFailure,
  continueAsNew,
  log,
  proxyActivities,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { PolicyRevisionActivities } from '../policy-revision/contract.ts';
import {
  settlementWorkflowId,
  type SettlementDeliveryActivities,
  type SettlementDeliveryInput,
} from './contract.ts';

/** The WL pulls, applies and reports within a second of the nudge; the first look catches that. */
const FIRST_LOOK_MS = 1_000;
/** A WL that was missed by the nudge pulls within half a minute anyway: no need to look oftener. */
const LOOK_MAX_MS = 30_000;
/** The promise on drift (DESIGN.md 7); past it somebody has to look at that WL. */
const REPORT_AFTER_MS = 300_000;
/** Continues as new well before the server's warning at 10,240 events. */
const HISTORY_EVENTS_MAX = 4_000;

// Three tries at a nudge: the WL's own pull replaces it.
const { nudgeWl } = proxyActivities<Pick<PolicyRevisionActivities, 'nudgeWl'>>({
  startToCloseTimeout: '5 seconds',
  retry: { initialInterval: '1 second', maximumAttempts: 3 },
  summary: 'Tell the white label to pull',
});
// What the row says is never given up.
const { readSettlementDelivery, reportUnsettled, finishSettlementDelivery } =
  proxyActivities<SettlementDeliveryActivities>({
    startToCloseTimeout: '10 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '60 seconds' },
  });

/**
 * Carries a settlement to one side: nudges the WL to pull and looks until it has reported that it
 * has applied it. The row decides; a WL that was down finds the settlement at its next pull.
 */
export async function settlementDelivery(input: SettlementDeliveryInput): Promise<void> {
  const startedAtMs = workflowInfo().runStartTime.getTime();
  await nudge(input);
  let pauseMs = FIRST_LOOK_MS;
  let reported = false;
  for (;;) {
    const { state } = await readSettlementDelivery(input);
    setCurrentDetails(`**${state}** at ${input.wlId}`);
    if (state !== 'DUE') break;
    if (!reported && Date.now() - startedAtMs >= REPORT_AFTER_MS) {
      await reportUnsettled(input);
      reported = true;
    }
    if (workflowInfo().historyLength > HISTORY_EVENTS_MAX) {
      await continueAsNew<typeof settlementDelivery>(input);
    }
    await sleep(pauseMs);
    pauseMs = Math.min(2 * pauseMs, LOOK_MAX_MS);
  }
  await finishSettlementDelivery(input);
}

async function nudge({
  settlementId,
  wlId,
  correlationId,
}: SettlementDeliveryInput): Promise<void> {
  const revision = settlementWorkflowId({ settlementId, wlId });
  try {
    await nudgeWl({ wlId, revision, correlationId });
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('a white label could not be nudged', { wlId, revision });
  }
}
