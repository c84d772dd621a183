import { needsApproval, type Relationship } from '../policy/relationship.ts';
import type { RefusalCode } from '../shared/codes.ts';
import type { Minor } from '../shared/money.ts';
import { expiryReason } from './hold.ts';

/** What was promised, or what is asked for now; exporter's minor units. */
export interface HeldTerms {
  readonly quantity: number;
  readonly unitPrice: Minor;
}

/** What an exporter knows, under the hold's lock, when a valid hold is confirmed (RULES.md 2). */
export interface ConfirmFacts {
  /** Absent where no hold has this id; `own` is false where it belongs to another trade. */
  readonly hold: (HeldTerms & { readonly own: boolean }) | undefined;
  readonly asked: HeldTerms;
}

/** Why a confirm does not fit its hold, in order: missing, another trade's, quantity, price. */
export function refuseConfirm({ hold, asked }: ConfirmFacts): RefusalCode | undefined {
  if (hold === undefined) return 'HOLD_EXPIRED';
  if (!hold.own) return 'HOLD_TAKEN';
  if (hold.quantity !== asked.quantity) return 'QUANTITY_INVALID';
  return hold.unitPrice === asked.unitPrice ? undefined : 'PRICE_CHANGED';
}

/** Of the relationship, what a capture looks at; absent where there is none. */
export interface CaptureFacts {
  readonly relationship: Pick<Relationship, 'status' | 'revision'> | undefined;
}

/**
 * Why a hold that fits is not captured. One that was taken before PAUSED or a disable signal still
 * confirms; BLOCKED refuses, and so does a relationship that is gone (RULES.md 2).
 */
export function refuseCapture({ relationship }: CaptureFacts): RefusalCode | undefined {
  if (relationship === undefined) return 'RELATIONSHIP_MISSING';
  return relationship.status === 'BLOCKED' ? 'RELATIONSHIP_BLOCKED' : undefined;
}

/** Of a relationship and a hold, what makes a purchase wait for a person; exporter's minor units. */
export interface Asking {
  readonly approval: Relationship['approval'];
  readonly amount: Minor;
}

/** An open hold and the clock that was read after its lock was held; epoch milliseconds. */
export interface ExpiryFacts {
  readonly state: 'HELD' | 'PENDING_APPROVAL';
  readonly now: number;
  readonly expiresAt: number;
}

/** HOLD_EXPIRED or APPROVAL_EXPIRED from the instant of expiry on (RULES.md 2). */
export function refuseExpired({ state, now, expiresAt }: ExpiryFacts): RefusalCode | undefined {
  return now >= expiresAt ? expiryReason(state) : undefined;
}

/**
 * True where a purchase waited for a person. One that nobody would have been asked about would have
 * been captured at its confirm: no word and no deadline could have refused it later (RULES.md 2).
 */
export function hadToWait(asking: Asking | undefined): boolean {
  return asking === undefined || needsApproval(asking.approval, asking.amount);
}

/** A person's word on a waiting purchase, and what approving looks at once more. */
export interface ApprovalFacts {
  readonly decision: 'APPROVE' | 'REJECT';
  readonly relationship: CaptureFacts['relationship'];
}

/** Approving re-checks BLOCKED only: the price is the hold's (RULES.md 2). */
export function refuseApproval({ decision, relationship }: ApprovalFacts): RefusalCode | undefined {
  if (decision === 'REJECT') return 'MANUAL_REJECT';
  return relationship?.status === 'BLOCKED' ? 'RELATIONSHIP_BLOCKED' : undefined;
}
