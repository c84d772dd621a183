import type { Account } from '../../../db/wl/accounts.ts';

/** A partner WL: by its token and certificate, or for its own held trades by certificate alone. */
export interface PartnerPrincipal {
  readonly kind: 'partner';
  readonly wlId: string;
}
/** Who may decide about purchases that wait here: this WL itself, or the Control Plane's relay. */
export interface ApproverPrincipal {
  readonly kind: 'own' | 'control-plane';
}
export interface MemberPrincipal {
  readonly kind: 'member';
  readonly account: Account;
}
/** An operator of the Control Plane with a token for this WL. */
export interface SupportPrincipal {
  readonly kind: 'support';
  readonly userId: string;
}

export type SupportScope = 'support:read' | 'support:act';
