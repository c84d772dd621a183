import { defineSignal, setHandler } from '@temporalio/workflow';
import { PULL_SIGNAL, type PolicySyncResult } from './contract.ts';
import { syncPolicies } from './steps.ts';

const pull = defineSignal(PULL_SIGNAL);
// Bounds the history under a flood of nudges; the next scheduled run comes within half a minute.
const MAX_ROUNDS = 50;

/**
 * Pulls until no nudge has come in since the last pull began: a nudge during a pull may be about
 * something that this pull has not seen.
 */
export async function policySync(): Promise<PolicySyncResult> {
  let nudged = true;
  setHandler(pull, () => {
    nudged = true;
  });
  let result: PolicySyncResult = { applied: [], warnings: [] };
  for (let round = 1; nudged && round <= MAX_ROUNDS; round += 1) {
    nudged = false;
    const { applied, warnings } = await syncPolicies();
    result = { applied: [...result.applied, ...applied], warnings };
  }
  return result;
}
