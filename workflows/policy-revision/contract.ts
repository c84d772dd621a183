export {
  POLICY_REVISION,
  keysWorkflowId,
  policyWorkflowId,
  relationshipWorkflowId,
  wlWorkflowId,
} from '../../domain/work/revision-orders.ts';

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
  /** By the database's clock; the drift of each WL counts from here. */
  readonly committedAt: string;
  /** Of the request that made the change. */
  readonly correlationId: string;
}

/**
 * How far one WL is. NOT_CONNECTED: it has not registered an endpoint, so there is nothing yet that
 * could be out of date, and its first pull brings everything.
 */
export type Progress = 'APPLIED' | 'WAITING' | 'NOT_CONNECTED';

export interface WlProgress {
  readonly wlId: string;
  readonly state: Progress;
  /** Milliseconds from the commit to the WL's report. */
  readonly driftMs?: number;
}

export interface RevisionProgress {
  /** Empty where nobody reports it: the revocation of a key is in no document. */
  readonly wls: readonly WlProgress[];
  /** Milliseconds after which somebody is told (DESIGN.md 7). */
  readonly driftLimitMs: number;
}

/** NOT_APPLIED: the wait was given up; the WL finds the revision whenever it pulls again. */
export type RevisionOutcome = 'APPLIED' | 'NOT_CONNECTED' | 'NOT_APPLIED' | NudgeOutcome;

export interface PolicyRevisionResult {
  readonly outcomes: readonly {
    readonly wlId: string;
    readonly outcome: RevisionOutcome;
    readonly driftMs?: number;
  }[];
}

export interface NudgeInput {
  readonly wlId: string;
  readonly revision: string;
  readonly correlationId: string;
}

export interface PolicyRevisionActivities {
  /** Tells one WL to pull now; throws where it did not take the nudge. */
  nudgeWl(input: NudgeInput): Promise<Exclude<NudgeOutcome, 'UNREACHED'>>;
  /** Reads who has reported the revision, or a later one. */
  readRevision(input: { readonly revision: string }): Promise<RevisionProgress>;
  /** Tells people of each WL that still has not; one notification a WL and outage. */
  reportStale(input: { readonly revision: string }): Promise<{ readonly wlIds: readonly string[] }>;
  /** Notes that the order is done. */
  finishRevision(input: { readonly revision: string }): Promise<void>;
}
