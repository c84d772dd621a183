import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import type { Kysely } from 'kysely';
import { listRelationships, readPartner, readPolicy } from '../../db/wl/governance.ts';
import { applyOfferSync, type ListedOffer, type OwnWl } from '../../db/wl/imported-offers.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { mayImport } from '../../domain/offer/import.ts';
import type {
  ExporterSync,
  ExporterWarning,
  OfferSyncActivities,
} from '../../workflows/offer-sync/contract.ts';
import { ConnectionFailure } from '../clients/agent.ts';
import { OffersRefused, type ExporterOffersClient } from '../clients/exporter-offers.ts';
import type { TokenStore } from '../clients/tokens.ts';
import { correlated } from '../correlated.ts';

export interface OfferDeps {
  readonly db: Kysely<WlTables>;
  readonly own: OwnWl;
  readonly exporterOffers: ExporterOffersClient;
  readonly tokens: Pick<TokenStore, 'peerToken' | 'forget'>;
}

/** The steps of `offerSync`. An exporter that can't be synced is an answer and not a failure. */
export function createOfferActivities(deps: OfferDeps): OfferSyncActivities {
  return {
    async readImportPlan() {
      const { db, own } = deps;
      const relationships = await listRelationships(db);
      return {
        importEnabled: mayImport(await readPolicy(db, own.wlId)),
        exporters: relationships.filter(({ dst }) => dst === own.wlId).map(({ src }) => src),
      };
    },
    syncExporterOffers: ({ exporter }) => correlated(() => syncExporter(deps, exporter)),
  };
}

async function syncExporter(deps: OfferDeps, exporter: string): Promise<ExporterSync> {
  const listed = await listOffers(deps, exporter);
  if (typeof listed === 'string') {
    const { workflowId } = activityInfo().workflowExecution ?? {};
    log.warn('the offers of an exporter were not synced', {
      exporter,
      warning: listed,
      workflowId,
    });
    return { exporter, imported: 0, updated: 0, disabled: 0, warning: listed };
  }
  return { exporter, ...(await applyOfferSync(deps.db, deps.own, exporter, listed)) };
}

/** A refused token is read anew once: a renewed one may stand in the database already. */
const TOKEN_TRIES = 2;

async function listOffers(
  deps: OfferDeps,
  exporter: string,
): Promise<readonly ListedOffer[] | ExporterWarning> {
  const peerUrl = (await readPartner(deps.db, exporter))?.peerUrl;
  if (peerUrl === undefined) return 'exporter.unregistered';
  for (let tries = 1; ; tries += 1) {
    const listed = await tryList(deps, exporter, peerUrl);
    if (listed !== 'exporter.refused' || tries >= TOKEN_TRIES) return listed;
    deps.tokens.forget(exporter);
  }
}

async function tryList(
  { exporterOffers, tokens }: OfferDeps,
  exporter: string,
  peerUrl: string,
): Promise<readonly ListedOffer[] | ExporterWarning> {
  const token = await tokens.peerToken(exporter);
  if (token === undefined) return 'token.missing';
  try {
    return await exporterOffers.listOffers({
      ...{ exporter, peerUrl, token },
      signal: cancellationSignal(),
    });
  } catch (error) {
    if (error instanceof ConnectionFailure) return 'exporter.unreachable';
    if (!(error instanceof OffersRefused)) throw error;
    return error.status === 401 || error.status === 403 ? 'exporter.refused' : 'exporter.invalid';
  }
}
