import type { ExportPolicy } from '../../policy/export-policy.ts';
import { invariant } from '../../shared/invariant.ts';
import type { PreflightFacts } from '../preflight.ts';
import { written, type Change, type Fix, type Rule } from './change.ts';

interface Clause {
  readonly failed: boolean;
  readonly change: Change;
  readonly instead: Partial<ExportPolicy>;
}

/**
 * What an export policy holds against one offer. Each clause that fails is its own change: the
 * search for a way out meets the next one when it decides again.
 */
export const EXPORT_POLICY_RULE: Rule<PreflightFacts> = {
  says: 'export_policy admits the offer',
  inputs: (facts) => ({
    'offer.categoryId': facts.offer?.categoryId ?? null,
    'offer.entityId': facts.offer?.entityId ?? null,
    'offer.createdAt': written(facts.offer?.createdAt ?? 0),
    failed: clausesOf(facts)
      .filter((clause) => clause.failed)
      .map(({ change }) => change.field ?? '')
      .join(', '),
  }),
  fixes: (facts) => {
    const first = clausesOf(facts).find((clause) => clause.failed);
    invariant(first !== undefined, 'a policy that denies has a clause that fails');
    return [fixOf(facts, first)];
  },
};

function fixOf(facts: PreflightFacts, { change, instead }: Clause): Fix<PreflightFacts> {
  const { relationship } = facts;
  invariant(relationship?.exportPolicy !== undefined, 'an export policy was looked at');
  const exportPolicy = { ...relationship.exportPolicy, ...instead };
  return { change, after: { ...facts, relationship: { ...relationship, exportPolicy } } };
}

/** The clauses in the order in which `admitsExport` looks at them. */
function clausesOf({ relationship, offer }: PreflightFacts): readonly Clause[] {
  const policy = relationship?.exportPolicy;
  invariant(policy !== undefined && offer !== undefined, 'an export policy was looked at');
  const { categoryId, entityId, createdAt } = offer;
  const { minCreatedAt, includeCategories, entityAllowlist } = policy;
  const without = (list: readonly string[], entry: string): readonly string[] =>
    list.filter((one) => one !== entry);
  return [
    {
      failed: !policy.enabled,
      change: { kind: 'SET_EXPORT_POLICY', field: 'enabled', from: false, to: true },
      instead: { enabled: true },
    },
    {
      failed: minCreatedAt !== undefined && createdAt < minCreatedAt,
      change: {
        ...{ kind: 'SET_EXPORT_POLICY', field: 'min_created_at' },
        ...{ from: written(minCreatedAt ?? 0), to: written(createdAt) },
      },
      instead: { minCreatedAt: createdAt },
    },
    {
      failed: policy.excludeCategories.includes(categoryId),
      change: { kind: 'REMOVE_FROM_EXPORT_POLICY', field: 'exclude_categories', to: categoryId },
      instead: { excludeCategories: without(policy.excludeCategories, categoryId) },
    },
    {
      failed: includeCategories.length > 0 && !includeCategories.includes(categoryId),
      change: { kind: 'ADD_TO_EXPORT_POLICY', field: 'include_categories', to: categoryId },
      instead: { includeCategories: [...includeCategories, categoryId] },
    },
    {
      failed: policy.entityBlocklist.includes(entityId),
      change: { kind: 'REMOVE_FROM_EXPORT_POLICY', field: 'entity_blocklist', to: entityId },
      instead: { entityBlocklist: without(policy.entityBlocklist, entityId) },
    },
    {
      failed: entityAllowlist.length > 0 && !entityAllowlist.includes(entityId),
      change: { kind: 'ADD_TO_EXPORT_POLICY', field: 'entity_allowlist', to: entityId },
      instead: { entityAllowlist: [...entityAllowlist, entityId] },
    },
  ];
}
