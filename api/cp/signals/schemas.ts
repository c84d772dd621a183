import { z } from 'zod';
import { freeText } from '../../http/free-text.ts';
import type { StoredAttempt, StoredDelivery, StoredSignal } from '../../../db/cp/signals/read.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { anyCase, instant, timestamp, wlId } from '../schemas.ts';

export const STATES = ['PENDING', 'SENT', 'ACKED', 'SUPERSEDED', 'CANCELLED'] as const;
const MAX_REASON = 300;
/** A hand-picked list; a longer one is a filter. */
const MAX_IDS = 200;

const reason = freeText(MAX_REASON);

export const signalBody = z.strictObject({
  src: wlId,
  dst: wlId,
  action: anyCase(['DISABLE', 'ENABLE']),
  reason,
});

export const cancelBody = z.strictObject({ wlId: wlId.optional(), reason });

export const testBody = z.strictObject({ wlId });

export const ackBody = z.strictObject({
  status: anyCase(['APPLIED', 'STALE']).optional(),
  appliedAt: instant.optional(),
  offersChanged: z.int().min(0).optional(),
});

export const redriveBody = z
  .strictObject({
    ids: z.array(z.uuid().toLowerCase()).min(1).max(MAX_IDS).optional(),
    filter: z
      .strictObject({
        wlId: wlId.optional(),
        src: wlId.optional(),
        dst: wlId.optional(),
        state: anyCase(STATES).optional(),
        since: instant.optional(),
      })
      .refine((filter) => Object.keys(filter).length > 0, 'names at least one field')
      .optional(),
    dryRun: z.boolean().default(false),
  })
  .refine(({ ids, filter }) => (ids === undefined) !== (filter === undefined), {
    message: 'has either ids or filter',
  });

const attemptView = z.object({
  attempt: z.int(),
  startedAt: timestamp,
  latencyMs: z.int(),
  status: z.int().nullable(),
  failure: z.string().nullable(),
  body: z.string().nullable().meta({ description: 'Masked, at most 1 KiB.' }),
});

const deliveryView = z.object({
  wlId: z.string(),
  state: z.enum(STATES),
  round: z.int().meta({ description: 'Grows with each redrive.' }),
  attemptCount: z.int(),
  firstSentAt: timestamp.nullable(),
  lastSentAt: timestamp.nullable(),
  ackedAt: timestamp.nullable(),
  ackKind: z.enum(['BODY', 'EXPLICIT', 'STALE', 'OPERATOR']).nullable(),
  appliedAt: timestamp.nullable(),
  offersChanged: z.int().nullable(),
  workflowId: z.string(),
});

export const signalView = z.object({
  id: z.string(),
  sequence: z.string(),
  src: z.string(),
  dst: z.string(),
  action: z.enum(['DISABLE', 'ENABLE']),
  origin: z.enum(['AUTOMATIC', 'OPERATOR']),
  reason: z.string(),
  exposure: z.string(),
  limit: z.string(),
  currency: z.string().nullable(),
  createdBy: z.string(),
  correlationId: z.string(),
  causedAt: timestamp,
  createdAt: timestamp,
  state: z.enum(STATES),
  deliveries: z.array(deliveryView),
});

export const signalDetailsView = signalView.extend({
  deliveries: z.array(
    deliveryView.extend({
      attempts: z.array(attemptView).meta({ description: 'The last ones, newest first.' }),
    }),
  ),
});

export const redriveView = z.object({
  dryRun: z.boolean(),
  reopened: z.int().meta({ description: 'Final deliveries that are sent again.' }),
  open: z.int().meta({ description: 'Open deliveries that are tried at once.' }),
});

export const ackView = z.object({ id: z.string(), wlId: z.string(), state: z.enum(STATES) });

export const testView = z.object({
  testId: z.string(),
  wlId: z.string(),
  taken: z.boolean(),
  status: z.int().optional(),
  failure: z.string().optional(),
  latencyMs: z.int(),
});

export const webhookKeysView = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('OKP'),
      crv: z.literal('Ed25519'),
      x: z.string(),
      kid: z.string(),
      use: z.literal('sig'),
      alg: z.literal('EdDSA'),
    }),
  ),
});

const isoOf = (at: Date | null): string | null => at?.toISOString() ?? null;

export function deliveryViewOf(
  signalId: string,
  delivery: StoredDelivery,
): z.output<typeof deliveryView> {
  return {
    ...delivery,
    firstSentAt: isoOf(delivery.firstSentAt),
    lastSentAt: isoOf(delivery.lastSentAt),
    ackedAt: isoOf(delivery.ackedAt),
    appliedAt: isoOf(delivery.appliedAt),
    workflowId: `signal/${signalId}/${delivery.wlId}`,
  };
}

export function signalViewOf(signal: StoredSignal): z.output<typeof signalView> {
  const { exposureMinor, limitMinor, sequence, causedAt, createdAt, deliveries, ...rest } = signal;
  return {
    ...rest,
    sequence: String(sequence),
    exposure: formatMinor(exposureMinor),
    limit: formatMinor(limitMinor),
    causedAt: causedAt.toISOString(),
    createdAt: createdAt.toISOString(),
    deliveries: deliveries.map((delivery) => deliveryViewOf(signal.id, delivery)),
  };
}

export function attemptViewOf(attempt: StoredAttempt): z.output<typeof attemptView> {
  const { startedAt, bodyMasked: body, ...rest } = attempt;
  return { ...rest, body, startedAt: startedAt.toISOString() };
}
