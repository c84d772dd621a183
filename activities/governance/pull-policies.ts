import { latestHeadSeen } from '../../db/wl/audit-heads.ts';
import {
  POLICY_SECRET,
  readDocument,
  readSecret,
  readToken,
  saveDocument,
} from '../../db/wl/control-tokens.ts';
import { listRelationships, readPolicy } from '../../db/wl/governance.ts';
import { addEvent } from '../../db/wl/outbox.ts';
import { applyPullDocument, readAppliedDocument, type AppliedChange } from '../../db/wl/pull.ts';
import { lastSettlement } from '../../db/wl/settlements.ts';
import { inTransaction } from '../../db/pool.ts';
import { CONTROL_PLANE } from '../../runtime/tokens.ts';
import type { SyncWarning } from '../../workflows/policy-sync/contract.ts';
import { ControlPlaneRefusal, PullRefused } from '../clients/control-plane.ts';
import { takeHead } from './audit-head.ts';
import type { GovernanceDeps } from './deps.ts';
import { forgetRegistration } from './register.ts';

/** The last pull that succeeded, changed or not; its time is when we last knew to be up to date. */
const PULL_DOCUMENT = 'pull';
const MS_PER_SECOND = 1_000;
/** Policy drift may be five minutes (DESIGN.md 7); past that the policy counts as stale. */
const STALE_AFTER_MS = 300_000;
/** The Control Plane does not know us (any more) under this token, or has given us no secrets. */
const FORGOTTEN = new Set([401, 403, 404, 409]);

interface StoredPull {
  readonly etag?: string;
  readonly pulledAt: string;
  /** Set once the staleness since this pull has been reported. */
  readonly staleTold?: boolean;
}

/** No pull was possible: there is no token or no secret yet. */
export class NotRegistered extends Error {
  override readonly name = 'NotRegistered';
}

/** Pulls that one step makes; what is still new after them comes with the next schedule. */
const ROUNDS = 10;

/**
 * Pulls, verifies and applies. What is refused or unreachable leaves everything as it is. After
 * something new it pulls again at once: that reports it as applied, and the Control Plane waits for
 * a revision, the payee for a settlement.
 */
export async function pullPolicies(
  deps: GovernanceDeps,
  correlationId: string,
): Promise<AppliedChange[]> {
  const applied: AppliedChange[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const pulled = await pullOnce(deps, correlationId).catch((error: unknown) => {
      if (round === 1) throw error;
      // What was applied stands; the next pull reports it.
      deps.log.warn({ err: error }, 'applied, but not reported');
      return NOTHING;
    });
    applied.push(...pulled.applied);
    if (!pulled.unreported) break;
  }
  return applied;
}

interface Pulled {
  readonly applied: readonly AppliedChange[];
  /** True where something is in force now that the next pull reports. */
  readonly unreported: boolean;
}

const NOTHING: Pulled = { applied: [], unreported: false };

async function pullOnce(deps: GovernanceDeps, correlationId: string): Promise<Pulled> {
  const { db, sealer, controlPlane, own, clock } = deps;
  const token = (await readToken(db, sealer, 'WL', CONTROL_PLANE))?.token;
  const policySecret = await readSecret(db, sealer, POLICY_SECRET);
  if (token === undefined || policySecret === undefined) {
    throw new NotRegistered('there is no token or no secret to pull with');
  }
  const stored = await readPull(deps);
  const floor = await latestHeadSeen(db);
  const request = {
    token,
    policySecret,
    etag: stored?.etag,
    appliedRevision: await readAppliedDocument(db),
    settlementsSince: await lastSettlement(db),
  };
  const answer = await controlPlane.pull(request).catch(async (error: unknown) => {
    if (isForgotten(error)) await forgetRegistration(deps);
    throw error;
  });
  const pulledAt = clock().toISOString();
  if (!answer.changed) {
    await savePull(deps, { ...(stored?.etag !== undefined && { etag: stored.etag }), pulledAt });
    return NOTHING;
  }
  const head = answer.document.auditHead;
  const isTaken = await takeHead(deps, { head, floor, correlationId });
  const applied = await applyPullDocument(db, answer.document, { ...own, correlationId });
  // Without its tag the document comes whole again, and with it the head that was refused.
  const etag = isTaken ? answer.etag : undefined;
  await savePull(deps, { ...(etag !== undefined && { etag }), pulledAt });
  const isNewer = (await readAppliedDocument(db)) !== request.appliedRevision;
  return { applied, unreported: isNewer || answer.document.settlements.length > 0 };
}

/** What is missing or too old; the first time after a good pull an event tells of it. */
export async function checkStaleness(
  deps: GovernanceDeps,
  correlationId: string,
): Promise<SyncWarning[]> {
  const { db, own, clock } = deps;
  const stored = await readPull(deps);
  const age =
    stored === undefined ? Infinity : clock().getTime() - new Date(stored.pulledAt).getTime();
  const isStale = age > STALE_AFTER_MS;
  if (isStale && stored !== undefined && stored.staleTold !== true) {
    await inTransaction(db, async (tx) => {
      const data = { wlId: own.wlId, pulledAt: stored.pulledAt };
      await addEvent(tx, { type: 'policy.stale', correlationId, data });
      await saveDocument(tx, PULL_DOCUMENT, { ...stored, staleTold: true });
    });
  }
  const warnings: SyncWarning[] = [];
  if (isStale || (await readPolicy(db, own.wlId)) === undefined) warnings.push('policy.stale');
  if (isStale || (await listRelationships(db)).length === 0) warnings.push('relationships.stale');
  return warnings;
}

function isForgotten(error: unknown): boolean {
  return (
    error instanceof PullRefused ||
    (error instanceof ControlPlaneRefusal && FORGOTTEN.has(error.status))
  );
}

/** Since the last pull that was answered; NaN before the first. */
export async function secondsSincePull(db: GovernanceDeps['db']): Promise<number> {
  const stored = await readPull({ db });
  if (stored === undefined) return NaN;
  return (Date.now() - new Date(stored.pulledAt).getTime()) / MS_PER_SECOND;
}

async function readPull({ db }: Pick<GovernanceDeps, 'db'>): Promise<StoredPull | undefined> {
  return (await readDocument(db, PULL_DOCUMENT))?.document as StoredPull | undefined;
}

async function savePull({ db }: Pick<GovernanceDeps, 'db'>, pull: StoredPull): Promise<void> {
  await saveDocument(db, PULL_DOCUMENT, { ...pull });
}
