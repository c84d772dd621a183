/** Starts as `policyRevision` on the Control Plane's queue, after the change has been committed. */
export const POLICY_REVISION = 'policyRevision';

/** Every workflow of the Control Plane runs on this queue. */
export const CP_TASK_QUEUE = 'cp';

/** What became of one WL's nudge. A WL without an endpoint pulls by itself once it has one. */
export type NudgeOutcome = 'NUDGED' | 'NO_ENDPOINT' | 'UNREACHED';

/** WL ids and a revision's name; nothing else enters the engine. */
export interface PolicyRevisionInput {
  /** The revision as it is called everywhere: the workflow's own id. */
  readonly revision: string;
  /** The WLs whose pulled document has changed. */
  readonly wlIds: readonly string[];
  /** Of the request that made the change. */
  readonly correlationId: string;
}

export interface PolicyRevisionResult {
  readonly outcomes: readonly { readonly wlId: string; readonly outcome: NudgeOutcome }[];
}

export interface NudgeInput {
  readonly wlId: string;
  readonly revision: string;
  readonly correlationId: string;
}

export interface PolicyRevisionActivities {
  /** Tells one WL to pull now; throws where it did not take the nudge. */
  nudgeWl(input: NudgeInput): Promise<Exclude<NudgeOutcome, 'UNREACHED'>>;
}

/** `policy/<wlId>/<n>`: revision n of a WL's policy. */
export function policyWorkflowId(wlId: string, revision: number): string {
  return `policy/${wlId}/${revision}`;
}

/** `relationship/<src>/<dst>/<n>`: revision n of a pair. */
export function relationshipWorkflowId(
  pair: { readonly src: string; readonly dst: string },
  revision: number,
): string {
  return `relationship/${pair.src}/${pair.dst}/${revision}`;
}

/** `wl/<wlId>/<seq>`: a WL's name, status or endpoint changed; seq is the change's audit row. */
export function wlWorkflowId(wlId: string, seq: string): string {
  return `wl/${wlId}/${seq}`;
}

/** `keys/<owner>/<kid>`: a signing key was revoked, so caches of the JWKS are wrong. */
export function keysWorkflowId(owner: string, kid: string): string {
  return `keys/${owner}/${kid}`;
}

/** `crl/<number>`: a certificate was revoked, so the lists that WLs have are out of date. */
export function crlWorkflowId(listNumber: string): string {
  return `crl/${listNumber}`;
}
