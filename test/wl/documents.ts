import type {
  PullDocument,
  PulledPolicy,
  PulledRelationship,
} from '../../domain/policy/pull-document.ts';

export const EXPORTER = 'fd1a88a9-3a01-43bb-ae20-32618c1b3752';
export const IMPORTER = '2a6f8e2c-874c-4476-aac3-0d535fb52ac7';

export function pulledPolicy(change: Partial<PulledPolicy> = {}): PulledPolicy {
  return {
    revision: 1,
    importEnabled: true,
    exportEnabled: true,
    exportDelaySeconds: 0,
    visibilityEnabled: true,
    visibilityWls: [],
    policyRevision: 'baseline',
    features: { import: true, export: true, purchase: true },
    updatedBy: 'bootstrap',
    updatedSource: 'test',
    ...change,
  };
}

export function pulledRelationship(change: Partial<PulledRelationship> = {}): PulledRelationship {
  return {
    src: EXPORTER,
    dst: IMPORTER,
    revision: 1,
    status: 'ACTIVE',
    fxRate: '1',
    limitAmount: '100000.00',
    limitMode: 'HARD',
    thresholds: { alert: 80, disable: 100, enable: 90 },
    commissionRate: '0.05',
    approval: { mode: 'ABOVE', aboveAmount: '1000.00' },
    fourEyes: false,
    ...change,
  };
}

/** What a WL pulls; by default the importer's document with one relationship. */
export function pullDocument(
  change: Partial<PullDocument> & { readonly wlId?: string } = {},
): PullDocument {
  const { wlId = IMPORTER, ...rest } = change;
  const other = wlId === IMPORTER ? EXPORTER : IMPORTER;
  return {
    documentRevision: '1',
    wl: { id: wlId, name: 'wl', status: 'ACTIVE', rolloutStage: 'GENERAL' },
    policy: pulledPolicy(),
    relationships: [pulledRelationship()],
    partners: [{ wlId: other, name: 'partner', currency: wlId === IMPORTER ? 'XEX' : 'XIM' }],
    settlements: [],
    auditHead: { seq: '0', hash: '', signature: 'e30.e30.e30' },
    ...rest,
  };
}
