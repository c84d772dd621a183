import type { Client } from '@temporalio/client';
import { createAgent, type PartnerAgent } from '../../activities/clients/agent.ts';
import {
  createControlPlaneClient,
  type ControlPlaneClient,
} from '../../activities/clients/control-plane.ts';
import { createExporterClient, type ExporterClient } from '../../activities/clients/exporter.ts';
import { createKeySource, type KeySource } from '../../activities/clients/jwks.ts';
import { createPartnerGuard } from '../../activities/clients/partner-guard.ts';
import {
  createPurchaseEngine,
  type PurchaseEngine,
} from '../../activities/clients/purchase-engine.ts';
import { storedSerials } from '../../activities/clients/stored-revocations.ts';
import { createTokenStore, type TokenStore } from '../../activities/clients/tokens.ts';
import { createPurchaseActivities } from '../../activities/purchase/activities.ts';
import { createTradeStarter, type TradeStarter } from '../../activities/upkeep/trade-starter.ts';
import { createSyncStarter, type SyncStarter } from '../../activities/upkeep/sync-starter.ts';
import { readPartner } from '../../db/wl/governance.ts';
import { WL_MIGRATIONS } from '../../db/wl/migrations.ts';
import type { WlTables } from '../../db/wl/schema.ts';
import { readTraderId } from '../../db/wl/trader-account.ts';
import { createTradeBoard, type Timer, type TradeBoard } from '../../db/wl/trades/board.ts';
import type { WlConfig } from '../../runtime/config.ts';
import type { FaultHandler } from '../../runtime/fault-points.ts';
import type { Health } from '../../runtime/health.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Shutdown } from '../../runtime/shutdown.ts';
import type { Tracing } from '../../runtime/tracing.ts';
import type { WatchedTls } from '../../runtime/live-tls.ts';
import type { WatchedRevocations } from '../../runtime/revocations.ts';
import { certificateFacts } from '../../runtime/tls.ts';
import type { PurchaseActivities } from '../../workflows/purchase/contract.ts';
import { openPartyDatabase, type PartyDatabase } from './party-database.ts';
import { measureExporterCalls, measurePurchases, type PurchaseFigures } from './trade-figures.ts';
import { openRevocations, openTls } from './transport.ts';

export interface WlNodeDeps {
  readonly name: string;
  readonly log: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly shutdown: Shutdown;
  readonly tracing?: Tracing | undefined;
  /** Where a run of faults may interfere; refused outside the local profile. */
  readonly points?: FaultHandler | undefined;
  /** Moved by such a run together with the database's. */
  readonly clock?: () => Date;
  /** By which buyers wait; real time unless such a run hands one in. */
  readonly timer?: Timer | undefined;
  /** The engine's client once it is connected; throws before. */
  readonly client: () => Client;
}

/** What both processes of a WL are made of. */
export interface WlNode {
  readonly database: PartyDatabase<WlTables>;
  readonly tls: WatchedTls;
  readonly revocations: WatchedRevocations;
  /** Of the certificate that we show now; tokens are bound to it. */
  readonly thumbprint: () => string;
  readonly agent: PartnerAgent;
  readonly controlPlane: ControlPlaneClient;
  readonly tokens: TokenStore;
  readonly keys: KeySource;
  readonly exporter: ExporterClient;
  readonly board: TradeBoard;
  readonly engine: PurchaseEngine;
  readonly syncs: SyncStarter;
  readonly starter: TradeStarter;
  readonly purchaseActivities: PurchaseActivities;
  readonly figures: PurchaseFigures;
  readonly peerUrl: (wlId: string) => Promise<string | undefined>;
}

/** A partner's address changes with a pull, which takes effect this late at most. */
const PEER_URL_LIFE_MS = 5_000;
const MS_PER_SECOND = 1_000;
const BREAKER_VALUES = { closed: 0, 'half-open': 1, open: 2 } as const;

/** Composes the parts that the gateway and the worker of a WL share. */
export async function openWlNode(config: WlConfig, deps: WlNodeDeps): Promise<WlNode> {
  const { log, shutdown, points } = deps;
  if (points !== undefined && config.profile !== 'local') {
    throw new Error('Fault points are armed: that is for the local profile only');
  }
  const database = await openPartyDatabase<WlTables>(config, {
    ...deps,
    migrations: WL_MIGRATIONS,
  });
  shutdown.add('database', database.close);
  const { db, sealer } = database;
  const clock = deps.clock ?? (() => new Date());
  const tls = openTls(config, deps);
  const authorities = (): string => tls.current().ca;
  const revocations = await openRevocations(storedSerials(db, authorities), deps);
  const agent = createAgent({
    ...{ tls, revocations, tracing: deps.tracing, points },
    connections: config.partner.bulkheadCalls,
  });
  shutdown.add('agent', () => agent.close());
  const { cpUrl } = config;
  const controlPlane = createControlPlaneClient({
    ...{ agent, cpUrl, wlId: config.wl.id, authorities },
  });
  const thumbprint = currentThumbprint(tls);
  const tokens = createTokenStore({ db, sealer, clock, log, thumbprint });
  const keys = createKeySource({ db, controlPlane, clock, log });
  const peerUrl = rememberedPeerUrl(database);
  const exporter = exporterClient(config, deps, { agent, tokens, peerUrl });
  const figures = measurePurchases(deps.metrics);
  const board = await createTradeBoard({
    db,
    url: config.database.url,
    timer: deps.timer,
    onError: (err) => log.warn({ err }, 'a notification was lost'),
  });
  shutdown.add('board', () => board.close());
  const timing = {
    learnBackoffMs: config.purchase.learnBackoffMs,
    learnBackoffMaxMs: config.purchase.learnBackoffMaxMs,
    parkAfterMs: config.purchase.parkAfterSeconds * MS_PER_SECOND,
  };
  const engine = createPurchaseEngine(deps.client);
  const starter = createTradeStarter({ client: deps.client, wlId: config.wl.id, timing });
  const syncs = createSyncStarter(deps.client);
  const purchaseActivities = createPurchaseActivities({
    db,
    exporter,
    wlId: config.wl.id,
    traderId: async () => (await readTraderId(db)) ?? config.wl.slug,
    buyerRef: (accountId) => sealer.index('buyer', accountId),
    announce(row) {
      figures.moved(row);
      board.announce(row);
    },
    startPolicySync: () => syncs.startPolicySync(),
    clock,
    requestedMaxSeconds: config.purchase.requestedMaxSeconds,
    holdTtlSeconds: config.hold.ttlSeconds,
    log,
  });
  return {
    ...{ tls, revocations, thumbprint, figures },
    ...{ database, agent, controlPlane, tokens, keys, exporter, board, engine, syncs, starter },
    purchaseActivities,
    peerUrl,
  };
}

function exporterClient(
  config: WlConfig,
  deps: WlNodeDeps,
  { agent, tokens, peerUrl }: Pick<WlNode, 'agent' | 'tokens' | 'peerUrl'>,
): ExporterClient {
  const { preflightTimeoutMs, confirmTimeoutMs } = config.purchase;
  return createExporterClient({
    ...{ agent, peerUrl, preflightTimeoutMs, confirmTimeoutMs },
    guard: partnerGuard(config, deps),
    peerToken: (wlId) => tokens.peerToken(wlId),
    observe: measureExporterCalls(deps.metrics),
  });
}

function partnerGuard(config: WlConfig, { log, metrics }: WlNodeDeps) {
  const guard = createPartnerGuard({
    ...config.partner,
    onState(partner, state) {
      log.warn({ partner, state }, 'the breaker towards an exporter has moved');
    },
  });
  metrics.watchEach(
    {
      name: 'partner_breaker_state',
      help: 'Breaker towards an exporter: 0 closed, 1 half-open, 2 open',
      label: 'partner',
    },
    async () => new Map([...guard.states()].map(([id, state]) => [id, BREAKER_VALUES[state]])),
  );
  return guard;
}

/** The pull keeps partners in the database; a purchase asks for the address at each call. */
function rememberedPeerUrl({
  db,
}: PartyDatabase<WlTables>): (wlId: string) => Promise<string | undefined> {
  const known = new Map<string, { readonly url: string | undefined; readonly until: number }>();
  return async (wlId) => {
    const entry = known.get(wlId);
    if (entry !== undefined && entry.until > performance.now()) return entry.url;
    const url = (await readPartner(db, wlId))?.peerUrl;
    known.set(wlId, { url, until: performance.now() + PEER_URL_LIFE_MS });
    return url;
  };
}

/** Asked with each call of a buyer, so it is computed only when the certificate changes. */
function currentThumbprint(tls: WatchedTls): () => string {
  let current = certificateFacts(tls.current().cert).thumbprint;
  tls.onChange(({ cert }) => {
    current = certificateFacts(cert).thumbprint;
  });
  return () => current;
}
