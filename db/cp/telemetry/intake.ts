import { sql, type Kysely } from 'kysely';
import type {
  EventData,
  EventResult,
  EventType,
  QuarantineReason,
  SignedEvent,
} from '../../../domain/telemetry/events.ts';
import { inTransaction } from '../../pool.ts';
import { raiseNotification } from '../notification.ts';
import type { CpSchema, CpTransaction } from '../schema.ts';
import { applyEvents, type StoredEvent } from './apply.ts';

/** An event whose shape, time and signature have been found good. */
export interface VerifiedEvent {
  readonly event: SignedEvent;
  readonly kid: string;
}

export interface RefusedEvent {
  readonly reason: QuarantineReason;
  readonly detail: string;
  /** Of the text as it came: the same thing refused again is counted, not kept again. */
  readonly digest: string;
  readonly eventId?: string | undefined;
  readonly type?: string | undefined;
  /** Without personal data and bounded. */
  readonly documentMasked: unknown;
}

export interface Batch {
  readonly wlId: string;
  readonly verified: readonly VerifiedEvent[];
  readonly refused: readonly RefusedEvent[];
  readonly correlationId: string;
}

/** Makes the tables of this day and the next, of UTC. */
export async function openEventDays(db: Kysely<CpSchema>, now: Date): Promise<void> {
  const day = now.toISOString().slice(0, 'YYYY-MM-DD'.length);
  await sql`SELECT ensure_event_day(${day}::date), ensure_event_day(${day}::date + 1)`.execute(db);
}

/** The moment that counts as now. */
export async function readIntakeClock(db: Kysely<CpSchema>): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT clock() AS now`.execute(db);
  return rows[0]?.now ?? new Date();
}

/**
 * Stores what was accepted and what was refused, and applies what had not been seen before: all of
 * it or nothing, so that a repeat after a lost answer finds either. Answers what became of each
 * verified event, in their order.
 */
export function storeBatch(db: Kysely<CpSchema>, batch: Batch): Promise<EventResult[]> {
  return inTransaction(db, async (tx) => {
    const receivedAt = await readIntakeClock(tx);
    const fresh = await rememberIds(tx, batch, receivedAt);
    // An id that stands twice in one request is new the first time.
    const isNew = batch.verified.map(({ event }) => fresh.delete(event.eventId));
    const accepted = batch.verified.filter((_verified, index) => isNew[index]);
    await insertEvents(tx, accepted, receivedAt);
    await applyEvents(
      tx,
      accepted.map(({ event }) => storedOf(event, receivedAt)),
    );
    for (const refused of batch.refused) await quarantine(tx, batch, refused);
    await tellOfRefusals(tx, batch, receivedAt);
    return isNew.map((accepts) => (accepts ? 'ACCEPTED' : 'DUPLICATE'));
  });
}

/** The ids that nobody has brought before. In one order, so that twins wait and don't deadlock. */
async function rememberIds(
  tx: CpTransaction,
  { wlId, verified }: Batch,
  receivedAt: Date,
): Promise<Set<string>> {
  const ids = [...new Set(verified.map(({ event }) => event.eventId))].toSorted();
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ event_id: string }>`
    INSERT INTO event_seen (wl_id, event_id, received_at)
    SELECT ${wlId}::uuid, id, ${receivedAt}::timestamptz FROM unnest(${ids}::uuid[]) AS id
        ON CONFLICT DO NOTHING RETURNING event_id`.execute(tx);
  return new Set(rows.map((row) => row.event_id));
}

async function insertEvents(
  tx: CpTransaction,
  accepted: readonly VerifiedEvent[],
  receivedAt: Date,
): Promise<void> {
  if (accepted.length === 0) return;
  const rows = accepted.map(({ event, kid }) => ({ ...event, kid }));
  // One parameter however many events there are: the statement is planned once.
  await sql`
    INSERT INTO event (event_id, wl_id, type, schema_version, occurred_at, received_at,
                       correlation_id, data, kid, signature)
    SELECT "eventId", "wlId", type, "schemaVersion", "occurredAt", ${receivedAt}::timestamptz,
           "correlationId", data, kid, signature
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS (
        "eventId" uuid, "wlId" uuid, type text, "schemaVersion" integer,
        "occurredAt" timestamptz, "correlationId" text, data jsonb, kid text, signature text)
  `.execute(tx);
}

function storedOf(event: SignedEvent, receivedAt: Date): StoredEvent {
  return {
    eventId: event.eventId,
    type: event.type,
    occurredAt: new Date(event.occurredAt),
    receivedAt,
    wlId: event.wlId,
    correlationId: event.correlationId,
    // Its schema has been checked against its type.
    data: event.data as unknown as EventData[EventType],
  };
}

async function quarantine(
  tx: CpTransaction,
  { wlId, correlationId }: Batch,
  refused: RefusedEvent,
): Promise<void> {
  await tx
    .insertInto('telemetry_quarantine')
    .values({
      wl_id: wlId,
      digest: refused.digest,
      reason: refused.reason,
      detail: refused.detail,
      event_id: refused.eventId ?? null,
      type: refused.type ?? null,
      document_masked: JSON.stringify(refused.documentMasked),
      correlation_id: correlationId,
    })
    .onConflict((conflict) =>
      conflict.columns(['wl_id', 'reason', 'digest']).doUpdateSet({
        times: sql`telemetry_quarantine.times + 1`,
        last_at: sql`clock()`,
      }),
    )
    .execute();
}

const HOUR_LENGTH = 'YYYY-MM-DDTHH'.length;

/** One notification a WL and hour, however many events were refused in it. */
async function tellOfRefusals(
  tx: CpTransaction,
  { wlId, refused, correlationId }: Batch,
  receivedAt: Date,
): Promise<void> {
  const first = refused[0];
  if (first === undefined) return;
  await raiseNotification(tx, {
    kind: 'TELEMETRY',
    severity: 'WARNING',
    dedupeKey: `telemetry/${wlId}/${receivedAt.toISOString().slice(0, HOUR_LENGTH)}`,
    title: 'Events of a white label were refused',
    subject: `wl/${wlId}`,
    details: { wlId, reason: first.reason, detail: first.detail, refused: refused.length },
    correlationId,
  });
}
