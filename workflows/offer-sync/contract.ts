import type { SyncWarning } from '../policy-sync/contract.ts';

/** Takes over what every partner lists for this WL; runs on the background queue by schedule. */
export const OFFER_SYNC = 'offerSync';
/** Pulls the policies and syncs the offers now, for `debug/import`. */
export const IMPORT_NOW = 'importNow';

/** `import/<correlationId>`: one run for each request. */
export function importNowId(correlationId: string): string {
  return `import/${correlationId}`;
}

/** Why nothing was taken over from an exporter; its offers stay as they were. */
export type ExporterWarning =
  | 'exporter.unregistered'
  | 'exporter.unreachable'
  | 'exporter.refused'
  | 'exporter.invalid'
  | 'token.missing';

export interface ExporterSync {
  readonly exporter: string;
  /** Offers seen for the first time. */
  readonly imported: number;
  /** Known offers of which something changed. */
  readonly updated: number;
  /** Offers that can not be bought any more. */
  readonly disabled: number;
  readonly warning?: ExporterWarning | undefined;
}

export interface OfferSyncResult {
  readonly imported: number;
  readonly updated: number;
  readonly disabled: number;
  /** Those of the policies as they are; those of an exporter followed by `:` and its id. */
  readonly warnings: readonly (SyncWarning | `${ExporterWarning}:${string}` | 'import.disabled')[];
}

export interface OfferSyncActivities {
  /** Partners with a relationship towards this WL, and whether its own policy lets it import. */
  readImportPlan(): Promise<{
    readonly importEnabled: boolean;
    readonly exporters: readonly string[];
  }>;
  /** Lists everything an exporter exports to us and takes it over. */
  syncExporterOffers(input: { readonly exporter: string }): Promise<ExporterSync>;
}
