import { cancellationSignal, log } from '@temporalio/activity';
import type { Dispatcher } from 'undici';
import type { PolicyRevisionActivities } from '../../workflows/policy-revision/contract.ts';
import { CORRELATION_HEADER } from '../../runtime/correlation.ts';
import { callJson } from '../clients/agent.ts';

export interface PolicyRevisionDeps {
  readonly agent: Dispatcher;
  /** Where the WL said it is reached; undefined while it has not said so or is gone. */
  readonly peerUrlOf: (wlId: string) => Promise<string | undefined>;
}

const CHANGED_PATH = '/api/v2/control-plane/policies/changed';
// The WL only notes that it has to pull; a slower answer means that it is in trouble.
const NUDGE_TIMEOUT_MS = 3_000;

/** Nudges over mTLS. A nudge says nothing but "pull": it can be repeated and lost without harm. */
export function createPolicyRevisionActivities(deps: PolicyRevisionDeps): PolicyRevisionActivities {
  return {
    async nudgeWl({ wlId, revision, correlationId }) {
      const peerUrl = await deps.peerUrlOf(wlId);
      if (peerUrl === undefined) return 'NO_ENDPOINT';
      const { status } = await callJson({
        agent: deps.agent,
        method: 'POST',
        url: new URL(CHANGED_PATH, peerUrl).href,
        headers: { [CORRELATION_HEADER]: correlationId },
        body: { wlId },
        timeoutMs: NUDGE_TIMEOUT_MS,
        signal: cancellationSignal(),
      });
      if (status < 200 || status > 299) {
        throw new Error(`${wlId} answered the nudge for ${revision} with ${status}`);
      }
      log.debug('nudged', { wlId, revision });
      return 'NUDGED';
    },
  };
}
