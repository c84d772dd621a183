import { z } from 'zod';
import { TRADER_STATUSES } from '../../../domain/purchase/hold.ts';
import { PARK_REASONS, PARKABLE_STATES } from '../../../domain/purchase/trade.ts';
import { REFUSAL_CODES } from '../../../domain/shared/codes.ts';
import {
  EVENT_RESULTS,
  EVENT_SCHEMA_VERSION,
  EVENT_TYPES,
  QUARANTINE_REASONS,
  type EventData,
  type EventType,
} from '../../../domain/telemetry/events.ts';
import { cursorQuery } from '../../http/pagination.ts';
import { timestamp, wlId } from '../schemas.ts';

/** Of one request (CONTRACTS.md). */
export const EVENTS_MAX = 500;
const TEXT_MAX = 1_000;
const ID_MAX = 200;
const CORRELATION_MAX = 200;
const SIGNATURE_MAX = 1_000;

// A database text holds neither NUL nor half a surrogate pair.
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), {
      message: 'is text without NUL and without halves of characters',
    });
const id = text(ID_MAX).min(1);
/** As runtime/tls writes serial numbers. */
const SERIAL_FORM = /^[1-9A-F][0-9A-F]{0,39}$/;
const lowerUuid = z.uuid().regex(/^[^A-Z]+$/, 'is in lower case');
const isoInstant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 'is ISO 8601 UTC with milliseconds')
  .refine((value) => !Number.isNaN(new Date(value).getTime()), { message: 'is an instant' });
const count = z.int().min(0);
const revision = z.int().min(0);
const amount = z.string().regex(/^\d{1,18}\.\d{2}$/, 'is an amount with two decimals');
const currency = z.string().regex(/^[A-Z]{3}$/, 'is three capital letters');
// Empty on a refusal that came before a rate was found.
const rate = z.string().regex(/^(\d{1,10}(\.\d{1,8})?)?$/, 'is a rate of at most eight decimals');
// Whatever else is masked wrongly, a whole address does not get in (DESIGN.md 4, PII).
const masked = text(TEXT_MAX).refine((value) => !/[^*\s]@/.test(value), {
  message: 'is masked',
});

const traderPurchase = z.strictObject({
  tradeId: id,
  role: z.enum(['IMPORTER', 'EXPORTER']),
  counterpartWlId: lowerUuid,
  version: count,
  status: z.enum(TRADER_STATUSES),
  reason: z.enum(REFUSAL_CODES).exactOptional(),
  quantity: count,
  unitPrice: amount,
  currency,
  amount,
  fxRate: rate,
  importedUnitPrice: amount.exactOptional(),
  importedCurrency: currency.exactOptional(),
  importedAmount: amount.exactOptional(),
  offer: z.strictObject({ id, title: text(TEXT_MAX), category: text(TEXT_MAX) }),
  buyerMasked: masked,
  sellerName: text(TEXT_MAX),
  holdId: id.exactOptional(),
  policyRevision: revision,
  relationshipRevision: revision,
  workflowId: id,
  latencyMs: count,
  approvalDeadline: isoInstant.exactOptional(),
  parkedReason: z.enum(PARK_REASONS).exactOptional(),
  parkedFrom: z.enum(PARKABLE_STATES).exactOptional(),
});

const signalApplied = z.strictObject({
  signalId: lowerUuid,
  sequence: z.union([z.int().min(0), z.string().regex(/^\d{1,18}$/)]),
  src: lowerUuid,
  dst: lowerUuid,
  action: z.enum(['DISABLE', 'ENABLE', 'TEST']),
  status: z.enum(['APPLIED', 'STALE']),
  receivedAt: isoInstant,
  appliedAt: isoInstant,
  offersOffAt: isoInstant.nullable().exactOptional(),
  offersChanged: count,
});

/** The data of each type; unknown members are refused, because nobody here would read them. */
export const DATA_SCHEMAS: { readonly [T in EventType]: z.ZodType<EventData[T]> } = {
  TRADER_PURCHASE: traderPurchase,
  'trader.account.confirmed': z.strictObject({ wlId: lowerUuid, traderId: id }),
  'offer.attempted': traderPurchase,
  'hold.opened': traderPurchase,
  'hold.closed': traderPurchase,
  'limit.refused': traderPurchase,
  'policy.applied': z.strictObject({
    kind: z.enum(['POLICY', 'RELATIONSHIP']),
    src: lowerUuid,
    dst: lowerUuid,
    revision,
  }),
  'policy.stale': z.strictObject({ wlId: lowerUuid, pulledAt: isoInstant }),
  'certificate.expiring': z.strictObject({
    wlId: lowerUuid,
    serial: z.string().regex(SERIAL_FORM),
    notAfter: isoInstant,
    reason: z.enum(['NOT_WRITABLE', 'NOT_USABLE', 'REFUSED']),
  }),
  'signal.applied': signalApplied,
  'purchase.parked': traderPurchase,
  'purchase.unparked': traderPurchase,
};

/** What every event has; its data is judged by its type. */
export const envelope = z.strictObject({
  eventId: lowerUuid,
  type: z.enum(EVENT_TYPES),
  schemaVersion: z.literal(EVENT_SCHEMA_VERSION),
  occurredAt: isoInstant,
  wlId: lowerUuid,
  correlationId: text(CORRELATION_MAX).min(1),
  data: z.record(z.string(), z.unknown()),
  signature: z.string().max(SIGNATURE_MAX),
});

// Each event is judged by itself, so that a bad one does not fail its neighbours.
const anything = z.unknown().meta({
  description:
    'An event: eventId (UUIDv7), type, schemaVersion 1, occurredAt, wlId, correlationId, data, ' +
    'signature (compact JWS with detached content, EdDSA, over the RFC 8785 text without it).',
});

export const intakeBody = z.union([
  z.strictObject({ events: z.array(anything).min(1).max(EVENTS_MAX) }),
  z
    .record(z.string(), z.unknown())
    .refine((body) => !('events' in body), { message: `is one event, or 1 to ${EVENTS_MAX}` })
    .meta({ description: 'One event by itself.' }),
]);

export const intakeView = z.object({
  results: z.array(
    z.object({
      /** As sent; null where it could not be read. */
      eventId: z.string().nullable(),
      result: z.enum(EVENT_RESULTS),
      code: z.enum(QUARANTINE_REASONS).optional(),
      detail: z.string().optional(),
    }),
  ),
});

export const quarantineQuery = z.object({
  ...cursorQuery,
  wlId: wlId.optional(),
  reason: z.enum(QUARANTINE_REASONS).optional(),
});

export const quarantineView = z.object({
  id: z.string(),
  wlId: z.string(),
  reason: z.enum(QUARANTINE_REASONS),
  detail: z.string(),
  eventId: z.string().nullable(),
  type: z.string().nullable(),
  document: z.unknown().meta({ description: 'Masked and bounded.' }),
  times: z.number().int(),
  correlationId: z.string(),
  createdAt: timestamp,
  lastAt: timestamp,
});
