import { admitsExport } from '../policy/export-policy.ts';
import { isVisibleTo, type Relationship, type WlPolicy } from '../policy/relationship.ts';
import type { RefusalCode } from '../shared/codes.ts';

/** An exporter's own offer as far as its export is concerned. Instants are epoch milliseconds. */
export interface OwnOffer {
  readonly categoryId: string;
  readonly entityId: string;
  readonly status: 'ENABLED' | 'DISABLED';
  readonly createdAt: number;
}

/** What an exporter knows when a partner asks. Absent policy or relationship: never pulled. */
export interface PartnerFacts {
  readonly policy: WlPolicy | undefined;
  /** Exporter (this WL) to importer (`partner`). */
  readonly relationship: Relationship | undefined;
  readonly partner: string;
  /** True while an imbalance signal has stopped the pair. */
  readonly signalDisabled: boolean;
}

export interface ExportFacts extends PartnerFacts {
  readonly offer: OwnOffer | undefined;
  /** The database's clock, epoch milliseconds. */
  readonly now: number;
}

const MS_PER_SECOND = 1_000;

/**
 * Why this WL shows and sells nothing at all to the partner, in the order of RULES.md 2 up to
 * visibility; undefined where it trades.
 */
export function refusePartner(facts: PartnerFacts): RefusalCode | undefined {
  const { policy, relationship, partner, signalDisabled } = facts;
  if (relationship === undefined) return 'RELATIONSHIP_MISSING';
  if (relationship.status === 'BLOCKED') return 'RELATIONSHIP_BLOCKED';
  if (relationship.status === 'PAUSED') return 'RELATIONSHIP_PAUSED';
  if (signalDisabled) return 'SIGNAL_DISABLED';
  if (policy === undefined || !policy.exportEnabled) return 'EXPORT_DISABLED';
  if (!policy.features.export) return 'FEATURE_DISABLED';
  return isVisibleTo(policy, partner) ? undefined : 'NOT_VISIBLE';
}

/**
 * Why this offer is not for the partner, in the order of RULES.md 2 up to export_policy; undefined
 * where it is exportable. The listing and the preflight ask this same function.
 */
export function refuseExport(facts: ExportFacts): RefusalCode | undefined {
  const refused = refusePartner(facts);
  if (refused !== undefined) return refused;
  const { policy, relationship, offer, now } = facts;
  if (offer === undefined) return 'OFFER_NOT_FOUND';
  if (offer.status === 'DISABLED') return 'OFFER_DISABLED';
  const exportableFrom = offer.createdAt + (policy?.exportDelaySeconds ?? 0) * MS_PER_SECOND;
  if (now < exportableFrom) return 'EXPORT_DELAYED';
  return admitsExport(relationship?.exportPolicy, offer) ? undefined : 'EXPORT_POLICY_DENIED';
}
