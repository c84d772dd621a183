import { sql, type Kysely, type Selectable } from 'kysely';
import type {
  EvidenceEvent,
  EvidenceEventKey,
  EvidenceMove,
  EvidenceSignal,
  EvidenceSigningKey,
  EvidenceToken,
} from '../../../domain/audit/evidence.ts';
import type { EventKey } from '../../../domain/policy/pull-document.ts';
import type { Json } from '../../../domain/shared/canonical.ts';
import { formatMinor } from '../../../domain/shared/money.ts';
import { EVENT_SCHEMA_VERSION } from '../../../domain/telemetry/events.ts';
import { CONTROL_PLANE_OWNER } from '../key.ts';
import type { CpSchema } from '../schema.ts';

/** A trade as the Control Plane keys it (CONTRACTS.md). */
export interface TradeKey {
  readonly importer: string;
  readonly exporter: string;
  readonly tradeId: string;
}

/** From the first thing that happened to the last that was told. */
export interface Window {
  readonly from: Date;
  readonly until: Date;
}

/** A trade has some twenty events; a WL that reports without end must not fill a bundle. */
const EVENTS_MAX = 1_000;
/** Tokens of an hour each, signals and moves of one trade's time: more is another question. */
const ROWS_MAX = 1_000;

/** Everything that both sides reported of the trade, as it was signed. */
export async function readEvents(
  db: Kysely<CpSchema>,
  { importer, exporter, tradeId }: TradeKey,
): Promise<EvidenceEvent[]> {
  const rows = await db
    .selectFrom('event')
    .selectAll()
    .where(sql<boolean>`data ->> 'tradeId' = ${tradeId}`)
    .where(
      sql<boolean>`(wl_id, data ->> 'counterpartWlId') IN
        ((${importer}::uuid, ${exporter}), (${exporter}::uuid, ${importer}))`,
    )
    .orderBy('received_at')
    .orderBy('event_id')
    .limit(EVENTS_MAX)
    .execute();
  return rows.map((row) => ({
    kid: row.kid,
    receivedAt: row.received_at.toISOString(),
    event: {
      eventId: row.event_id,
      type: row.type,
      schemaVersion: EVENT_SCHEMA_VERSION,
      occurredAt: row.occurred_at.toISOString(),
      wlId: row.wl_id,
      correlationId: row.correlation_id,
      data: row.data as Json,
      signature: row.signature,
    },
  }));
}

export async function readEventKeys(
  db: Kysely<CpSchema>,
  wlIds: readonly string[],
): Promise<EvidenceEventKey[]> {
  const rows = await db
    .selectFrom('wl_event_key')
    .selectAll()
    .where('wl_id', 'in', [...wlIds])
    .orderBy('wl_id')
    .orderBy('registered_at')
    .orderBy('kid')
    .execute();
  return rows.map((row) => ({
    wlId: row.wl_id,
    publicJwk: row.public_jwk as EventKey,
    registeredAt: row.registered_at.toISOString(),
    ...(row.replaced_at !== null && { replacedAt: row.replaced_at.toISOString() }),
  }));
}

/** Public keys of the Control Plane and those under which the two WLs' tokens are issued. */
export async function readSigningKeys(
  db: Kysely<CpSchema>,
  wlIds: readonly string[],
): Promise<EvidenceSigningKey[]> {
  const rows = await db
    .selectFrom('signing_key')
    .selectAll()
    .where((where) => where.or([where('wl_id', 'is', null), where('wl_id', 'in', [...wlIds])]))
    .orderBy('created_at')
    .orderBy('kid')
    .execute();
  return rows.map((row) => ({
    kid: row.kid,
    owner: row.wl_id ?? CONTROL_PLANE_OWNER,
    state: row.state,
    publicJwk: row.public_jwk as { [key: string]: Json },
    createdAt: row.created_at.toISOString(),
    ...(row.activated_at !== null && { activatedAt: row.activated_at.toISOString() }),
    ...(row.retire_at !== null && { retireAt: row.retire_at.toISOString() }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at.toISOString() }),
  }));
}

/** Tokens of either side for the other or for the Control Plane that were alive meanwhile. */
export async function readTokens(
  db: Kysely<CpSchema>,
  wlIds: readonly string[],
  { from, until }: Window,
): Promise<EvidenceToken[]> {
  const rows = await db
    .selectFrom('issued_token')
    .selectAll()
    .where('sub', 'in', [...wlIds])
    .where('aud', 'in', [...wlIds, CONTROL_PLANE_OWNER])
    .where('issued_at', '<=', until)
    .where('expires_at', '>=', from)
    .orderBy('issued_at')
    .orderBy('jti')
    .limit(ROWS_MAX)
    .execute();
  return rows.map(({ jti, kind, sub, aud, scope, kid, ...row }) => ({
    ...{ jti, kind, sub, aud, scope, kid },
    issuedAt: row.issued_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  }));
}

/** Signals about the pair, in either direction, that were made meanwhile. */
export async function readSignals(
  db: Kysely<CpSchema>,
  wlIds: readonly string[],
  { from, until }: Window,
): Promise<EvidenceSignal[]> {
  const rows = await db
    .selectFrom('signal')
    .selectAll()
    .where('src', 'in', [...wlIds])
    .where('dst', 'in', [...wlIds])
    .where('created_at', '>=', from)
    .where('created_at', '<=', until)
    .orderBy('created_at')
    .orderBy('id')
    .limit(ROWS_MAX)
    .execute();
  const ids = rows.map(({ id }) => id);
  const deliveries = await db
    .selectFrom('signal_delivery')
    .selectAll()
    .where('signal_id', '=', sql<string>`ANY(${ids}::uuid[])`)
    .orderBy('wl_id')
    .execute();
  return rows.map(({ id, src, dst, action, origin, reason, ...row }) => ({
    ...{ id, src, dst, action, origin, reason, sequence: String(row.sequence) },
    exposure: formatMinor(row.exposure_minor),
    limit: formatMinor(row.limit_minor),
    createdAt: row.created_at.toISOString(),
    deliveries: deliveries.filter(({ signal_id: of }) => of === id).map(deliveryOf),
  }));
}

function deliveryOf(row: Selectable<CpSchema['signal_delivery']>): EvidenceSignal['deliveries'][0] {
  return {
    wlId: row.wl_id,
    state: row.state,
    ...(row.acked_at !== null && { ackedAt: row.acked_at.toISOString() }),
    ...(row.applied_at !== null && { appliedAt: row.applied_at.toISOString() }),
  };
}

/** Every move that the trade made in the balance, and the settlements of its time. */
export async function readMoves(
  db: Kysely<CpSchema>,
  { importer, exporter, tradeId }: TradeKey,
  { from, until }: Window,
): Promise<EvidenceMove[]> {
  const wlIds = [importer, exporter];
  const journal = db
    .selectFrom('pair_journal')
    .selectAll()
    .where('src', 'in', wlIds)
    .where('dst', 'in', wlIds);
  // Two questions, each of which an index answers: together they would read all of the pair's moves.
  const own = journal.where('reference', '=', tradeId).where('kind', 'in', ['EXPORT', 'IMPORT']);
  const settled = journal
    .where('kind', 'in', ['SETTLEMENT_RECEIVED', 'SETTLEMENT_PAID'])
    .where('recorded_at', '>=', from)
    .where('recorded_at', '<=', until);
  const rows = await db
    .selectFrom(own.unionAll(settled).as('moved'))
    .selectAll()
    .orderBy('id')
    .limit(ROWS_MAX)
    .execute();
  return rows.map((row) => ({
    id: String(row.id),
    ...{ src: row.src, dst: row.dst, kind: row.kind, reference: row.reference },
    exportsDelta: formatMinor(row.exports_delta),
    importsDelta: formatMinor(row.imports_delta),
    reservedDelta: formatMinor(row.reserved_delta),
    settlementsReceivedDelta: formatMinor(row.settlements_received_delta),
    settlementsPaidDelta: formatMinor(row.settlements_paid_delta),
    occurredAt: row.occurred_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
  }));
}
