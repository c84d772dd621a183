import type { EventKey } from '../policy/pull-document.ts';
import type { Json } from '../shared/canonical.ts';
import type { SignedEvent } from '../telemetry/events.ts';

/** Names the form of a bundle; a change of the form is another name (docs/audit.md). */
export const EVIDENCE_FORMAT = 'xpory-evidence/1';
/** `typ` of the manifest's signature: it can't be taken for a token or an audit head. */
export const EVIDENCE_TYPE = 'xpory-evidence+jws';

/** Instants are ISO 8601 UTC, amounts decimal strings, numbers of audit rows decimal integers. */
export interface EvidenceEvent {
  readonly event: SignedEvent;
  readonly kid: string;
  readonly receivedAt: string;
}

export interface EvidenceEventKey {
  readonly wlId: string;
  readonly publicJwk: EventKey;
  readonly registeredAt: string;
  readonly replacedAt?: string | undefined;
}

/** A key of the Control Plane or one with which it signs a WL's tokens. */
export interface EvidenceSigningKey {
  readonly kid: string;
  /** A WL id, or `control-plane`. */
  readonly owner: string;
  readonly state: string;
  readonly publicJwk: { readonly [key: string]: Json };
  readonly createdAt: string;
  readonly activatedAt?: string | undefined;
  readonly retireAt?: string | undefined;
  readonly revokedAt?: string | undefined;
}

export interface EvidenceRevision {
  readonly kind: 'POLICY' | 'RELATIONSHIP';
  /** As the audit calls it: `policy/<wlId>` or `relationship/<src>/<dst>`. */
  readonly subject: string;
  readonly revision: number;
  readonly at: string;
  readonly actor: string;
  readonly source: string;
  /** A relationship's holds the FX rate. */
  readonly document: { readonly [key: string]: Json };
  readonly auditSeq: string;
}

export interface EvidenceAuditRow {
  readonly seq: string;
  readonly at: string;
  readonly actor: string;
  readonly source: string;
  readonly action: string;
  readonly subject: string;
  readonly before: Json;
  readonly after: Json;
  readonly correlationId: string;
  readonly previousHash: string;
  readonly hash: string;
}

/** Rows without a gap up to one that a signed head names: they were in the chain by then. */
export interface EvidenceSegment {
  readonly rows: readonly EvidenceAuditRow[];
  readonly head: { readonly seq: string; readonly hash: string; readonly signature: string };
}

export interface EvidenceToken {
  readonly jti: string;
  readonly kind: string;
  readonly sub: string;
  readonly aud: string;
  readonly scope: string;
  readonly kid: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
}

export interface EvidenceSignal {
  readonly id: string;
  readonly src: string;
  readonly dst: string;
  readonly sequence: string;
  readonly action: string;
  readonly origin: string;
  readonly reason: string;
  readonly exposure: string;
  readonly limit: string;
  readonly createdAt: string;
  readonly deliveries: readonly {
    readonly wlId: string;
    readonly state: string;
    readonly ackedAt?: string | undefined;
    readonly appliedAt?: string | undefined;
  }[];
}

/** What the trade, and settlements meanwhile, moved in the balance of the pair. */
export interface EvidenceMove {
  readonly id: string;
  readonly src: string;
  readonly dst: string;
  readonly kind: string;
  readonly reference: string;
  readonly exportsDelta: string;
  readonly importsDelta: string;
  readonly reservedDelta: string;
  readonly settlementsReceivedDelta: string;
  readonly settlementsPaidDelta: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
}

/** Everything that is hashed, by the name that the manifest gives it. */
export interface EvidenceParts {
  readonly events: readonly EvidenceEvent[];
  readonly eventKeys: readonly EvidenceEventKey[];
  readonly signingKeys: readonly EvidenceSigningKey[];
  readonly revisions: readonly EvidenceRevision[];
  readonly audit: readonly EvidenceSegment[];
  readonly tokens: readonly EvidenceToken[];
  readonly signals: readonly EvidenceSignal[];
  readonly balance: readonly EvidenceMove[];
}

export const EVIDENCE_PARTS = [
  'events',
  'eventKeys',
  'signingKeys',
  'revisions',
  'audit',
  'tokens',
  'signals',
  'balance',
] as const satisfies readonly (keyof EvidenceParts)[];
export type EvidencePart = (typeof EVIDENCE_PARTS)[number];

export interface EvidenceManifest {
  readonly format: typeof EVIDENCE_FORMAT;
  readonly issuer: string;
  readonly createdAt: string;
  readonly importer: string;
  readonly exporter: string;
  readonly tradeId: string;
  /** Hexadecimal SHA-256 of each part's canonical JSON (RFC 8785). */
  readonly parts: Readonly<Record<EvidencePart, string>>;
}

/** What one file holds, itself written as canonical JSON: no byte of it is without a meaning. */
export interface EvidenceBundle {
  readonly format: typeof EVIDENCE_FORMAT;
  readonly manifest: EvidenceManifest;
  /** Compact JWS (RS256) of the Control Plane over the manifest's canonical JSON. */
  readonly signature: string;
  readonly parts: EvidenceParts;
}
