import type { PolicySyncActivities } from '../../workflows/policy-sync/contract.ts';
import { correlated } from '../correlated.ts';
import type { GovernanceDeps } from './deps.ts';
import { checkStaleness, pullPolicies } from './pull-policies.ts';
import { refreshTokens } from './refresh-tokens.ts';
import { register } from './register.ts';

export type { GovernanceDeps } from './deps.ts';

/** The steps of `policySync`, under the correlation of their workflow. */
export function createGovernanceActivities(deps: GovernanceDeps): PolicySyncActivities {
  return {
    register: () => correlated(async (id) => ({ registration: await register(deps, id) })),
    refreshTokens: () => correlated(async () => ({ renewed: await refreshTokens(deps) })),
    pullPolicies: () => correlated(async (id) => ({ applied: await pullPolicies(deps, id) })),
    refreshKeys: () => correlated(() => deps.keys.refresh()),
    checkStaleness: () => correlated(async (id) => ({ warnings: await checkStaleness(deps, id) })),
  };
}
