import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { CpSchema } from '../schema.ts';
import { containing } from '../trades/read.ts';

/** Why somebody should look, as `kind` of the list. */
export const ATTENTION_KINDS = ['PARKED', 'MISMATCH', 'QUARANTINED'] as const;
export type AttentionKind = (typeof ATTENTION_KINDS)[number];

export interface AttentionPosition {
  readonly since: string;
  readonly kind: AttentionKind;
  readonly id: string;
}

export interface AttentionFilter {
  readonly kind?: AttentionKind | undefined;
  /** Either side of a trade, or the sender of an event. */
  readonly wl?: string | undefined;
  readonly text?: string | undefined;
}

/** One thing that waits for a person; `importer` to `trade_id` are of a trade, if it is about one. */
export interface AttentionRow {
  readonly kind: AttentionKind;
  readonly since: Date;
  readonly id: string;
  readonly reason: string;
  readonly importer: string | null;
  readonly exporter: string | null;
  readonly trade_id: string | null;
  readonly importer_name: string | null;
  readonly exporter_name: string | null;
  readonly status: string | null;
  readonly document: unknown;
  readonly wl_id: string | null;
  readonly detail: string | null;
  readonly times: number | null;
  readonly correlation_id: string | null;
}

export interface AttentionCounts {
  readonly parked: number;
  readonly mismatches: number;
  readonly quarantined: number;
}

/** Refused events of the last day; what is older has been told of and stays in the quarantine. */
const QUARANTINE_HOURS = 24;
/** An event may be dated ahead by so much and was received after that all the same. */
const CLOCK_AHEAD = sql`interval '10 minutes'`;

/** What waits for a person, newest first; each kind is cut to the page before they are merged. */
export async function listAttention(
  db: Kysely<CpSchema>,
  filter: AttentionFilter,
  page: { readonly limit: number; readonly after?: AttentionPosition | undefined },
): Promise<AttentionRow[]> {
  const kinds = filter.kind === undefined ? ATTENTION_KINDS : [filter.kind];
  const branches = kinds.map((kind) => {
    const branch = sql`SELECT * FROM (${BRANCHES[kind](filter)}) AS one
      ${page.after === undefined ? sql`` : sql`WHERE ${isAfter(page.after)}`}
      ORDER BY since DESC, kind, id LIMIT ${page.limit}`;
    return sql`(${branch})`;
  });
  const { rows } = await sql<AttentionRow>`
    SELECT * FROM (${sql.join(branches, sql` UNION ALL `)}) AS waiting
     ORDER BY since DESC, kind, id LIMIT ${page.limit}`.execute(db);
  return rows;
}

/** All that wait, whatever the page and the search. */
export async function countAttention(db: Kysely<CpSchema>): Promise<AttentionCounts> {
  const { rows } = await sql<Record<keyof AttentionCounts, string>>`
    SELECT (SELECT count(*) FROM trade WHERE parked) AS parked,
           (SELECT count(*) FROM trade_mismatch WHERE resolved_at IS NULL) AS mismatches,
           (SELECT count(*) FROM telemetry_quarantine WHERE ${isRecent}) AS quarantined
  `.execute(db);
  const [counts] = rows;
  return {
    parked: Number(counts?.parked),
    mismatches: Number(counts?.mismatches),
    quarantined: Number(counts?.quarantined),
  };
}

// Asked once: clock() in the condition itself would be asked for each row, and use no index.
const isRecent = sql`last_at >
  (SELECT clock() - ${QUARANTINE_HOURS}::integer * interval '1 hour')`;

function isAfter({ since, kind, id }: AttentionPosition): RawBuilder<unknown> {
  return sql`(since < ${since}::timestamptz OR (since = ${since}::timestamptz
    AND (kind, id) > (${kind}, ${id})))`;
}

const BRANCHES: Record<AttentionKind, (filter: AttentionFilter) => RawBuilder<unknown>> = {
  PARKED: (filter) => sql`
    SELECT 'PARKED' AS kind, date_trunc('milliseconds', trade.importer_occurred_at) AS since,
           concat_ws('/', trade.importer, trade.exporter, trade.trade_id) AS id,
           coalesce(trade.importer_document ->> 'parkedReason', 'UNKNOWN') AS reason,
           ${ofTrade},
           NULL::uuid AS wl_id, NULL AS detail, NULL::integer AS times,
           (SELECT correlation_id FROM event
             WHERE data ->> 'tradeId' = trade.trade_id
               AND event_id = trade.importer_event_id AND wl_id = trade.importer
               AND received_at > trade.importer_occurred_at - ${CLOCK_AHEAD}
             LIMIT 1) AS correlation_id
      FROM trade ${withNames} WHERE trade.parked ${aboutTrade(filter)}`,
  MISMATCH: (filter) => sql`
    SELECT 'MISMATCH' AS kind, date_trunc('milliseconds', raised.raised_at) AS since,
           raised.id::text AS id, array_to_string(raised.disagreement, ' ') AS reason,
           ${ofTrade},
           NULL::uuid AS wl_id, NULL AS detail, NULL::integer AS times,
           'mismatch-' || raised.id AS correlation_id
      FROM trade_mismatch AS raised
      JOIN trade USING (importer, exporter, trade_id) ${withNames}
     WHERE raised.resolved_at IS NULL ${aboutTrade(filter)}`,
  QUARANTINED: ({ wl, text }) => sql`
    SELECT 'QUARANTINED' AS kind, date_trunc('milliseconds', last_at) AS since,
           telemetry_quarantine.id::text AS id, reason,
           NULL::uuid AS importer, NULL::uuid AS exporter, NULL AS trade_id,
           NULL AS importer_name, NULL AS exporter_name, NULL AS status, NULL::jsonb AS document,
           wl_id, detail, times, correlation_id
      FROM telemetry_quarantine
     WHERE ${isRecent}
       ${wl === undefined ? sql`` : sql`AND wl_id = ${wl}::uuid`}
       ${
         text === undefined
           ? sql``
           : sql`AND lower(concat_ws(' ', reason, detail, type, event_id, wl_id))
               LIKE ${containing(text)}`
       }`,
};

const ofTrade = sql`trade.importer, trade.exporter, trade.trade_id,
           buying.name AS importer_name, selling.name AS exporter_name, trade.status,
           coalesce(trade.importer_document, trade.exporter_document) AS document`;

const withNames = sql`LEFT JOIN wl AS buying ON buying.id = trade.importer
      LEFT JOIN wl AS selling ON selling.id = trade.exporter`;

function aboutTrade({ wl, text }: AttentionFilter): RawBuilder<unknown> {
  return sql`
       ${wl === undefined ? sql`` : sql`AND ${wl}::uuid IN (trade.importer, trade.exporter)`}
       ${text === undefined ? sql`` : sql`AND trade.search LIKE ${containing(text)}`}`;
}
