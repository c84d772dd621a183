import { z } from 'zod';
import type { StoredPolicy } from '../../../db/cp/policy.ts';
import type { StoredWl } from '../../../db/cp/wl.ts';
import { maskEmail } from '../../../domain/policy/contact.ts';
import { ROLLOUT_STAGES, WL_STATUSES } from '../../../domain/policy/pull-document.ts';
import {
  features,
  policyFields,
  policyView,
  policyViewOf,
  rolloutStage,
} from '../policies/schemas.ts';
import {
  anyCase,
  currency,
  description,
  email,
  labels,
  name,
  timestamp,
  wlId,
} from '../schemas.ts';

const url = z.string().min(1);
const policy = z.strictObject({ ...policyFields, ...labels });

export const newWl = z.strictObject({
  id: wlId.optional(),
  name,
  description: description.optional(),
  contactEmail: email.optional(),
  gatewayUrl: url.optional(),
  currency: currency.optional(),
  status: anyCase(WL_STATUSES).default('ACTIVE'),
  rolloutStage: rolloutStage.optional(),
  features: features.optional(),
  policy: policy.optional(),
  ...labels,
});

export const wlPatch = z.strictObject({
  id: wlId.optional(),
  name: name.optional(),
  description: description.nullable().optional(),
  contactEmail: email.nullable().optional(),
  gatewayUrl: url.nullable().optional(),
  currency: currency.optional(),
  status: anyCase(WL_STATUSES).optional(),
  rolloutStage: rolloutStage.optional(),
  features: features.optional(),
  policy: policy.optional(),
  ...labels,
});

const MAX_EVENT_KEYS = 20;
const MAX_KID = 128;
const ED25519_X = /^[A-Za-z0-9_-]{43}$/;

const eventKey = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(ED25519_X, 'is 32 bytes in base64url'),
  kid: z.string().min(1).max(MAX_KID),
  alg: z.enum(['EdDSA', 'Ed25519']).optional(),
  use: z.literal('sig').optional(),
});

export const endpointBody = z.strictObject({
  peerUrl: url,
  currency,
  eventKeys: z.strictObject({ keys: z.array(eventKey).min(1).max(MAX_EVENT_KEYS) }),
});

export const secretsView = z.object({ policySecret: z.string(), signalSecret: z.string() });

export const endpointView = z.object({
  wlId: z.string(),
  peerUrl: z.string().nullable(),
  currency: z.string().nullable(),
});

export const wlView = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  contactEmail: z.string().nullable().meta({ description: 'Masked.' }),
  gatewayUrl: z.string().nullable(),
  currency: z.string().nullable(),
  status: z.enum(WL_STATUSES),
  rolloutStage: z.enum(ROLLOUT_STAGES),
  features: policyView.shape.features,
  peerUrl: z.string().nullable(),
  policy: policyView,
  createdAt: timestamp,
  updatedAt: timestamp,
});

export function wlViewOf(wl: StoredWl, stored: StoredPolicy): z.output<typeof wlView> {
  return {
    id: wl.id,
    name: wl.name,
    description: wl.description,
    contactEmail: wl.contactEmail === null ? null : maskEmail(wl.contactEmail),
    gatewayUrl: wl.gatewayUrl,
    currency: wl.currency,
    status: wl.status,
    rolloutStage: stored.terms.rolloutStage,
    features: stored.terms.features,
    peerUrl: wl.peerUrl,
    policy: policyViewOf(stored),
    createdAt: wl.createdAt.toISOString(),
    updatedAt: wl.updatedAt.toISOString(),
  };
}
