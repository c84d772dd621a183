import type { Express } from 'express';
import { createApp, type AppDeps } from '../../api/http/app.ts';
import { listen, type Listeners } from '../../api/http/listeners.ts';
import { createRateLimiters } from '../../api/http/rate-limit.ts';
import type { PartyConfig } from '../../runtime/config.ts';
import { askParent } from '../../runtime/asked-points.ts';
import { armFaultPoints, ASK_PARENT, type FaultHandler } from '../../runtime/fault-points.ts';
import { createHealth, type Health } from '../../runtime/health.ts';
import type { LiveTls } from '../../runtime/live-tls.ts';
import { createLogger, type Logger } from '../../runtime/log.ts';
import { maskText } from '../../runtime/mask.ts';
import { createMetrics, type Metrics } from '../../runtime/metrics.ts';
import { createShutdown, type Shutdown } from '../../runtime/shutdown.ts';
import { openTracing, type Tracing } from '../../runtime/tracing.ts';
import { freeLoopbackPort, installRuntime, readSdkMetrics } from '../../runtime/temporal.ts';

/** What every process has, whatever it does. */
export interface ProcessParts {
  readonly name: string;
  readonly log: Logger;
  readonly shutdown: Shutdown;
  readonly health: Health;
  readonly metrics: Metrics;
  /** Undefined where no collector is named. */
  readonly tracing: Tracing | undefined;
  /** Undefined where no fault is armed, which is everywhere but in drills of the local profile. */
  readonly points: FaultHandler | undefined;
}

/** Log, shutdown, health, metrics and traces of one process. */
export async function createParts(
  name: string,
  config: PartyConfig & { readonly wl?: { readonly slug: string } },
): Promise<ProcessParts> {
  const log = createLogger({ name, level: config.logLevel });
  const shutdown = createShutdown({ log, graceMs: config.shutdownGraceMs });
  const service = config.wl === undefined ? name : `${config.wl.slug}/${name}`;
  const tracing = await openTracing(config.traceEndpoint, service);
  // Added first, so stopped last: it takes the spans of whatever is stopped before it.
  shutdown.add('traces', () => tracing?.close());
  return {
    ...{ name, log, shutdown, tracing },
    points: pointsOf(config),
    health: createHealth({ log }),
    metrics: createMetrics({ process: name }),
  };
}

function pointsOf({ faultPoints }: PartyConfig): FaultHandler | undefined {
  if (faultPoints === undefined) return undefined;
  return faultPoints === ASK_PARENT ? askParent() : armFaultPoints(faultPoints);
}

/** The same for a process that runs workers: the SDK's one runtime, its log and metrics are ours. */
export async function createWorkerParts(name: string, config: PartyConfig): Promise<ProcessParts> {
  const parts = await createParts(name, config);
  const metricsPort = config.temporal.metricsPort ?? (await freeLoopbackPort());
  installRuntime(parts.log, { metricsPort });
  parts.metrics.addSource(() => readSdkMetrics(metricsPort));
  return parts;
}

/** Serves a party's routes on its TLS listener, and on the plain one where the profile has it. */
export async function serveParty(
  config: PartyConfig,
  parts: ProcessParts,
  {
    tls,
    ...served
  }: Pick<AppDeps, 'routes' | 'document' | 'isRevoked' | 'mount'> & { readonly tls: LiveTls },
): Promise<void> {
  const { bindHost, tlsPort, httpPort } = config.listen;
  const app = createApp({
    ...appDeps(config, parts),
    ...served,
    checkResponses: config.profile === 'local',
  });
  await open(parts, app, {
    tls: { port: tlsPort, bindHost, tls },
    ...(httpPort === undefined ? {} : { plain: { port: httpPort } }),
  });
}

/** Serves only health and metrics, for a process that has no routes. */
export async function serveHealth(config: PartyConfig, parts: ProcessParts): Promise<void> {
  const document = { title: parts.name, version: '1.0.0', description: 'Health and metrics.' };
  const { workerHttpPort: port, bindHost } = config.listen;
  await open(parts, createApp({ ...appDeps(config, parts), routes: [], document }), {
    plain: { port, bindHost, variable: 'WORKER_HTTP_PORT' },
  });
}

/** Runs a process' `main`; what keeps it from starting is one line on standard error. */
export function run(name: string, main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    process.stderr.write(`${name} can not start: ${maskText(String(error))}\n`);
    process.exit(1);
  });
}

function appDeps(config: PartyConfig, { log, metrics, health, tracing }: ProcessParts) {
  return { log, metrics, health, tracing, limiters: createRateLimiters(config.rateLimits) };
}

async function open(
  { log, health, shutdown }: ProcessParts,
  app: Express,
  ports: Omit<Parameters<typeof listen>[0], 'app'>,
): Promise<Listeners> {
  const listeners = await listen({ app, ...ports });
  // Added last, so stopped first: no new request comes in while the rest is taken down.
  shutdown.add('listeners', async () => {
    health.drain();
    await listeners.close();
  });
  log.info({ tlsPort: listeners.tlsPort, httpPort: listeners.plainPort }, 'listening');
  return listeners;
}
