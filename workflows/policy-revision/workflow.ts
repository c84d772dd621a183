import {
  ActivityFailure,
  CancellationScope,
  isCancellation,
  log,
  proxyActivities,
  setCurrentDetails,
  sleep,
} from '@temporalio/workflow';
import type {
  NudgeInput,
  NudgeOutcome,
  PolicyRevisionActivities,
  PolicyRevisionInput,
  PolicyRevisionResult,
  RevisionProgress,
} from './contract.ts';

// A WL pulls every 30 s anyway: a nudge is only haste, and one that is down pulls when it is back.
const NUDGE_LIMIT = '5 minutes';
// The WL answers at once that it will pull; it does not pull before it answers.
const ATTEMPT_LIMIT = '5 seconds';

/** A nudged WL has pulled, applied and reported within about this time. */
const FIRST_PAUSE_MS = 500;
/** The pause is a fifth of the wait so far. That blurs no figure: the drift stands in the rows. */
const PAUSE_PART = 5;
/** Bounds how long an applied revision looks open; with it a day of waiting is 1,100 events. */
const LONGEST_PAUSE_MS = 1_800_000;
/** A WL that is away for a day is a matter for people; its first pull brings the newest anyway. */
const GIVE_UP_MS = 86_400_000;

type Nudge = Pick<PolicyRevisionActivities, 'nudgeWl'>;
type Steps = Omit<PolicyRevisionActivities, 'nudgeWl'>;

/**
 * A revision is committed: nudge the WLs concerned to pull it, and wait until each has reported to
 * have applied it, or a later one. Each WL gets its own nudges, so that a dead one delays no other.
 * Past the promised drift people are told, and the wait goes on.
 */
export async function policyRevision(input: PolicyRevisionInput): Promise<PolicyRevisionResult> {
  const { nudge, steps } = setup(input);
  const nudges = new CancellationScope();
  const nudging = nudges.run(() => nudgeAll(input, nudge));
  const progress = await converge(input, steps);
  // Who has applied it needs no nudge; where nobody reports, the nudge is all that can be done.
  if (progress.wls.length > 0) nudges.cancel();
  const result = resultOf(progress, await nudging, input.wlIds);
  await steps.finishRevision({ revision: input.revision });
  setCurrentDetails(result.outcomes.map(({ wlId, outcome }) => `- ${wlId}: ${outcome}`).join('\n'));
  return result;
}

function setup({ revision, wlIds }: PolicyRevisionInput): { nudge: Nudge; steps: Steps } {
  setCurrentDetails(`Nudging ${wlIds.length} white label(s) to pull ${revision}`);
  const nudge = proxyActivities<Nudge>({
    startToCloseTimeout: ATTEMPT_LIMIT,
    scheduleToCloseTimeout: NUDGE_LIMIT,
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
  });
  // Our own database: without bound, because the wait must not end on its being away.
  const steps = proxyActivities<Steps>({
    startToCloseTimeout: '10 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '60 seconds' },
  });
  return { nudge, steps };
}

async function nudgeAll(
  { revision, wlIds, correlationId }: PolicyRevisionInput,
  nudge: Nudge,
): Promise<readonly NudgeOutcome[]> {
  return Promise.all(wlIds.map((wlId) => nudgeOne({ wlId, revision, correlationId }, nudge)));
}

async function nudgeOne(input: NudgeInput, nudge: Nudge): Promise<NudgeOutcome> {
  try {
    return await nudge.nudgeWl(input);
  } catch (error) {
    if (isCancellation(error)) return 'UNREACHED';
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('a white label could not be nudged', { wlId: input.wlId, revision: input.revision });
    return 'UNREACHED';
  }
}

/** Looks at the rows until nobody is waited for any more, or the wait is given up. */
async function converge(
  { revision, committedAt }: PolicyRevisionInput,
  steps: Steps,
): Promise<RevisionProgress> {
  const committedMs = Date.parse(committedAt);
  let told = false;
  for (;;) {
    const progress = await steps.readRevision({ revision });
    const ageMs = Math.max(0, Date.now() - committedMs);
    const waiting = progress.wls.filter(({ state }) => state === 'WAITING');
    if (waiting.length === 0 || ageMs >= GIVE_UP_MS) return progress;
    if (!told && ageMs >= progress.driftLimitMs) {
      const { wlIds } = await steps.reportStale({ revision });
      log.warn('a revision is not applied in time', { revision, wlIds });
      told = true;
    }
    setCurrentDetails(describe(progress, told));
    const pauseMs = Math.min(
      Math.max(FIRST_PAUSE_MS, Math.floor(ageMs / PAUSE_PART)),
      LONGEST_PAUSE_MS,
      GIVE_UP_MS - ageMs,
    );
    await sleep(told ? pauseMs : Math.min(pauseMs, Math.max(1, progress.driftLimitMs - ageMs)));
  }
}

function describe({ wls }: RevisionProgress, told: boolean): string {
  const lines = wls.map(({ wlId, state }) => `- ${wlId}: ${state}`);
  return told ? ['**Late**: people have been told', '', ...lines].join('\n') : lines.join('\n');
}

function resultOf(
  { wls }: RevisionProgress,
  nudged: readonly NudgeOutcome[],
  wlIds: readonly string[],
): PolicyRevisionResult {
  if (wls.length === 0) {
    return {
      outcomes: wlIds.map((wlId, index) => ({ wlId, outcome: nudged[index] ?? 'UNREACHED' })),
    };
  }
  return {
    outcomes: wls.map(({ wlId, state, driftMs }) => ({
      wlId,
      outcome: state === 'WAITING' ? 'NOT_APPLIED' : state,
      ...(driftMs !== undefined && { driftMs }),
    })),
  };
}
