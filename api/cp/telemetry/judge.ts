import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { RegisteredEventKey } from '../../../db/cp/telemetry/event-keys.ts';
import type { RefusedEvent, VerifiedEvent } from '../../../db/cp/telemetry/intake.ts';
import { isSignedBy, kidOfSignature } from '../../../db/event-signature.ts';
import {
  EVENT_TYPES,
  isKeyOfItsTime,
  isPlausible,
  type QuarantineReason,
  type SignedEvent,
} from '../../../domain/telemetry/events.ts';
import { maskJson, maskText } from '../../../runtime/mask.ts';
import { DATA_SCHEMAS, envelope } from './schemas.ts';

export interface IntakeFacts {
  /** The subject of the token. */
  readonly wlId: string;
  readonly keys: ReadonlyMap<string, RegisteredEventKey>;
  readonly receivedAt: Date;
}

export type Judgement =
  ({ readonly accepted: true } & VerifiedEvent) | ({ readonly accepted: false } & RefusedEvent);

// The largest honest event is under 2 KiB; this leaves room for long titles in every script.
const EVENT_BYTES_MAX = 16 * 1_024;
// What is kept of a refused event has to be readable, not whole.
const KEPT_CHARACTERS = 4_096;
const DETAIL_CHARACTERS = 300;
const LABEL_CHARACTERS = 100;
const ISSUES_NAMED = 3;
// An event has three levels.
const DEPTH_MAX = 16;

interface Refusal {
  readonly reason: QuarantineReason;
  readonly detail: string;
}

/** Judges one event as it came; a refusal names the first thing that is wrong, in a fixed order. */
export function judge(raw: unknown, facts: IntakeFacts): Judgement {
  const outcome = check(raw, facts);
  if ('kid' in outcome) return { accepted: true, ...outcome };
  return { accepted: false, ...outcome, ...keep(raw) };
}

function check(raw: unknown, facts: IntakeFacts): VerifiedEvent | Refusal {
  if (isDeep(raw) || Buffer.byteLength(JSON.stringify(raw)) > EVENT_BYTES_MAX) {
    const detail = `is larger than ${EVENT_BYTES_MAX} bytes or deeper than ${DEPTH_MAX} levels`;
    return { reason: 'TOO_LARGE', detail };
  }
  const told = memberOf(raw, 'wlId');
  if (told !== undefined && told !== facts.wlId) {
    return { reason: 'WL_MISMATCH', detail: 'wlId is not the subject of the token' };
  }
  const type = memberOf(raw, 'type');
  if (type !== undefined && !EVENT_TYPES.some((known) => known === type)) {
    return { reason: 'TYPE_UNKNOWN', detail: 'no such type of event is known here' };
  }
  const correlationId = memberOf(raw, 'correlationId');
  if (correlationId === undefined || correlationId === '') {
    return { reason: 'CORRELATION_MISSING', detail: 'correlationId is missing' };
  }
  const shape = envelope.safeParse(raw);
  if (!shape.success) return { reason: 'SCHEMA_INVALID', detail: describe(shape.error) };
  const data = DATA_SCHEMAS[shape.data.type].safeParse(shape.data.data);
  if (!data.success) return { reason: 'SCHEMA_INVALID', detail: describe(data.error, ['data']) };
  // The signature is over what was sent, not over what a schema made of it.
  return verify(raw as SignedEvent, facts);
}

function verify(event: SignedEvent, { keys, receivedAt }: IntakeFacts): VerifiedEvent | Refusal {
  const occurredAt = new Date(event.occurredAt);
  if (!isPlausible(occurredAt, receivedAt)) {
    return { reason: 'TIME_IMPLAUSIBLE', detail: 'occurredAt is in the future or too long ago' };
  }
  const kid = kidOfSignature(event.signature);
  if (kid === undefined) {
    return { reason: 'SIGNATURE_INVALID', detail: 'is no compact JWS with detached content' };
  }
  const key = keys.get(kid);
  if (key === undefined || !isKeyOfItsTime(key, { occurredAt, receivedAt })) {
    return { reason: 'KEY_UNKNOWN', detail: 'no key of that id was registered at that time' };
  }
  if (!isSignedBy(event, key.publicJwk)) {
    return { reason: 'SIGNATURE_INVALID', detail: 'the signature is not over this event' };
  }
  return { event, kid };
}

/** Texts of JSON recurse: what is nested without end must not reach them. */
function isDeep(raw: unknown): boolean {
  let level: unknown[] = [raw];
  for (let depth = 0; depth <= DEPTH_MAX; depth += 1) {
    level = level.flatMap((value) =>
      value !== null && typeof value === 'object' ? Object.values(value) : [],
    );
    if (level.length === 0) return false;
  }
  return true;
}

/** What is kept of it: masked, and without what a database can't hold. */
function keep(raw: unknown): Omit<RefusedEvent, 'reason' | 'detail'> {
  const document = storable(maskJson(raw));
  const text = JSON.stringify(document);
  const eventId = labelOf(raw, 'eventId');
  const type = labelOf(raw, 'type');
  return {
    digest: createHash('sha256').update(text).digest('hex'),
    ...(eventId !== undefined && { eventId }),
    ...(type !== undefined && { type }),
    documentMasked: text.length <= KEPT_CHARACTERS ? document : cut(text, KEPT_CHARACTERS),
  };
}

function labelOf(raw: unknown, name: string): string | undefined {
  const value = memberOf(raw, name);
  return typeof value === 'string'
    ? cut(storableText(maskText(value)), LABEL_CHARACTERS)
    : undefined;
}

// NUL and halves of characters are JSON, and refused by jsonb.
function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '?');
}

function cut(text: string, characters: number): string {
  return text.slice(0, characters).toWellFormed();
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(storable);
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, member]) => [storableText(key), storable(member)]));
}

function memberOf(raw: unknown, name: string): unknown {
  if (raw === null || typeof raw !== 'object') return undefined;
  return (raw as Record<string, unknown>)[name];
}

function describe(error: z.ZodError, path: readonly PropertyKey[] = []): string {
  const named = error.issues.slice(0, ISSUES_NAMED).map((issue) => {
    const where = [...path, ...issue.path].join('.');
    return where === '' ? issue.message : `${where}: ${issue.message}`;
  });
  return cut(storableText(maskText(named.join('; '))), DETAIL_CHARACTERS);
}
