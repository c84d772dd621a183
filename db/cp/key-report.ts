import { sql, type Kysely, type RawBuilder } from 'kysely';
import { CONTROL_PLANE_OWNER } from './key.ts';
import type { CpSchema } from './schema.ts';

/** What may leak: a key that signs tokens, events or signals, or a certificate's. */
export type ReportedKind = 'SIGNING_KEY' | 'EVENT_KEY' | 'WEBHOOK_KEY' | 'CERTIFICATE';

export interface ReportedKey {
  readonly kind: ReportedKind;
  /** A kid, or a certificate's serial. */
  readonly id: string;
  /** A WL id or `control-plane`. */
  readonly owner: string;
  readonly state: string;
  readonly from: Date | null;
  readonly until: Date | null;
  readonly thumbprint: string | null;
}

export const TOUCHED = ['TOKEN', 'TRADE', 'SIGNAL', 'EVENT'] as const;
export type Touched = (typeof TOUCHED)[number];

/** One thing that the key vouched for, or may have been used for. */
export interface TouchedItem {
  readonly type: Touched;
  readonly at: Date;
  readonly id: string;
  readonly wlId: string;
  readonly partner: string | null;
  readonly detail: string;
}

export interface TouchedPage {
  readonly type?: Touched | undefined;
  readonly limit: number;
  readonly after?: { readonly at: string; readonly type: string; readonly id: string } | undefined;
}

/** The key or certificate of that kid, serial or thumbprint; undefined where none is known. */
export async function findReported(
  db: Kysely<CpSchema>,
  id: string,
): Promise<ReportedKey | undefined> {
  const { rows } = await sql<ReportedKey>`
    SELECT 'SIGNING_KEY' AS kind, kid AS id, coalesce(wl_id::text, ${CONTROL_PLANE_OWNER}) AS owner,
           state, coalesce(activated_at, created_at) AS "from",
           coalesce(revoked_at, retire_at) AS until, NULL AS thumbprint
      FROM signing_key WHERE kid = ${id}
    UNION ALL
    SELECT 'EVENT_KEY', kid, wl_id::text,
           CASE WHEN replaced_at IS NULL THEN 'CURRENT' ELSE 'RETIRED' END,
           registered_at, replaced_at, NULL
      FROM wl_event_key WHERE kid = ${id}
    UNION ALL
    SELECT 'WEBHOOK_KEY', kid, ${CONTROL_PLANE_OWNER},
           CASE WHEN activated_at IS NULL THEN 'NEXT' WHEN retired_at IS NULL THEN 'CURRENT'
                WHEN retired_at > clock() THEN 'RETIRING' ELSE 'RETIRED' END,
           coalesce(activated_at, created_at), retired_at, NULL
      FROM webhook_key WHERE kid = ${id}
    UNION ALL
    SELECT 'CERTIFICATE', serial, coalesce(wl_id::text, ${CONTROL_PLANE_OWNER}), state, not_before,
           coalesce(revoked_at, not_after), thumbprint
      FROM certificate WHERE serial = upper(${id}) OR thumbprint = ${id}
    LIMIT 1`.execute(db);
  return rows[0];
}

/** How many things of each kind the key has touched. */
export async function countTouched(
  db: Kysely<CpSchema>,
  key: ReportedKey,
): Promise<Record<Touched, number>> {
  const { rows } = await sql<{ type: Touched; count: number }>`
    ${touchedBy(key)} SELECT type, count(*)::integer AS count FROM touched GROUP BY type`.execute(
    db,
  );
  const counts = new Map(rows.map(({ type, count }) => [type, count]));
  const countOf = (type: Touched): number => counts.get(type) ?? 0;
  return {
    TOKEN: countOf('TOKEN'),
    TRADE: countOf('TRADE'),
    SIGNAL: countOf('SIGNAL'),
    EVENT: countOf('EVENT'),
  };
}

/** One page of them in the order of their time, after the one named. */
export async function listTouched(
  db: Kysely<CpSchema>,
  key: ReportedKey,
  { type, limit, after }: TouchedPage,
): Promise<TouchedItem[]> {
  const { rows } = await sql<TouchedItem>`
    ${touchedBy(key)} SELECT * FROM touched
     WHERE (${type ?? null}::text IS NULL OR type = ${type ?? null})
       AND (${after?.at ?? null}::timestamptz IS NULL
            OR (at, type, id) > (${after?.at ?? null}::timestamptz, ${after?.type ?? ''}, ${after?.id ?? ''}))
     ORDER BY at, type, id LIMIT ${limit}`.execute(db);
  return rows;
}

/**
 * Everything that carries the key's signature, and everything that its tokens could have done while
 * they were alive: who had the key could do as much. Times are cut to milliseconds, so that a page
 * goes on exactly where the last one ended.
 */
function touchedBy(key: ReportedKey): RawBuilder<unknown> {
  return sql`WITH token AS (
      SELECT * FROM issued_token
       WHERE kid = ${key.id} OR thumbprint = ${key.thumbprint}
    ), event_of AS (
      SELECT * FROM event WHERE kid = ${key.id}
    ), found AS (
      SELECT 'TOKEN' AS type, issued_at AS at, jti::text AS id, sub AS "wlId", aud AS partner,
             kind || ': ' || scope AS detail FROM token
      UNION ALL
      SELECT 'EVENT', occurred_at, event_id::text, wl_id::text, data ->> 'counterpartWlId',
             type FROM event_of
      UNION ALL
      SELECT 'TRADE', started_at, importer || '/' || trade_id, importer::text, exporter::text,
             status FROM trade WHERE EXISTS (SELECT 1 FROM token WHERE ${couldTouch()})
                OR EXISTS (SELECT 1 FROM event_of WHERE ${toldOf()})
      UNION ALL
      SELECT 'SIGNAL', signal.created_at, signal.id::text, signal_delivery.wl_id::text,
             CASE signal_delivery.wl_id WHEN src THEN dst ELSE src END::text,
             action || ' ' || signal_delivery.state
        FROM signal_delivery JOIN signal ON signal.id = signal_id
       WHERE ${signalTouched(key)}
    ), touched AS (
      SELECT type, date_trunc('milliseconds', at) AS at, id, "wlId", partner, detail FROM found
    )`;
}

// A token speaks for its subject towards its audience, in either role of a trade, and towards itself
// about all that waits for its approval.
const couldTouch = (): RawBuilder<boolean> => sql<boolean>`
  token.kind = 'PEER' AND started_at <= token.expires_at
    AND greatest(importer_occurred_at, exporter_occurred_at) >= token.issued_at
    AND (token.sub = importer::text AND token.aud = exporter::text
      OR token.sub = exporter::text AND token.aud IN (importer::text, exporter::text))`;

const toldOf = (): RawBuilder<boolean> => sql<boolean>`
  event_of.data ->> 'tradeId' = trade.trade_id
    AND event_of.wl_id IN (trade.importer, trade.exporter)`;

const signalTouched = (key: ReportedKey): RawBuilder<boolean> =>
  key.kind === 'WEBHOOK_KEY'
    ? sql<boolean>`signal_delivery.last_sent_at >= ${key.from}
        AND (${key.until}::timestamptz IS NULL OR signal_delivery.first_sent_at <= ${key.until})`
    : sql<boolean>`EXISTS (SELECT 1 FROM token
          WHERE token.kind = 'WL' AND token.sub = signal_delivery.wl_id::text
            AND signal_delivery.acked_at BETWEEN token.issued_at AND token.expires_at)
        OR EXISTS (SELECT 1 FROM event_of
          WHERE event_of.wl_id = signal_delivery.wl_id
            AND event_of.data ->> 'signalId' = signal.id::text)`;
