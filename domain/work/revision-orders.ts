import type { WorkOrder } from './orders.ts';

/** Starts as `policyRevision`, once a change that WLs pull has been committed. */
export const POLICY_REVISION = 'policyRevision';

/** `policy/<wlId>/<n>`: revision n of a WL's policy (DESIGN.md 6). */
export function policyWorkflowId(wlId: string, revision: number): string {
  return `policy/${wlId}/${revision}`;
}

/** `relationship/<src>/<dst>/<n>`: revision n of a pair (DESIGN.md 6). */
export function relationshipWorkflowId(
  pair: { readonly src: string; readonly dst: string },
  revision: number,
): string {
  return `relationship/${pair.src}/${pair.dst}/${revision}`;
}

/** `wl/<wlId>/<seq>`: a WL's name, status or endpoint changed; seq is the change's audit row. */
export function wlWorkflowId(wlId: string, seq: bigint): string {
  return `wl/${wlId}/${seq}`;
}

/** `keys/<owner>/<kid>`: a signing key was revoked, so caches of the JWKS are wrong. */
export function keysWorkflowId(owner: string, kid: string): string {
  return `keys/${owner}/${kid}`;
}

/** `crl/<number>`: a certificate was revoked, so the lists that WLs have are out of date. */
export function crlWorkflowId(listNumber: bigint): string {
  return `crl/${listNumber}`;
}

/** `webhook-keys/<kid>`: that key has begun to sign to WLs, and the one after it is known. */
export function webhookKeysWorkflowId(kid: string): string {
  return `webhook-keys/${kid}`;
}

/** Tells WLs of a committed revision and waits until they have applied it. */
export function revisionWork(order: {
  /** As the revision is called everywhere: the workflow's id. */
  readonly revision: string;
  readonly wlIds: readonly string[];
  readonly committedAt: Date;
  readonly correlationId: string;
}): WorkOrder {
  const { revision, wlIds, committedAt, correlationId } = order;
  return {
    workflowId: revision,
    workflow: POLICY_REVISION,
    input: { revision, wlIds: [...wlIds], committedAt: committedAt.toISOString(), correlationId },
    summary: `Until the white labels have applied ${revision}`,
    correlationId,
  };
}
