import { partnerIds, reachableIds } from '../../db/cp/pull.ts';
import type { StoredPolicy } from '../../db/cp/policy.ts';
import type { StoredRelationship } from '../../db/cp/relationship.ts';
import type { StoredWl } from '../../db/cp/wl.ts';
import {
  crlWorkflowId,
  keysWorkflowId,
  policyWorkflowId,
  relationshipWorkflowId,
  wlWorkflowId,
} from '../../workflows/policy-revision/contract.ts';
import type { CpApiDeps } from './deps.ts';

type AnnounceDeps = Pick<CpApiDeps, 'db' | 'engine'>;

/** A revision of its policy concerns the WL alone. */
export function announcePolicy(
  { engine }: Pick<CpApiDeps, 'engine'>,
  { wlId, revision }: StoredPolicy,
  correlationId: string,
): void {
  engine.announce({ revision: policyWorkflowId(wlId, revision), wlIds: [wlId], correlationId });
}

/** A revision of a pair concerns both sides. */
export function announceRelationship(
  { engine }: Pick<CpApiDeps, 'engine'>,
  { src, dst, revision }: StoredRelationship,
  correlationId: string,
): void {
  const id = relationshipWorkflowId({ src, dst }, revision);
  engine.announce({ revision: id, wlIds: [src, dst], correlationId });
}

/** Name, endpoint and keys of a WL stand in its own document and in its partners'. */
export async function announceWl(
  { db, engine }: AnnounceDeps,
  wl: StoredWl,
  correlationId: string,
): Promise<void> {
  const wlIds = [wl.id, ...(await partnerIds(db, wl.id))];
  engine.announce({ revision: wlWorkflowId(wl.id, String(wl.changeSeq)), wlIds, correlationId });
}

/** Whoever trusted a revoked key fetches the JWKS again. */
export async function announceRevokedKey(
  { db, engine }: AnnounceDeps,
  key: { readonly wlId: string; readonly kid: string },
  correlationId: string,
): Promise<void> {
  const wlIds = [key.wlId, ...(await partnerIds(db, key.wlId))];
  engine.announce({ revision: keysWorkflowId(key.wlId, key.kid), wlIds, correlationId });
}

/** Every white label refuses a revoked certificate, whether it trades with its holder or not. */
export async function announceRevokedCertificate(
  { db, engine }: AnnounceDeps,
  listNumber: bigint,
  correlationId: string,
): Promise<void> {
  const wlIds = await reachableIds(db);
  engine.announce({ revision: crlWorkflowId(String(listNumber)), wlIds, correlationId });
}
