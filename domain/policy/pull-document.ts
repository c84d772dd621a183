import type { ApprovalMode, LimitMode, RelationshipStatus } from './relationship.ts';

/**
 * What a WL pulls from the Control Plane (`GET /policies/pull`): everything that governs its trades,
 * so that it goes on alone when the Control Plane is dead. Amounts and rates are decimal strings,
 * amounts in the exporter's (`src`) currency; instants are ISO 8601 UTC.
 */
export interface PullDocument {
  /**
   * A growing decimal integer. The WL reports the one it has applied as `X-Applied-Revision`; every
   * revision that the document contains is then known to be applied. The ETag stands in its header.
   */
  readonly documentRevision: string;
  readonly wl: {
    readonly id: string;
    readonly name: string;
    readonly status: WlStatus;
    readonly rolloutStage: RolloutStage;
  };
  readonly policy: PulledPolicy;
  /** Every relationship that this WL is part of, in either direction, ordered by src and dst. */
  readonly relationships: readonly PulledRelationship[];
  /** The other side of each relationship, once; ordered by wlId. */
  readonly partners: readonly PulledPartner[];
  /** Those after the number that the pull named, in the order of their numbers; at most a page. */
  readonly settlements: readonly PulledSettlement[];
  readonly auditHead: PulledAuditHead;
  /** Certificates that count no more, of every WL; absent until the first is revoked. */
  readonly crl?: PulledRevocationList | undefined;
  /**
   * What the `v1a` signatures on signals are checked with: next, current and retiring, newest first;
   * absent until there is one.
   */
  readonly webhookKeys?: { readonly keys: readonly EventKey[] } | undefined;
}

export const WL_STATUSES = ['ACTIVE', 'PAUSED', 'BLOCKED'] as const;
export type WlStatus = (typeof WL_STATUSES)[number];
export const ROLLOUT_STAGES = ['PILOT', 'GENERAL'] as const;
export type RolloutStage = (typeof ROLLOUT_STAGES)[number];

export interface PulledPolicy {
  /** 1 for the first; grows by one with each change of the policy, the features or the stage. */
  readonly revision: number;
  readonly importEnabled: boolean;
  readonly exportEnabled: boolean;
  readonly exportDelaySeconds: number;
  readonly visibilityEnabled: boolean;
  readonly visibilityWls: readonly string[];
  /** A label of the operators, not a number: `"baseline"`. */
  readonly policyRevision: string;
  readonly features: {
    readonly import: boolean;
    readonly export: boolean;
    readonly purchase: boolean;
  };
  readonly updatedBy: string;
  readonly updatedSource: string;
}

export interface PulledRelationship {
  readonly src: string;
  readonly dst: string;
  /** 1 for the first; grows by one with each change of the pair. */
  readonly revision: number;
  readonly status: RelationshipStatus;
  /** At most eight decimals, without trailing zeros: `"1.23456789"`. */
  readonly fxRate: string;
  readonly limitAmount: string;
  readonly limitMode: LimitMode;
  /** Percent of the limit. */
  readonly thresholds: {
    readonly alert: number;
    readonly disable: number;
    readonly enable: number;
  };
  /** A fraction of the total: `"0.05"` is 5 %. */
  readonly commissionRate: string;
  readonly approval: { readonly mode: ApprovalMode; readonly aboveAmount: string };
  readonly velocity?: { readonly maxAmount: string; readonly windowSeconds: number } | undefined;
  readonly fourEyes: boolean;
  readonly export_policy?: PulledExportPolicy | undefined;
}

export interface PulledExportPolicy {
  readonly enabled: boolean;
  readonly min_created_at?: string | undefined;
  readonly include_categories: readonly string[];
  readonly exclude_categories: readonly string[];
  readonly entity_allowlist: readonly string[];
  readonly entity_blocklist: readonly string[];
}

export interface PulledPartner {
  readonly wlId: string;
  readonly name: string;
  /** Absent until the partner has registered its endpoint. */
  readonly peerUrl?: string | undefined;
  readonly currency?: string | undefined;
  readonly eventKeys?: { readonly keys: readonly EventKey[] } | undefined;
}

/** A public Ed25519 key (RFC 8037): of a partner's events, or of the Control Plane's signals. */
export interface EventKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg?: string | undefined;
  readonly use?: string | undefined;
}

/** A confirmed settlement, numbered per WL in commit order (RULES.md 3). Amounts in src's currency. */
export interface PulledSettlement {
  readonly number: string;
  readonly id: string;
  readonly src: string;
  readonly dst: string;
  readonly amount: string;
  readonly rate: string;
}

/** An X.509 CRL that the authority has signed. */
export interface PulledRevocationList {
  /** The CRL's own number, a decimal integer; a list with a lower one is out of date. */
  readonly number: string;
  readonly pem: string;
}

export interface PulledAuditHead {
  /** The last sequence number of the chain, a decimal integer; `"0"` and `""` for an empty one. */
  readonly seq: string;
  readonly hash: string;
  /** Compact RS256 JWS over `{"hash":…,"seq":…}` under the Control Plane's own current key. */
  readonly signature: string;
}
