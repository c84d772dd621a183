import { canonicalJson, type Json } from '../shared/canonical.ts';
import type { PulledPolicy, PulledRelationship, RolloutStage } from './pull-document.ts';

/** What a revision of a WL's policy is made of: the pulled policy without number and labels. */
export type PolicyTerms = Omit<PulledPolicy, 'revision' | 'updatedBy' | 'updatedSource'> & {
  readonly rolloutStage: RolloutStage;
};

/** What a revision of a relationship is made of: the pulled one without pair and number. */
export type RelationshipTerms = Omit<PulledRelationship, 'src' | 'dst' | 'revision'>;

/** A new WL trades nothing until an operator says what; nothing is hidden once it does. */
export const DEFAULT_POLICY: PolicyTerms = {
  importEnabled: false,
  exportEnabled: false,
  exportDelaySeconds: 0,
  visibilityEnabled: true,
  visibilityWls: [],
  policyRevision: '',
  features: { import: true, export: true, purchase: true },
  rolloutStage: 'PILOT',
};

/** DESIGN.md 4; the rate and the limit have no default, a person must have thought of them. */
export const DEFAULT_RELATIONSHIP: Omit<RelationshipTerms, 'fxRate' | 'limitAmount'> = {
  status: 'ACTIVE',
  limitMode: 'HARD',
  thresholds: { alert: 80, disable: 100, enable: 90 },
  commissionRate: '0.05',
  approval: { mode: 'ABOVE', aboveAmount: '1000.00' },
  fourEyes: false,
};

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** The fields of a PUT; an absent one stays as it is. */
export type PolicyPatch = Loose<Omit<PolicyTerms, 'features'>> & {
  readonly features?: Loose<PolicyTerms['features']> | undefined;
};

/** The fields of a PUT; an absent one stays as it is, null takes an optional rule away. */
export type RelationshipPatch = Loose<
  Omit<RelationshipTerms, 'thresholds' | 'approval' | 'velocity' | 'export_policy'>
> & {
  readonly thresholds?: Loose<RelationshipTerms['thresholds']> | undefined;
  readonly approval?: Loose<RelationshipTerms['approval']> | undefined;
  readonly velocity?: RelationshipTerms['velocity'] | null;
  readonly export_policy?: RelationshipTerms['export_policy'] | null;
};

/** Amounts at stake: changing one of these needs the risk role (CONTRACTS.md, operator). */
const RISK_FIELDS = ['fxRate', 'limitAmount', 'limitMode', 'commissionRate'] as const;
/** Limit, FX and commission, and the rule itself: or one person could switch it off first. */
const FOUR_EYES_FIELDS = [...RISK_FIELDS, 'velocity', 'fourEyes'] as const;

/** The policy after a PUT. */
export function patchPolicy(current: PolicyTerms, patch: PolicyPatch): PolicyTerms {
  return {
    ...current,
    ...present(patch),
    features: { ...current.features, ...present(patch.features ?? {}) },
  };
}

/** The relationship after a PUT. */
export function patchRelationship(
  current: Omit<RelationshipTerms, 'fxRate' | 'limitAmount'> & Partial<RelationshipTerms>,
  patch: RelationshipPatch & Pick<RelationshipTerms, 'fxRate' | 'limitAmount'>,
): RelationshipTerms;
export function patchRelationship(
  current: RelationshipTerms,
  patch: RelationshipPatch,
): RelationshipTerms;
export function patchRelationship(
  current: Omit<RelationshipTerms, 'fxRate' | 'limitAmount'>,
  patch: RelationshipPatch,
): RelationshipTerms {
  const { velocity, export_policy: exportPolicy, thresholds, approval, ...plain } = patch;
  const terms = { ...current, ...present(plain) } as RelationshipTerms;
  return {
    ...terms,
    thresholds: { ...current.thresholds, ...present(thresholds ?? {}) },
    approval: { ...current.approval, ...present(approval ?? {}) },
    velocity: velocity === undefined ? current.velocity : (velocity ?? undefined),
    export_policy: exportPolicy === undefined ? current.export_policy : (exportPolicy ?? undefined),
  };
}

/** Names of the fields in which two sets of terms differ, in the order of their names. */
export function changedFields<T extends object>(before: T | undefined, after: T): string[] {
  const old = (before ?? {}) as Record<string, Json | undefined>;
  const now = after as Record<string, Json | undefined>;
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].filter((name) => textOf(old[name]) !== textOf(now[name])).sort();
}

/** True when one of the changed fields is for risk officers only. */
export function needsRiskRole(changed: readonly string[]): boolean {
  return RISK_FIELDS.some((field) => changed.includes(field));
}

/** True when another person must confirm: the pair has fourEyes and the change moves money. */
export function needsSecondPerson(
  before: RelationshipTerms | undefined,
  changed: readonly string[],
): boolean {
  return before?.fourEyes === true && FOUR_EYES_FIELDS.some((field) => changed.includes(field));
}

/** Enabling above the disable threshold would flap; an alert after the disable warns nobody. */
export function hasOrderedThresholds({ alert, disable, enable }: Thresholds): boolean {
  return alert <= disable && enable <= disable;
}
type Thresholds = RelationshipTerms['thresholds'];

function textOf(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : canonicalJson(value);
}

function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
