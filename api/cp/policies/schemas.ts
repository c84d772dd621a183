import { z } from 'zod';
import type { StoredPolicy } from '../../../db/cp/policy.ts';
import type { PolicyPatch } from '../../../domain/policy/governance.ts';
import { ROLLOUT_STAGES } from '../../../domain/policy/pull-document.ts';
import { anyCase, labels, timestamp, wlId } from '../schemas.ts';

// A month: an offer held back longer is not exported at all.
const MAX_DELAY_SECONDS = 2_592_000;
const MAX_VISIBLE_WLS = 1_000;
const MAX_POLICY_LABEL = 100;

export const features = z.strictObject({
  import: z.boolean().optional(),
  export: z.boolean().optional(),
  purchase: z.boolean().optional(),
});
export const rolloutStage = anyCase(ROLLOUT_STAGES);

/** The policy's own fields, in its PUT and inside a WL's. */
export const policyFields = {
  importEnabled: z.boolean().optional(),
  exportEnabled: z.boolean().optional(),
  exportDelaySeconds: z.number().int().min(0).max(MAX_DELAY_SECONDS).optional(),
  visibilityEnabled: z.boolean().optional(),
  visibilityWls: z.array(wlId).max(MAX_VISIBLE_WLS).optional(),
  policyRevision: z.string().max(MAX_POLICY_LABEL).optional(),
};

export const policyBody = z.strictObject({
  ...policyFields,
  features: features.optional(),
  rolloutStage: rolloutStage.optional(),
  ...labels,
});

export const policyView = z.object({
  wlId: z.string(),
  revision: z.number().int(),
  importEnabled: z.boolean(),
  exportEnabled: z.boolean(),
  exportDelaySeconds: z.number().int(),
  visibilityEnabled: z.boolean(),
  visibilityWls: z.array(z.string()),
  policyRevision: z.string(),
  features: z.object({ import: z.boolean(), export: z.boolean(), purchase: z.boolean() }),
  rolloutStage: z.enum(ROLLOUT_STAGES),
  updatedBy: z.string(),
  updatedSource: z.string(),
  updatedAt: timestamp,
});

export function policyViewOf(policy: StoredPolicy): z.output<typeof policyView> {
  return {
    wlId: policy.wlId,
    revision: policy.revision,
    ...policy.terms,
    visibilityWls: [...policy.terms.visibilityWls],
    updatedBy: policy.updatedBy,
    updatedSource: policy.updatedSource,
    updatedAt: policy.updatedAt.toISOString(),
  };
}

/** The list of WLs is a set: its order and its doubles change nothing. */
export function policyPatchOf({ visibilityWls, ...fields }: PolicyPatch): PolicyPatch {
  if (visibilityWls === undefined) return fields;
  return { ...fields, visibilityWls: [...new Set(visibilityWls)].sort() };
}
