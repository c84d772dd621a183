import { cancellationSignal, log } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import type { Dispatcher } from 'undici';
import { markStale, revisionReach, type RevisionReach } from '../../db/cp/revision-progress.ts';
import type { CpSchema } from '../../db/cp/schema.ts';
import { finishWork } from '../../db/cp/work-order.ts';
import type {
  PolicyRevisionActivities,
  WlProgress,
} from '../../workflows/policy-revision/contract.ts';
import { CORRELATION_HEADER } from '../../runtime/correlation.ts';
import { wlSubjectUri } from '../../runtime/tls.ts';
import { callJson } from '../clients/agent.ts';

export interface PolicyRevisionDeps {
  readonly db: Kysely<CpSchema>;
  readonly agent: Dispatcher;
  /** Where the WL said it is reached; undefined while it has not said so or is gone. */
  readonly peerUrlOf: (wlId: string) => Promise<string | undefined>;
  /** Starts the alerts that a notification has ordered. */
  readonly work: { readonly kick: () => void };
  /** After how long a WL that has not applied a revision is reported. */
  readonly driftSeconds: number;
  /** Takes the seconds from commit to report of each WL, once a revision is done. */
  readonly onDrift: (seconds: number) => void;
}

const CHANGED_PATH = '/api/v2/control-plane/policies/changed';
// The WL only notes that it has to pull; a slower answer means that it is in trouble.
const NUDGE_TIMEOUT_MS = 3_000;
const MS_PER_SECOND = 1_000;

/** Nudges over mTLS. A nudge says nothing but "pull": it can be repeated and lost without harm. */
export function createPolicyRevisionActivities(deps: PolicyRevisionDeps): PolicyRevisionActivities {
  const { db } = deps;
  return {
    async nudgeWl({ wlId, revision, correlationId }) {
      const peerUrl = await deps.peerUrlOf(wlId);
      if (peerUrl === undefined) return 'NO_ENDPOINT';
      const { status } = await callJson({
        agent: deps.agent,
        partner: wlSubjectUri(wlId),
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
    async readRevision({ revision }) {
      const reach = await revisionReach(db, revision);
      return { wls: reach.map(progressOf), driftLimitMs: deps.driftSeconds * MS_PER_SECOND };
    },
    async reportStale({ revision }) {
      const wlIds = await markStale(db, revision);
      deps.work.kick();
      return { wlIds };
    },
    async finishRevision({ revision }) {
      await finishWork(db, revision);
      for (const { driftMs } of await revisionReach(db, revision)) {
        if (driftMs !== undefined) deps.onDrift(driftMs / MS_PER_SECOND);
      }
    },
  };
}

function progressOf({ wlId, connected, driftMs }: RevisionReach): WlProgress {
  if (driftMs !== undefined) return { wlId, state: 'APPLIED', driftMs };
  return { wlId, state: connected ? 'WAITING' : 'NOT_CONNECTED' };
}
