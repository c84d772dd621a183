import { parseFactor, parseRate } from '../shared/fx.ts';
import { parseMinor } from '../shared/money.ts';
import { ok, refuse, type Result } from '../shared/result.ts';
import type { ExportPolicy } from './export-policy.ts';
import type { PulledExportPolicy, PulledPolicy, PulledRelationship } from './pull-document.ts';
import type { Relationship, WlPolicy } from './relationship.ts';

/**
 * Reads one relationship of a pull document: decimal strings become exact numbers, or the whole
 * relationship is VALIDATION_FAILED. Limits and amounts are minor units of src's currency.
 */
export function readPulledRelationship(
  pulled: Omit<PulledRelationship, 'thresholds' | 'fourEyes'>,
): Result<Relationship, 'VALIDATION_FAILED'> {
  const fxRate = parseRate(pulled.fxRate);
  const limit = parseMinor(pulled.limitAmount);
  const commissionRate = parseFactor(pulled.commissionRate);
  const above = parseMinor(pulled.approval.aboveAmount);
  const max = pulled.velocity === undefined ? undefined : parseMinor(pulled.velocity.maxAmount);
  if (!fxRate.ok || !limit.ok || !commissionRate.ok || !above.ok || max?.ok === false) {
    return refuse('VALIDATION_FAILED');
  }
  const windowSeconds = pulled.velocity?.windowSeconds ?? 0;
  return ok({
    src: pulled.src,
    dst: pulled.dst,
    revision: pulled.revision,
    status: pulled.status,
    fxRate: fxRate.value,
    limit: limit.value,
    limitMode: pulled.limitMode,
    commissionRate: commissionRate.value,
    approval: { mode: pulled.approval.mode, above: above.value },
    velocity: max === undefined ? undefined : { max: max.value, windowSeconds },
    exportPolicy: readPulledExportPolicy(pulled.export_policy),
  });
}

/** Reads an export policy in its wire form; the instant becomes epoch milliseconds. */
export function readPulledExportPolicy(
  pulled: PulledExportPolicy | undefined,
): ExportPolicy | undefined {
  if (pulled === undefined) return undefined;
  const from = pulled.min_created_at;
  return {
    enabled: pulled.enabled,
    minCreatedAt: from === undefined ? undefined : Date.parse(from),
    includeCategories: pulled.include_categories,
    excludeCategories: pulled.exclude_categories,
    entityAllowlist: pulled.entity_allowlist,
    entityBlocklist: pulled.entity_blocklist,
  };
}

/** Reads the base policy of a pull document. */
export function readPulledPolicy(wlId: string, pulled: PulledPolicy): WlPolicy {
  return {
    wlId,
    revision: pulled.revision,
    importEnabled: pulled.importEnabled,
    exportEnabled: pulled.exportEnabled,
    exportDelaySeconds: pulled.exportDelaySeconds,
    visibilityEnabled: pulled.visibilityEnabled,
    visibilityWls: pulled.visibilityWls,
    features: { ...pulled.features },
  };
}
