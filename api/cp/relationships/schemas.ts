import { z } from 'zod';
import type { PendingChange } from '../../../db/cp/relationship-change.ts';
import type { StoredRelationship } from '../../../db/cp/relationship.ts';
import type { RelationshipPatch } from '../../../domain/policy/governance.ts';
import {
  APPROVAL_MODES,
  LIMIT_MODES,
  RELATIONSHIP_STATUSES,
} from '../../../domain/policy/relationship.ts';
import {
  amount,
  anyCase,
  fraction,
  instant,
  labels,
  positiveAmount,
  rate,
  timestamp,
} from '../schemas.ts';

const MAX_PERCENT = 1_000;
const MAX_WINDOW_SECONDS = 2_592_000;
const MAX_LISTED = 1_000;
const MAX_ID = 100;

const percent = z.number().int().min(1).max(MAX_PERCENT);
const ids = z.array(z.string().min(1).max(MAX_ID)).max(MAX_LISTED).default([]);

export const exportPolicyBody = z.strictObject({
  enabled: z.boolean().default(true),
  min_created_at: instant.optional(),
  include_categories: ids,
  exclude_categories: ids,
  entity_allowlist: ids,
  entity_blocklist: ids,
});

export const velocityBody = z.strictObject({
  maxAmount: positiveAmount,
  windowSeconds: z.number().int().min(1).max(MAX_WINDOW_SECONDS),
});

export const relationshipBody = z
  .strictObject({
    status: anyCase(RELATIONSHIP_STATUSES).optional(),
    fxRate: rate.optional(),
    limitAmount: amount.optional(),
    imbalanceLimit: amount.optional().meta({ description: 'The same as limitAmount.' }),
    limitMode: anyCase(LIMIT_MODES).optional(),
    thresholds: z
      .strictObject({
        alert: percent.optional(),
        disable: percent.optional(),
        enable: percent.optional(),
      })
      .optional(),
    commissionRate: fraction.optional(),
    approval: z
      .strictObject({
        mode: anyCase(APPROVAL_MODES).optional(),
        aboveAmount: amount.optional(),
      })
      .optional(),
    velocity: velocityBody.nullable().optional(),
    fourEyes: z.boolean().optional(),
    export_policy: exportPolicyBody.nullable().optional(),
    ...labels,
  })
  .refine(
    ({ limitAmount, imbalanceLimit }) =>
      limitAmount === undefined || imbalanceLimit === undefined || limitAmount === imbalanceLimit,
    { path: ['imbalanceLimit'], message: 'differs from limitAmount' },
  );

type Body = z.output<typeof relationshipBody>;

/** The patch of a body, with the alias resolved and without the labels. */
export function relationshipPatchOf(body: Body): RelationshipPatch {
  const { imbalanceLimit, limitAmount = imbalanceLimit, ...rest } = body;
  const { updatedBy: _by, updatedSource: _source, ...fields } = rest;
  return { ...fields, limitAmount };
}

const exportPolicyView = z.object({
  enabled: z.boolean(),
  min_created_at: z.string().optional(),
  include_categories: z.array(z.string()),
  exclude_categories: z.array(z.string()),
  entity_allowlist: z.array(z.string()),
  entity_blocklist: z.array(z.string()),
});

export const relationshipView = z.object({
  src: z.string(),
  dst: z.string(),
  revision: z.number().int(),
  status: z.enum(RELATIONSHIP_STATUSES),
  fxRate: z.string(),
  limitAmount: z.string(),
  imbalanceLimit: z.string(),
  limitMode: z.enum(LIMIT_MODES),
  thresholds: z.object({ alert: z.number(), disable: z.number(), enable: z.number() }),
  commissionRate: z.string(),
  approval: z.object({ mode: z.enum(APPROVAL_MODES), aboveAmount: z.string() }),
  velocity: z.object({ maxAmount: z.string(), windowSeconds: z.number() }).optional(),
  fourEyes: z.boolean(),
  export_policy: exportPolicyView.optional(),
  updatedBy: z.string(),
  updatedSource: z.string(),
  updatedAt: timestamp,
});

export function relationshipViewOf(
  relationship: StoredRelationship,
): z.output<typeof relationshipView> {
  const { src, dst, revision, terms, updatedBy, updatedSource, updatedAt } = relationship;
  const { velocity, export_policy: policy, ...plain } = terms;
  return {
    src,
    dst,
    revision,
    ...plain,
    imbalanceLimit: terms.limitAmount,
    ...(velocity === undefined ? {} : { velocity }),
    ...(policy === undefined
      ? {}
      : {
          export_policy: {
            ...policy,
            include_categories: [...policy.include_categories],
            exclude_categories: [...policy.exclude_categories],
            entity_allowlist: [...policy.entity_allowlist],
            entity_blocklist: [...policy.entity_blocklist],
          },
        }),
    updatedBy,
    updatedSource,
    updatedAt: updatedAt.toISOString(),
  };
}

export const changeView = z.object({
  id: z.string(),
  src: z.string(),
  dst: z.string(),
  baseRevision: z.number().int(),
  patch: z.record(z.string(), z.unknown()),
  state: z.enum(['PENDING', 'CONFIRMED', 'STALE']),
  updatedBy: z.string(),
  updatedSource: z.string(),
  proposedBy: z.string(),
  proposedAt: timestamp,
  decidedBy: z.string().nullable(),
  decidedAt: timestamp.nullable(),
});

export function changeViewOf(change: PendingChange): z.output<typeof changeView> {
  return {
    ...change,
    patch: { ...change.patch },
    proposedAt: change.proposedAt.toISOString(),
    decidedAt: change.decidedAt?.toISOString() ?? null,
  };
}
