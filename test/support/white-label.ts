import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { createApprovalActivities } from '../../activities/approval/activities.ts';
import { createImporterClient } from '../../activities/approval/importer.ts';
import { createReversalActivities } from '../../activities/reversal/activities.ts';
import { startRelay } from '../../activities/telemetry/relay-starter.ts';
import { createHoldTidyActivities } from '../../activities/upkeep/hold-tidy.ts';
import { createOrphanSweepActivities } from '../../activities/upkeep/orphan-sweep.ts';
import { createApp } from '../../api/http/app.ts';
import { listen } from '../../api/http/listeners.ts';
import { createRateLimiters } from '../../api/http/rate-limit.ts';
import { WL_DOCUMENT, wlRoutes, type WlApiDeps } from '../../api/wl/app.ts';
import { readWlConfig, type WlConfig } from '../../runtime/config.ts';
import { createHealth } from '../../runtime/health.ts';
import { createLogger, type Logger } from '../../runtime/log.ts';
import { createMetrics, type Metrics } from '../../runtime/metrics.ts';
import { createShutdown } from '../../runtime/shutdown.ts';
import { connectTemporal, type TemporalConnection } from '../../runtime/temporal.ts';
import { openTracing } from '../../runtime/tracing.ts';
import { wlSubjectUri } from '../../runtime/tls.ts';
import { activityTracing, clientTracing } from '../../workers/compose/engine-tracing.ts';
import { purchaseWorker } from '../../workers/compose/purchase-worker.ts';
import { wlApiDeps } from '../../workers/compose/wl-api.ts';
import { telemetryRelayActivities } from '../../workers/compose/telemetry-relay.ts';
import { openWlNode, type WlNode } from '../../workers/compose/wl-node.ts';
import { BACKGROUND_QUEUE } from '../../workflows/shared/background.ts';
import { freePort } from '../stack/setup.ts';
import { ISSUER } from '../wl/tokens.ts';
import type { TestPki } from './certificates.ts';

export interface WhiteLabelOptions {
  readonly slug: string;
  readonly wlId: string;
  readonly currency: string;
  readonly pki: TestPki;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  /** For the certificates; goes with the test. */
  readonly folder: string;
  readonly bundlePath: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the collector is; traces are made only with it. */
  readonly traceEndpoint?: string | undefined;
  /** How long a run of the relay takes. */
  readonly relay?: { readonly runMs: number };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A white label put together as its two processes do it, in the test's process. */
export interface WhiteLabel {
  readonly config: WlConfig;
  /** What its processes are told; a real one may be started with it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly node: WlNode;
  readonly temporal: TemporalConnection;
  readonly url: string;
  /** As exporter; tests shorten its times. */
  readonly settings: Mutable<WlApiDeps['settings']>;
  /** The line before the first row of its purchases. */
  readonly admission: WlApiDeps['admission'];
  startPurchaseWorker(): Promise<RunningWorker>;
  startBackgroundWorker(): Promise<RunningWorker>;
  /** Its gateway as it comes back with other variables, at the same address. */
  restartGateway(environment: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

export interface RunningWorker {
  stop(): Promise<void>;
}

const KEY_BYTES = 32;
const GRACE_MS = 5_000;

/** Starts the listeners and connects everything; workers are started by the test. */
export async function startWhiteLabel(options: WhiteLabelOptions): Promise<WhiteLabel> {
  const environment = await environmentOf(options);
  const config = readWlConfig(environment);
  const log = createLogger({ name: options.slug, level: config.logLevel });
  const shutdown = createShutdown({ log, graceMs: GRACE_MS });
  const health = createHealth({ log });
  const metrics = createMetrics({ process: options.slug, nodeFigures: false });
  const tracing = await openTracing(options.traceEndpoint, `${options.slug}/wl-gateway`);
  shutdown.add('traces', () => tracing?.close());
  const temporal = await connectTemporal({
    ...{ ...config.temporal, log },
    ...(tracing && { interceptors: clientTracing(tracing) }),
  });
  const node = await openWlNode(config, {
    ...{ name: options.slug, log, health, metrics, shutdown, tracing },
    client: () => temporal.client,
  });
  const serve = async (now: WlConfig, figures: Metrics) => {
    const deps = wlApiDeps(now, node, figures);
    const listeners = await listen({
      app: createApp({
        routes: wlRoutes(deps),
        ...{ log, metrics: figures, health, tracing, document: WL_DOCUMENT },
        limiters: createRateLimiters(now.rateLimits),
        checkResponses: true,
        isRevoked: (facts) => node.revocations.isRevoked(facts),
      }),
      tls: { port: now.listen.tlsPort, bindHost: now.listen.bindHost, tls: node.tls },
    });
    return { listeners, settings: deps.settings, admission: deps.admission };
  };
  let gateway = await serve(config, metrics);
  const startWorker = (worker: WorkerOptions): Promise<RunningWorker> =>
    run(temporal, {
      ...worker,
      ...(tracing && { interceptors: { activity: [activityTracing(tracing)] } }),
    });
  const stopping = new AbortController().signal;
  const relay = telemetryRelayActivities(config, node, {
    log,
    metrics,
    stopping,
    ...options.relay,
  });
  const bundle = { codePath: options.bundlePath };
  return {
    ...{ config, environment, node, temporal },
    url: `https://${config.listen.tlsHost}:${config.listen.tlsPort}`,
    get settings() {
      return gateway.settings;
    },
    get admission() {
      return gateway.admission;
    },
    async restartGateway(other) {
      await gateway.listeners.close();
      const figures = createMetrics({ process: options.slug, nodeFigures: false });
      gateway = await serve(readWlConfig({ ...environment, ...other }), figures);
    },
    startPurchaseWorker: () => startWorker(purchaseWorker(node, bundle)),
    startBackgroundWorker: () =>
      startWorker({
        taskQueue: BACKGROUND_QUEUE,
        workflowBundle: bundle,
        activities: { ...backgroundActivities(node, log, temporal.client), ...relay },
      }),
    async stop() {
      await gateway.listeners.close();
      await shutdown.run('the test is over');
      await temporal.connection.close();
    },
  };
}

async function run(
  { connection, namespace }: TemporalConnection,
  options: WorkerOptions,
): Promise<RunningWorker> {
  const worker = await Worker.create({ connection, namespace, ...options });
  const running = worker.run();
  return {
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    },
  };
}

function backgroundActivities(node: WlNode, log: Logger, client: Client) {
  const { database, agent, exporter, board, starter, peerUrl } = node;
  const { db } = database;
  return {
    ...createApprovalActivities({
      ...{ db, log },
      importers: createImporterClient({ agent, peerUrl }),
    }),
    ...createReversalActivities({ db, exporter, log, announce: (row) => board.announce(row) }),
    ...createHoldTidyActivities(db),
    ...createOrphanSweepActivities({ db, starter, log, startRelay: () => startRelay(client) }),
  };
}

async function environmentOf(options: WhiteLabelOptions): Promise<Record<string, string>> {
  const { slug, wlId, pki, folder } = options;
  const tls = await pki.issue({
    sanUri: wlSubjectUri(wlId),
    dnsNames: [`wl-${slug}.localhost`],
  });
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, `${slug}-${name}.pem`);
    await writeFile(path, text);
    return path;
  };
  const secret = (): string => randomBytes(KEY_BYTES).toString('base64');
  return {
    XPORY_PROFILE: 'local',
    LOG_LEVEL: process.env['BENCH_LOG'] ?? 'silent',
    DATABASE_URL: options.databaseUrl,
    TEMPORAL_ADDRESS: options.temporalAddress,
    TEMPORAL_NAMESPACE: `wl-${slug}`,
    TLS_HOST: `wl-${slug}.localhost`,
    TLS_PORT: String(await freePort()),
    WORKER_HTTP_PORT: String(await freePort()),
    TLS_CA_FILE: await file('ca', pki.ca),
    TLS_CERT_FILE: await file('cert', tls.cert),
    TLS_KEY_FILE: await file('key', tls.key),
    CP_URL: ISSUER,
    SEAL_KEYS: `k1:${secret()}`,
    SEAL_INDEX_KEY: secret(),
    WL_ID: wlId,
    WL_SLUG: slug,
    WL_CURRENCY: options.currency,
    WORKFLOW_BUNDLE: options.bundlePath,
    ...options.environment,
  };
}
