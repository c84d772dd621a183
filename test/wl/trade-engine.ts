import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createApprovalActivities } from '../../activities/approval/activities.ts';
import { createImporterClient } from '../../activities/approval/importer.ts';
import { createExporterClient, type ExporterClient } from '../../activities/clients/exporter.ts';
import { createPartnerGuard } from '../../activities/clients/partner-guard.ts';
import { createPurchaseActivities } from '../../activities/purchase/activities.ts';
import { createReversalActivities } from '../../activities/reversal/activities.ts';
import { createHoldTidyActivities } from '../../activities/upkeep/hold-tidy.ts';
import { createOrphanSweepActivities } from '../../activities/upkeep/orphan-sweep.ts';
import { createTradeStarter, type TradeStarter } from '../../activities/upkeep/trade-starter.ts';
import type { ExporterSettings } from '../../db/wl/holds/preflight.ts';
import { createLogger, type Logger } from '../../runtime/log.ts';
import { installRuntime } from '../../runtime/temporal.ts';
import { findTemporal, startTemporal } from '../../stack/temporal/temporal.ts';
import { PURCHASE_QUEUE } from '../../workflows/purchase/contract.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { freePort, testFolder } from '../stack/setup.ts';
import { EXPORTER, IMPORTER } from './documents.ts';
import { SETTINGS } from './exporter.ts';
import { startTradeParties, type TradeParties } from './trade-parties.ts';
import { testBundle } from '../support/bundles.ts';

/**
 * Fifteen minutes until a trade parks, as in the product, in a dozen tries: each skip of time costs
 * the server most of a second.
 */
const TIMING = { learnBackoffMs: 200, learnBackoffMaxMs: 300_000, parkAfterMs: 900_000 };
const NAMESPACES = ['wl-exporter', 'wl-importer'] as const;
type Namespace = (typeof NAMESPACES)[number];

export interface TradeEngine {
  readonly parties: TradeParties;
  readonly clients: Readonly<Record<Namespace, Client>>;
  /** The same, but time is skipped in every workflow that they start. */
  readonly skipping: Readonly<Record<'exporter' | 'importer', TradeStarter>>;
  readonly starters: Readonly<Record<'exporter' | 'importer', TradeStarter>>;
  readonly logLines: string[];
  stop(): Promise<void>;
}

export interface TradeEngineOptions {
  readonly settings?: Partial<ExporterSettings>;
  /** Puts something between the importer's workflows and the exporter. */
  readonly exporterClient?: (real: ExporterClient) => ExporterClient;
  /** Something between the exporter's API and its engine. */
  readonly exporterWork?: (real: TradeStarter) => TradeStarter;
  readonly importerWork?: (real: TradeStarter) => TradeStarter;
}

/** Both WLs with their real activities on a real server; the purchase runs at the importer. */
export async function startTradeEngine(options: TradeEngineOptions = {}): Promise<TradeEngine> {
  const folder = await testFolder();
  const logLines: string[] = [];
  const destination = { write: (line: string) => void logLines.push(line) };
  const log = createLogger({ name: 'test', level: 'info', destination });
  installRuntime(createLogger({ name: 'sdk', level: 'silent' }));
  const temporal = await launch(folder.path);
  const connection = await NativeConnection.connect({ address: temporal.address });
  const clientOf = (namespace: Namespace, skip: boolean): Client =>
    new Client({ connection: skip ? skipTime(connection) : connection, namespace });
  const startersOf = (skip: boolean): TradeEngine['starters'] => ({
    exporter: starterOf(clientOf('wl-exporter', skip), EXPORTER),
    importer: starterOf(clientOf('wl-importer', skip), IMPORTER),
  });
  const starters = startersOf(false);
  const parties = await startTradeParties({
    exporterWork: options.exporterWork?.(starters.exporter) ?? starters.exporter,
    importerWork: options.importerWork?.(starters.importer) ?? starters.importer,
    settings: { ...SETTINGS, ...options.settings },
  });
  const setup = { connection, parties, starters, log, options };
  const workers = await createWorkers(setup, await testBundle('wl'));
  const running = workers.map((worker) => worker.run());
  return {
    ...{ parties, starters, logLines, skipping: startersOf(true) },
    clients: {
      'wl-exporter': clientOf('wl-exporter', false),
      'wl-importer': clientOf('wl-importer', false),
    },
    async stop() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await connection.close();
      await temporal.stop();
      await parties.stop();
      await folder.remove();
    },
  };
}

async function launch(dataDir: string) {
  const binary = await findTemporal({ env: process.env });
  if (binary.kind !== 'binary') throw new Error('these tests need the program itself');
  return startTemporal({
    ...{ binary, dataDir, port: await freePort(), uiPort: await freePort() },
    namespaces: NAMESPACES,
    timeSkipping: true,
  });
}

function starterOf(client: Client, wlId: string): TradeStarter {
  return createTradeStarter({ client: () => client, wlId, timing: TIMING });
}

/** The client has no option for it yet, the server's protocol has (TEMPORAL.md, Tests). */
function skipTime(connection: NativeConnection): NativeConnection {
  const timeSkippingConfig = { enabled: true };
  const service = new Proxy(connection.workflowService, {
    get(target, name, receiver) {
      if (name !== 'startWorkflowExecution') return Reflect.get(target, name, receiver) as unknown;
      return (request: Parameters<typeof target.startWorkflowExecution>[0]) =>
        target.startWorkflowExecution({ ...request, timeSkippingConfig });
    },
  });
  return new Proxy(connection, {
    get(target, name) {
      if (name === 'workflowService') return service;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

interface Setup {
  readonly connection: NativeConnection;
  readonly parties: TradeParties;
  readonly starters: TradeEngine['starters'];
  readonly log: Logger;
  readonly options: TradeEngineOptions;
}

async function createWorkers(
  { connection, parties, starters, log, options }: Setup,
  workflowBundle: { readonly codePath: string },
): Promise<Worker[]> {
  const { exporter, importer, identities, peerUrl } = parties;
  const real = createExporterClient({
    agent: identities.importer.agent,
    guard: createPartnerGuard({ breakerFailures: 5, breakerHalfOpenMs: 5_000, bulkheadCalls: 8 }),
    peerUrl,
    peerToken: () => parties.token('importer', { aud: EXPORTER, scope: 'trader:purchase' }),
    preflightTimeoutMs: 2_000,
    confirmTimeoutMs: 2_000,
  });
  const exporterClient = options.exporterClient?.(real) ?? real;
  const announce = () => undefined;
  // Nothing is reported here: there is no Control Plane.
  const startRelay = () => Promise.resolve(false);
  const importers = createImporterClient({
    ...{ agent: identities.exporter.agent, peerUrl },
  });
  const common = { connection, workflowBundle };
  return Promise.all([
    Worker.create({
      ...{ ...common, namespace: 'wl-exporter', taskQueue: BACKGROUND_QUEUE },
      activities: {
        ...createApprovalActivities({ db: exporter.wl.db, importers, log }),
        ...createHoldTidyActivities(exporter.wl.db),
        ...createOrphanSweepActivities({
          ...{ db: exporter.wl.db, starter: starters.exporter, log, startRelay },
        }),
      },
    }),
    Worker.create({
      ...{ ...common, namespace: 'wl-importer', taskQueue: BACKGROUND_QUEUE },
      activities: {
        ...createReversalActivities({ db: importer.db, exporter: exporterClient, announce, log }),
        ...createOrphanSweepActivities({
          ...{ db: importer.db, starter: starters.importer, log, startRelay },
        }),
      },
    }),
    Worker.create({
      ...{ ...common, namespace: 'wl-importer', taskQueue: PURCHASE_QUEUE },
      activities: {
        ...createPurchaseActivities({
          ...{ db: importer.db, exporter: exporterClient, wlId: IMPORTER, announce, log },
          traderId: async () => 'trader-1',
          buyerRef: (accountId) => `ref-${accountId}`,
          startPolicySync: async () => undefined,
          clock: () => new Date(),
          requestedMaxSeconds: 60,
          holdTtlSeconds: SETTINGS.holdTtlSeconds,
        }),
      },
    }),
  ]);
}
