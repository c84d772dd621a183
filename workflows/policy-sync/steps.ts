import {
  ActivityFailure,
  log,
  proxyActivities,
  setCurrentDetails,
  sleep,
} from '@temporalio/workflow';
import type { PolicySyncActivities, PolicySyncResult, SyncWarning } from './contract.ts';

// A step makes a handful of calls of 5 s at most; the next sync comes in half a minute anyway.
const STEP_LIMIT = '30 seconds';
const STEP_ATTEMPTS = 2;
// A worker that is killed must not hold what comes by nudge, such as a block, for the whole step.
const HEARTBEAT = '10 seconds';
// A WL that nobody has created yet looks again soon, so that it trades as soon as it is known; the
// tries end before the next scheduled run begins.
const REGISTRATION_ATTEMPTS = 10;
const REGISTRATION_PAUSE = '2 seconds';

const activities = proxyActivities<PolicySyncActivities>({
  startToCloseTimeout: STEP_LIMIT,
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1 second', maximumAttempts: STEP_ATTEMPTS },
});

/** One sync: register, tokens, keys, policies. A part that fails is a warning; the rest goes on. */
export async function syncPolicies(attempts = REGISTRATION_ATTEMPTS): Promise<PolicySyncResult> {
  const warnings: SyncWarning[] = [];
  setCurrentDetails('Registering with the Control Plane');
  if (!(await registered(attempts))) warnings.push('registration.pending');
  setCurrentDetails('Renewing keys and tokens');
  await attempt('keys.stale', warnings, () => activities.refreshKeys());
  await attempt('tokens.stale', warnings, () => activities.refreshTokens());
  setCurrentDetails('Pulling policies');
  const pulled = await attempt('policy.stale', warnings, () => activities.pullPolicies());
  // A new partner needs a token, and a pull that was refused a new registration: do not wait.
  if (pulled !== undefined && pulled.applied.length > 0) {
    await attempt('tokens.stale', warnings, () => activities.refreshTokens());
  }
  const stale = await activities.checkStaleness();
  const all = [...new Set([...warnings, ...stale.warnings])];
  const applied = pulled?.applied ?? [];
  setCurrentDetails(
    [
      `Applied: ${applied.map(({ kind, revision }) => `${kind} ${revision}`).join(', ') || 'none'}`,
      `Warnings: ${all.join(', ') || 'none'}`,
    ].join('\n\n'),
  );
  return { applied, warnings: all };
}

async function registered(attempts: number): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    const answer = await attempt('registration.pending', [], () => activities.register());
    if (answer?.registration === 'REGISTERED') return true;
    if (answer?.registration !== 'UNKNOWN' || tries >= attempts) return false;
    await sleep(REGISTRATION_PAUSE);
  }
}

async function attempt<T>(
  warning: SyncWarning,
  warnings: SyncWarning[],
  step: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('a step of the policy sync failed', { warning, cause: error.cause?.message });
    warnings.push(warning);
    return undefined;
  }
}
