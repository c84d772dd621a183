import type { Kysely, Selectable } from 'kysely';
import type { EventKey, PulledExportPolicy } from '../../domain/policy/pull-document.ts';
import { readPulledExportPolicy } from '../../domain/policy/pulled.ts';
import type { Relationship, WlPolicy } from '../../domain/policy/relationship.ts';
import { parseFactor, type Rate } from '../../domain/shared/fx.ts';
import { invariant } from '../../domain/shared/invariant.ts';
import { minor } from '../../domain/shared/money.ts';
import type { PartnerTable, RelationshipTable, WlPolicyTable, WlTables } from './schema.ts';

/** The other side of a relationship, as the Control Plane last described it. */
export interface Partner {
  readonly wlId: string;
  readonly name: string;
  /** Absent until the partner has registered its endpoint. */
  readonly peerUrl?: string | undefined;
  readonly currency?: string | undefined;
  readonly eventKeys?: { readonly keys: readonly EventKey[] } | undefined;
}

/** The relationship exporter to importer in force here. Takes a database or a transaction. */
export async function readRelationship(
  db: Kysely<WlTables>,
  src: string,
  dst: string,
): Promise<Relationship | undefined> {
  const row = await db
    .selectFrom('relationship')
    .selectAll()
    .where('src', '=', src)
    .where('dst', '=', dst)
    .executeTakeFirst();
  return row && toRelationship(row);
}

/** Every relationship in force here, in either direction, ordered by src and dst. */
export async function listRelationships(db: Kysely<WlTables>): Promise<Relationship[]> {
  const rows = await db
    .selectFrom('relationship')
    .selectAll()
    .orderBy('src')
    .orderBy('dst')
    .execute();
  return rows.map(toRelationship);
}

/** This WL's own base policy in force; undefined until the first pull was applied. */
export async function readPolicy(
  db: Kysely<WlTables>,
  wlId: string,
): Promise<WlPolicy | undefined> {
  const row = await db
    .selectFrom('wl_policy')
    .selectAll()
    .where('wl_id', '=', wlId)
    .executeTakeFirst();
  return row && toPolicy(row);
}

/** A partner's name and endpoint; undefined where no relationship with it was ever pulled. */
export async function readPartner(
  db: Kysely<WlTables>,
  wlId: string,
): Promise<Partner | undefined> {
  const row = await db
    .selectFrom('partner')
    .selectAll()
    .where('wl_id', '=', wlId)
    .executeTakeFirst();
  return row && toPartner(row);
}

function toRelationship(row: Selectable<RelationshipTable>): Relationship {
  const { velocity_max_minor: max, velocity_window_seconds: windowSeconds } = row;
  const exportPolicy = (row.export_policy ?? undefined) as PulledExportPolicy | undefined;
  return {
    src: row.src,
    dst: row.dst,
    revision: row.revision,
    status: row.status,
    fxRate: storedRate(row.fx_rate),
    limit: minor(row.limit_minor),
    limitMode: row.limit_mode,
    commissionRate: storedRate(row.commission_rate),
    approval: { mode: row.approval_mode, above: minor(row.approval_above_minor) },
    velocity:
      max === null || windowSeconds === null ? undefined : { max: minor(max), windowSeconds },
    exportPolicy: readPulledExportPolicy(exportPolicy),
  };
}

function toPolicy(row: Selectable<WlPolicyTable>): WlPolicy {
  return {
    wlId: row.wl_id,
    revision: row.revision,
    importEnabled: row.import_enabled,
    exportEnabled: row.export_enabled,
    exportDelaySeconds: row.export_delay_seconds,
    visibilityEnabled: row.visibility_enabled,
    visibilityWls: row.visibility_wls,
    features: {
      import: row.feature_import,
      export: row.feature_export,
      purchase: row.feature_purchase,
    },
  };
}

function toPartner(row: Selectable<PartnerTable>): Partner {
  return {
    wlId: row.wl_id,
    name: row.name,
    peerUrl: row.peer_url ?? undefined,
    currency: row.currency ?? undefined,
    eventKeys: (row.event_keys ?? undefined) as Partner['eventKeys'],
  };
}

/** numeric(18, 8) text is a rate by construction: a column that is not one is a bug. */
function storedRate(text: string): Rate {
  const parsed = parseFactor(text);
  invariant(parsed.ok, 'a stored rate has at most eight decimals');
  return parsed.value;
}
