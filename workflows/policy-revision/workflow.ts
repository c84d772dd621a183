import { ActivityFailure, log, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type {
  NudgeInput,
  NudgeOutcome,
  PolicyRevisionActivities,
  PolicyRevisionInput,
  PolicyRevisionResult,
} from './contract.ts';

// The promise on policy drift (DESIGN.md 7). A WL pulls every 30 s anyway: a nudge is only haste.
const NUDGE_LIMIT = '5 minutes';
// The WL answers at once that it will pull; it does not pull before it answers.
const ATTEMPT_LIMIT = '5 seconds';

/**
 * A revision is committed: tell the WLs concerned to pull it now. Each gets its own tries, so that a
 * dead WL delays no other; one that stays dead finds the revision at its next pull.
 */
export async function policyRevision(input: PolicyRevisionInput): Promise<PolicyRevisionResult> {
  const activities = setup(input);
  return run(input, activities);
}

function setup({ revision, wlIds }: PolicyRevisionInput): PolicyRevisionActivities {
  setCurrentDetails(`Nudging ${wlIds.length} white label(s) to pull ${revision}`);
  return proxyActivities<PolicyRevisionActivities>({
    startToCloseTimeout: ATTEMPT_LIMIT,
    scheduleToCloseTimeout: NUDGE_LIMIT,
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
  });
}

async function run(
  { revision, wlIds, correlationId }: PolicyRevisionInput,
  activities: PolicyRevisionActivities,
): Promise<PolicyRevisionResult> {
  const outcomes = await Promise.all(
    wlIds.map(async (wlId) => {
      const outcome = await nudge({ wlId, revision, correlationId }, activities);
      return { wlId, outcome };
    }),
  );
  setCurrentDetails(outcomes.map(({ wlId, outcome }) => `- ${wlId}: ${outcome}`).join('\n'));
  return { outcomes };
}

async function nudge(
  input: NudgeInput,
  activities: PolicyRevisionActivities,
): Promise<NudgeOutcome> {
  try {
    return await activities.nudgeWl(input);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('a white label could not be nudged', { wlId: input.wlId, revision: input.revision });
    return 'UNREACHED';
  }
}
