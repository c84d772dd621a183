import { z } from 'zod';
import { settledAmounts } from '../../domain/imbalance/settlement.ts';
import {
  ROLLOUT_STAGES,
  WL_STATUSES,
  type PullDocument,
} from '../../domain/policy/pull-document.ts';
import { readPulledRelationship } from '../../domain/policy/pulled.ts';
import {
  APPROVAL_MODES,
  LIMIT_MODES,
  RELATIONSHIP_STATUSES,
} from '../../domain/policy/relationship.ts';
import { parseRate } from '../../domain/shared/fx.ts';
import { parseCurrency, parseMinor } from '../../domain/shared/money.ts';

// Fields that a newer Control Plane adds are dropped, not refused: parties are deployed apart.
const wlId = z.uuid().toLowerCase();
const revision = z.int().min(1);
const decimalInteger = z.string().regex(/^\d{1,18}$/);
const ids = z.array(z.string());

const exportPolicy = z.object({
  enabled: z.boolean(),
  min_created_at: z.iso.datetime({ offset: true }).optional(),
  include_categories: ids,
  exclude_categories: ids,
  entity_allowlist: ids,
  entity_blocklist: ids,
});

const relationship = z
  .object({
    src: wlId,
    dst: wlId,
    revision,
    status: z.enum(RELATIONSHIP_STATUSES),
    fxRate: z.string(),
    limitAmount: z.string(),
    limitMode: z.enum(LIMIT_MODES),
    thresholds: z.object({ alert: z.number(), disable: z.number(), enable: z.number() }),
    commissionRate: z.string(),
    approval: z.object({ mode: z.enum(APPROVAL_MODES), aboveAmount: z.string() }),
    velocity: z.object({ maxAmount: z.string(), windowSeconds: z.int().min(1) }).optional(),
    fourEyes: z.boolean(),
    export_policy: exportPolicy.optional(),
  })
  .refine((pulled) => readPulledRelationship(pulled).ok, 'holds an amount or rate that is not one');

const eventKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().min(1),
  kid: z.string().min(1),
  alg: z.string().optional(),
  use: z.string().optional(),
});

const partner = z.object({
  wlId,
  name: z.string(),
  // Calls carry tokens and buyers' trades: never to a plain address.
  peerUrl: z.url({ protocol: /^https$/ }).optional(),
  currency: z
    .string()
    .refine((code) => parseCurrency(code).ok)
    .optional(),
  eventKeys: z.object({ keys: z.array(eventKey) }).optional(),
});

const settlement = z
  .object({
    number: decimalInteger,
    id: z.uuid().toLowerCase(),
    src: wlId,
    dst: wlId,
    amount: z.string(),
    rate: z.string(),
  })
  .refine(({ amount, rate }) => {
    const [minor, fxRate] = [parseMinor(amount), parseRate(rate)];
    return minor.ok && fxRate.ok && settledAmounts(minor.value, fxRate.value).ok;
  }, 'moves nothing on one of its sides');

export const pullDocumentShape: z.ZodType<PullDocument> = z.object({
  documentRevision: decimalInteger,
  wl: z.object({
    id: wlId,
    name: z.string(),
    status: z.enum(WL_STATUSES),
    rolloutStage: z.enum(ROLLOUT_STAGES),
  }),
  policy: z.object({
    revision,
    importEnabled: z.boolean(),
    exportEnabled: z.boolean(),
    exportDelaySeconds: z.int().min(0),
    visibilityEnabled: z.boolean(),
    visibilityWls: z.array(wlId),
    policyRevision: z.string(),
    features: z.object({ import: z.boolean(), export: z.boolean(), purchase: z.boolean() }),
    updatedBy: z.string(),
    updatedSource: z.string(),
  }),
  relationships: z.array(relationship),
  partners: z.array(partner),
  settlements: z.array(settlement),
  auditHead: z.object({ seq: decimalInteger, hash: z.string(), signature: z.string() }),
  crl: z.object({ number: decimalInteger, pem: z.string() }).optional(),
  webhookKeys: z.object({ keys: z.array(eventKey) }).optional(),
});

const publishedKey = z.object({
  kty: z.literal('RSA'),
  n: z.string().min(1),
  e: z.string().min(1),
  kid: z.string().min(1),
  alg: z.string().optional(),
  use: z.string().optional(),
  /** Whose key it is: a WL id or `control-plane`. */
  sub: z.string().min(1),
});

/** The Control Plane's JWKS: each key names its owner. */
export const jwksShape = z.object({ keys: z.array(publishedKey) });
export type PublishedKeys = z.output<typeof jwksShape>;
