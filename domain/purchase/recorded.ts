import type { PulledExportPolicy, PulledRelationship } from '../policy/pull-document.ts';
import type { ApprovalMode, RelationshipStatus, WlPolicy } from '../policy/relationship.ts';

/**
 * What a party writes down of each of its decisions, in the decision's own transaction, so that the
 * same pure function can decide it again. Amounts and rates are decimal strings, instants epoch
 * milliseconds. No member, no address, no token: balances and flags only.
 */
export type RecordedDecision =
  | { readonly step: 'request'; readonly facts: RecordedRequest }
  | { readonly step: 'fund'; readonly facts: RecordedFund }
  | { readonly step: 'preflight'; readonly facts: RecordedPreflight }
  | { readonly step: 'confirm'; readonly facts: RecordedConfirm }
  | { readonly step: 'capture'; readonly facts: RecordedCapture }
  | { readonly step: 'approval'; readonly facts: RecordedApproval }
  | { readonly step: 'expiry'; readonly facts: RecordedExpiry };

export type DecisionStep = RecordedDecision['step'];

/** The rules of a pair in force, its lists narrowed to the offer (`narrowLists`). */
export type RecordedRelationship = Omit<PulledRelationship, 'thresholds' | 'fourEyes'>;

export interface RecordedRequest {
  readonly account: { readonly active: boolean; readonly mayBuy: boolean };
  readonly policy?: WlPolicy | undefined;
  readonly signalDisabled: boolean;
  readonly givenHold: boolean;
  readonly quantity: number;
  readonly offer: {
    readonly originUnitPrice: string;
    readonly originCurrency: string;
    readonly fxRate: string;
    readonly unitPrice: string;
    readonly currency: string;
    readonly commissionRate: string;
    readonly relationshipRevision: number;
  };
  readonly expectedUnitPrice?: string | undefined;
  readonly coolDownUntil?: number | undefined;
  readonly now: number;
  readonly funds: string;
  readonly fees: string;
}

export interface RecordedFund {
  readonly amount: string;
  readonly commission: string;
  readonly funds: string;
  readonly fees: string;
  readonly currency: string;
}

export interface RecordedPreflight {
  readonly partner: string;
  readonly policy?: WlPolicy | undefined;
  readonly relationship?: RecordedRelationship | undefined;
  readonly signalDisabled: boolean;
  readonly offer?:
    | {
        readonly categoryId: string;
        readonly entityId: string;
        readonly status: 'ENABLED' | 'DISABLED';
        readonly createdAt: number;
        readonly unitPrice: string;
        readonly stock: number;
        readonly used: number;
      }
    | undefined;
  readonly currency: string;
  readonly quantity: number;
  readonly expectedUnitPrice: string;
  readonly openHolds: { readonly importer: number; readonly buyer: number };
  readonly caps: { readonly importer: number; readonly buyer: number };
  readonly windowAmount: string;
  readonly exposure: string;
  readonly now: number;
}

interface RecordedTerms {
  readonly quantity: number;
  readonly unitPrice: string;
}

export interface RecordedConfirm {
  readonly hold?: (RecordedTerms & { readonly own: boolean }) | undefined;
  readonly asked: RecordedTerms;
}

interface RecordedStatus {
  readonly status: RelationshipStatus;
  readonly revision: number;
}

export interface RecordedCapture {
  readonly relationship?: RecordedStatus | undefined;
  /** What decided whether a person is asked; absent in what was recorded before this was. */
  readonly asking?:
    | { readonly mode: ApprovalMode; readonly aboveAmount: string; readonly amount: string }
    | undefined;
}

export interface RecordedApproval {
  readonly decision: 'APPROVE' | 'REJECT';
  readonly relationship?: RecordedStatus | undefined;
}

export interface RecordedExpiry {
  readonly state: 'HELD' | 'PENDING_APPROVAL';
  readonly now: number;
  readonly expiresAt: number;
}

/** The lists of an export policy as they concern one offer. */
type Narrowed = Pick<
  PulledExportPolicy,
  'include_categories' | 'exclude_categories' | 'entity_allowlist' | 'entity_blocklist'
>;

/**
 * A list as far as it concerns one entry: the entry alone where the list names it; else one other
 * entry as a witness that the list is not empty, where that matters. Lists have no upper bound, and
 * a copy of each with every purchase would weigh more than the purchase.
 */
export function narrowList(list: readonly string[], entry: string): readonly string[] {
  return list.includes(entry) ? [entry] : list.slice(0, 1);
}

/** The export policy's lists, narrowed: `admitsExport` answers the same for this offer. */
export function narrowLists(
  lists: {
    readonly includeCategories: readonly string[];
    readonly excludeCategories: readonly string[];
    readonly entityAllowlist: readonly string[];
    readonly entityBlocklist: readonly string[];
  },
  { categoryId, entityId }: { readonly categoryId: string; readonly entityId: string },
): Narrowed {
  return {
    include_categories: narrowList(lists.includeCategories, categoryId),
    exclude_categories: narrowList(lists.excludeCategories, categoryId),
    entity_allowlist: narrowList(lists.entityAllowlist, entityId),
    entity_blocklist: narrowList(lists.entityBlocklist, entityId),
  };
}
