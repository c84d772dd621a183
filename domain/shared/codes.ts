/**
 * Every stable code a caller can meet (RULES.md 8). Refusals end or precede a trade; request codes
 * say that the request itself was wrong. `docs/errors.md` is compared with these tables by a test.
 */
export const REFUSAL_CODES = [
  'PRICE_CHANGED',
  'OUT_OF_STOCK',
  'HOLD_EXPIRED',
  'HOLD_TAKEN',
  'HOLDS_TOO_MANY',
  'LIMIT_EXCEEDED',
  'VELOCITY_EXCEEDED',
  'RELATIONSHIP_MISSING',
  'RELATIONSHIP_PAUSED',
  'RELATIONSHIP_BLOCKED',
  'EXPORT_DISABLED',
  'IMPORT_DISABLED',
  'FEATURE_DISABLED',
  'EXPORT_POLICY_DENIED',
  'NOT_VISIBLE',
  'EXPORT_DELAYED',
  'OFFER_NOT_FOUND',
  'OFFER_DISABLED',
  'SIGNAL_DISABLED',
  'INSUFFICIENT_FUNDS',
  'ACCOUNT_NOT_ALLOWED',
  'COOL_DOWN',
  'QUANTITY_INVALID',
  'MANUAL_REJECT',
  'APPROVAL_EXPIRED',
  'EXPORTER_UNAVAILABLE',
  'ENGINE_UNAVAILABLE',
  'CANCELLED',
] as const;

export const REQUEST_CODES = [
  'VALIDATION_FAILED',
  'IDEMPOTENCY_MISSING',
  'IDEMPOTENCY_MISMATCH',
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'TOKEN_AUDIENCE',
  'TOKEN_SCOPE',
  'TOKEN_BINDING',
  'CERTIFICATE_REQUIRED',
  'CERTIFICATE_SUBJECT',
  'SELF_APPROVAL',
  'SAME_PERSON',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'PRECONDITION_FAILED',
  'RATE_LIMITED',
  'INTERNAL',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];
export type RequestCode = (typeof REQUEST_CODES)[number];
export type Code = RefusalCode | RequestCode;
