/**
 * Which of an exporter's offers an importer may see and buy (DESIGN.md 4, export_policy). Instants
 * are epoch milliseconds.
 */
export interface ExportPolicy {
  readonly enabled: boolean;
  readonly minCreatedAt?: number | undefined;
  readonly includeCategories: readonly string[];
  readonly excludeCategories: readonly string[];
  readonly entityAllowlist: readonly string[];
  readonly entityBlocklist: readonly string[];
}

export interface ExportableOffer {
  readonly categoryId: string;
  readonly entityId: string;
  readonly createdAt: number;
}

/**
 * True when the policy lets this offer out. An absent policy exports what the base policy allows;
 * `enabled: false` exports nothing; an empty include list means every category; exclude beats
 * include, blocklist beats allowlist; `minCreatedAt` is inclusive (DESIGN.md 4).
 */
export function admitsExport(policy: ExportPolicy | undefined, offer: ExportableOffer): boolean {
  if (policy === undefined) return true;
  if (!policy.enabled) return false;
  if (policy.minCreatedAt !== undefined && offer.createdAt < policy.minCreatedAt) return false;
  if (policy.excludeCategories.includes(offer.categoryId)) return false;
  if (policy.includeCategories.length > 0 && !policy.includeCategories.includes(offer.categoryId)) {
    return false;
  }
  if (policy.entityBlocklist.includes(offer.entityId)) return false;
  return policy.entityAllowlist.length === 0 || policy.entityAllowlist.includes(offer.entityId);
}
