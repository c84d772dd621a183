import type { Relationship } from '../../api/types.ts';

/** What the form holds: decimals as they are typed. */
export type Terms = ReturnType<typeof termsOf>;

/** A new relationship begins with the defaults of the API. */
export function termsOf(relationship: Relationship | undefined) {
  const { velocity, export_policy: policy } = relationship ?? {};
  return {
    status: relationship?.status ?? 'ACTIVE',
    fxRate: relationship?.fxRate ?? '',
    limitAmount: relationship?.limitAmount ?? '',
    limitMode: relationship?.limitMode ?? 'HARD',
    commissionRate: relationship?.commissionRate ?? '0',
    thresholds: relationship?.thresholds ?? { alert: 80, disable: 100, enable: 90 },
    approval: relationship?.approval ?? { mode: 'ABOVE', aboveAmount: '1000.00' },
    velocity: {
      maxAmount: velocity?.maxAmount ?? '',
      windowSeconds: velocity?.windowSeconds ?? ('' as number | ''),
    },
    fourEyes: relationship?.fourEyes ?? false,
    hasPolicy: policy !== undefined,
    export_policy: {
      enabled: policy?.enabled ?? true,
      min_created_at: policy?.min_created_at ?? '',
      include_categories: policy?.include_categories ?? [],
      exclude_categories: policy?.exclude_categories ?? [],
      entity_allowlist: policy?.entity_allowlist ?? [],
      entity_blocklist: policy?.entity_blocklist ?? [],
    },
  };
}

/** The fields that differ from what was there: omitted ones stay, whoever else changes them. */
export function changedOf(before: Terms | undefined, after: Terms): Record<string, unknown> {
  const known = before === undefined ? {} : wireOf(before);
  const said = Object.entries(wireOf(after));
  return Object.fromEntries(
    said.filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(known[name])),
  );
}

function wireOf({ velocity, hasPolicy, export_policy: policy, ...plain }: Terms) {
  const { min_created_at: from, ...lists } = policy;
  const { maxAmount, windowSeconds } = velocity;
  const hasVelocity = maxAmount !== '' || windowSeconds !== '';
  const wire: Record<string, unknown> = {
    ...plain,
    velocity: hasVelocity ? velocity : null,
    export_policy: hasPolicy
      ? { ...lists, ...(from === '' ? {} : { min_created_at: from }) }
      : null,
  };
  return wire;
}
