import { z } from 'zod';
import { APPROVAL_MODES, LIMIT_MODES } from '../../domain/policy/relationship.ts';
import { RELATIONSHIP_STATUSES } from '../../domain/policy/relationship.ts';
import { HOLD_STATES } from '../../domain/purchase/hold.ts';
import type { RecordedDecision } from '../../domain/purchase/recorded.ts';
import { PARK_REASONS, TRADE_STATES } from '../../domain/purchase/trade.ts';
import { REFUSAL_CODES } from '../../domain/shared/codes.ts';
import { parseFactor } from '../../domain/shared/fx.ts';
import { parseMinor } from '../../domain/shared/money.ts';

/** Shapes of recorded decisions: a WL answers them, and the Control Plane reads what it answers. */

const MAX_TEXT = 200;
/** Narrowed lists hold the entry that matters, or one witness (`narrowLists`). */
const MAX_NARROWED = 1;

const text = z.string().max(MAX_TEXT);
// Read with the parsers of the domain: what passes here can be decided by again.
const money = text.refine((value) => parseMinor(value).ok, 'is a decimal amount');
const factor = text.refine((value) => parseFactor(value).ok, 'is a factor');
const instant = z.int().min(0);
const revision = z.int().min(0);
const quantity = z.int();
const narrowed = z.array(text).max(MAX_NARROWED);

const policy = z.object({
  wlId: text,
  revision,
  importEnabled: z.boolean(),
  exportEnabled: z.boolean(),
  exportDelaySeconds: z.int().min(0),
  visibilityEnabled: z.boolean(),
  visibilityWls: narrowed,
  features: z.object({ import: z.boolean(), export: z.boolean(), purchase: z.boolean() }),
});

const relationship = z.object({
  src: text,
  dst: text,
  revision,
  status: z.enum(RELATIONSHIP_STATUSES),
  fxRate: factor,
  limitAmount: money,
  limitMode: z.enum(LIMIT_MODES),
  commissionRate: factor,
  approval: z.object({ mode: z.enum(APPROVAL_MODES), aboveAmount: money }),
  velocity: z.object({ maxAmount: money, windowSeconds: z.int().min(0) }).optional(),
  export_policy: z
    .object({
      enabled: z.boolean(),
      min_created_at: z.iso.datetime().optional(),
      include_categories: narrowed,
      exclude_categories: narrowed,
      entity_allowlist: narrowed,
      entity_blocklist: narrowed,
    })
    .optional(),
});

const status = z.object({ status: z.enum(RELATIONSHIP_STATUSES), revision });
const counts = z.object({ importer: z.int().min(0), buyer: z.int().min(0) });
const terms = z.object({ quantity, unitPrice: money });

const request = z.object({
  account: z.object({ active: z.boolean(), mayBuy: z.boolean() }),
  policy: policy.optional(),
  signalDisabled: z.boolean(),
  givenHold: z.boolean(),
  quantity,
  offer: z.object({
    originUnitPrice: money,
    originCurrency: text,
    fxRate: factor,
    unitPrice: money,
    currency: text,
    commissionRate: factor,
    relationshipRevision: revision,
  }),
  expectedUnitPrice: money.optional(),
  coolDownUntil: instant.optional(),
  now: instant,
  funds: money,
  fees: money,
});

export const preflightFacts = z.object({
  partner: text,
  policy: policy.optional(),
  relationship: relationship.optional(),
  signalDisabled: z.boolean(),
  offer: z
    .object({
      categoryId: text,
      entityId: text,
      status: z.enum(['ENABLED', 'DISABLED']),
      createdAt: instant,
      unitPrice: money,
      stock: z.int(),
      used: z.int(),
    })
    .optional(),
  currency: text,
  quantity,
  expectedUnitPrice: money,
  openHolds: counts,
  caps: counts,
  windowAmount: money,
  exposure: money,
  now: instant,
});

/** One decision with what it was made by (`domain/purchase/recorded.ts`). */
export const recordedDecision = z.discriminatedUnion('step', [
  z.object({ step: z.literal('request'), facts: request }),
  z.object({
    step: z.literal('fund'),
    facts: z.object({
      amount: money,
      commission: money,
      funds: money,
      fees: money,
      currency: text,
    }),
  }),
  z.object({ step: z.literal('preflight'), facts: preflightFacts }),
  z.object({
    step: z.literal('confirm'),
    facts: z.object({ hold: terms.extend({ own: z.boolean() }).optional(), asked: terms }),
  }),
  z.object({
    step: z.literal('capture'),
    facts: z.object({
      relationship: status.optional(),
      asking: z
        .object({ mode: z.enum(APPROVAL_MODES), aboveAmount: money, amount: money })
        .optional(),
    }),
  }),
  z.object({
    step: z.literal('approval'),
    facts: z.object({
      decision: z.enum(['APPROVE', 'REJECT']),
      relationship: status.optional(),
    }),
  }),
  z.object({
    step: z.literal('expiry'),
    facts: z.object({
      state: z.enum(['HELD', 'PENDING_APPROVAL']),
      now: instant,
      expiresAt: instant,
    }),
  }),
]) satisfies z.ZodType<RecordedDecision>;

/** A decision, where it led to, and its reason where it refused. */
export const decisionItem = z.object({
  version: z.int(),
  from: z.enum(['NEW', ...HOLD_STATES, ...TRADE_STATES]),
  to: z.enum([...HOLD_STATES, ...TRADE_STATES]),
  reason: z.enum([...REFUSAL_CODES, ...PARK_REASONS]).optional(),
  at: z.iso.datetime(),
  decision: recordedDecision,
});

/** The exporter's decisions on one trade. */
export const exporterDecisions = z.object({
  tradeId: z.string(),
  requesterWlId: z.uuid(),
  state: z.enum(HOLD_STATES),
  reason: z.enum(REFUSAL_CODES).optional(),
  decisions: z.array(decisionItem),
});

/** One trade of a pair as the exporter decided it first, and what became of it. */
export const exporterTrade = z.object({
  tradeId: z.string().optional(),
  holdId: z.uuid(),
  at: z.iso.datetime(),
  state: z.enum(HOLD_STATES),
  /** When it stopped counting in exposure; absent while it does, and where it never did. */
  releasedAt: z.iso.datetime().optional(),
  reason: z.enum(REFUSAL_CODES).optional(),
  /** Absent where the decision was made before decisions were recorded, or was none. */
  preflight: preflightFacts.optional(),
});

/** One trade of a pair as the importer decided on its request. */
export const importerTrade = z.object({
  tradeId: z.uuid(),
  at: z.iso.datetime(),
  state: z.enum(TRADE_STATES),
  reason: z.enum(REFUSAL_CODES).optional(),
  request: request.optional(),
});

export type DecisionItem = z.output<typeof decisionItem>;
