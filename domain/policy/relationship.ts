import type { Rate } from '../shared/fx.ts';
import type { Minor } from '../shared/money.ts';
import type { ExportPolicy } from './export-policy.ts';

export const RELATIONSHIP_STATUSES = ['ACTIVE', 'PAUSED', 'BLOCKED'] as const;
export type RelationshipStatus = (typeof RELATIONSHIP_STATUSES)[number];
export const LIMIT_MODES = ['HARD', 'SOFT'] as const;
export type LimitMode = (typeof LIMIT_MODES)[number];
export const APPROVAL_MODES = ['AUTO', 'MANUAL', 'ABOVE'] as const;
export type ApprovalMode = (typeof APPROVAL_MODES)[number];

/**
 * The rules of one direction of trade, exporter (`src`) to importer (`dst`), at one revision
 * (DESIGN.md 4). Limits and amounts are minor units of the exporter's currency.
 */
export interface Relationship {
  readonly src: string;
  readonly dst: string;
  readonly revision: number;
  readonly status: RelationshipStatus;
  readonly fxRate: Rate;
  readonly limit: Minor;
  readonly limitMode: LimitMode;
  readonly commissionRate: Rate;
  readonly approval: { readonly mode: ApprovalMode; readonly above: Minor };
  readonly velocity?: { readonly max: Minor; readonly windowSeconds: number } | undefined;
  readonly exportPolicy?: ExportPolicy | undefined;
}

/** A WL's own base policy with its rollout features (DESIGN.md 4, CONTRACTS.md policies). */
export interface WlPolicy {
  readonly wlId: string;
  readonly revision: number;
  readonly importEnabled: boolean;
  readonly exportEnabled: boolean;
  readonly exportDelaySeconds: number;
  readonly visibilityEnabled: boolean;
  /** Empty means every partner that has a relationship. */
  readonly visibilityWls: readonly string[];
  readonly features: {
    readonly import: boolean;
    readonly export: boolean;
    readonly purchase: boolean;
  };
}

/**
 * True when a purchase of this amount (minor units, exporter's currency) waits for a person at the
 * exporter: always under MANUAL, strictly above the threshold under ABOVE (DESIGN.md 4).
 */
export function needsApproval(approval: Relationship['approval'], amount: Minor): boolean {
  return approval.mode === 'MANUAL' || (approval.mode === 'ABOVE' && amount > approval.above);
}

/** True when the policy shows this WL's offers to `partner` at all (CONTRACTS.md, policies). */
export function isVisibleTo(policy: WlPolicy, partner: string): boolean {
  if (!policy.visibilityEnabled) return false;
  return policy.visibilityWls.length === 0 || policy.visibilityWls.includes(partner);
}
