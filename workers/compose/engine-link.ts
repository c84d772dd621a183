import { flushCompileCache } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { PartyConfig } from '../../runtime/config.ts';
import type { Health } from '../../runtime/health.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Shutdown } from '../../runtime/shutdown.ts';
import type { Tracing } from '../../runtime/tracing.ts';
import { PURCHASE_QUEUE } from '../../workflows/purchase/contract.ts';
import { connectTemporal, type TemporalConnection } from '../../runtime/temporal.ts';
import { activityTracing, clientTracing } from './engine-tracing.ts';

export interface EngineLinkDeps {
  readonly log: Logger;
  readonly health: Health;
  readonly shutdown: Shutdown;
  readonly tracing?: Tracing | undefined;
  /** The workers to run once the engine is there. */
  readonly workers: (temporal: TemporalConnection) => Promise<WorkerOptions[]>;
  /** Before any work is taken; the link is tried again where it fails. */
  readonly onConnected?: (client: Client) => Promise<void>;
  /** Once the workers take work; readiness waits for it. */
  readonly onPolling?: (client: Client) => Promise<void>;
}

export interface EngineLink {
  /** The client on the workers' own connection; throws while the engine is away. */
  client(): Client;
}

/** One for each namespace: a party's builds follow one another in it. */
export const WORKER_DEPLOYMENT = 'xpory';
/** Between tries for an engine that is not there yet. */
const RETRY_MS = 1_000;
// An activity in flight ends by its own time-out; what is cut off is run again elsewhere.
const ACTIVITY_GRACE = '4s';

/**
 * Connects to the engine behind the listeners' back: as exporter a WL goes on answering while the
 * engine is away, and readiness says what is missing.
 */
export function linkEngine(config: PartyConfig, deps: EngineLinkDeps): EngineLink {
  const { log, health, shutdown } = deps;
  const link = new Link(config, deps);
  health.add('workers', () => link.assertWorking());
  health.add('engine', () => link.assertReachable());
  shutdown.add('workers', () => link.close());
  link.keepTrying().catch((err: unknown) => log.fatal({ err }, 'the engine can not be linked'));
  return link;
}

class Link implements EngineLink {
  readonly config: PartyConfig;
  readonly deps: EngineLinkDeps;
  connected: TemporalConnection | undefined;
  workers: readonly Worker[] = [];
  running: readonly Promise<void>[] = [];
  warmed = false;
  closing = false;

  constructor(config: PartyConfig, deps: EngineLinkDeps) {
    this.config = config;
    this.deps = deps;
  }

  client(): Client {
    if (this.connected === undefined) throw new Error('the engine is not connected');
    return this.connected.client;
  }

  async keepTrying(): Promise<void> {
    while (!this.closing && this.connected === undefined) {
      try {
        await this.connect();
      } catch (err) {
        this.deps.log.warn({ err }, 'the engine is not there yet');
        await delay(RETRY_MS);
      }
    }
  }

  async connect(): Promise<void> {
    const { deps, config } = this;
    const temporal = await connectTemporal({
      ...config.temporal,
      log: deps.log,
      ...(deps.tracing && { interceptors: clientTracing(deps.tracing) }),
    });
    try {
      await deps.onConnected?.(temporal.client);
      const options = await deps.workers(temporal);
      this.workers = await Promise.all(
        options.map((worker) => createWorker(temporal, this.versioned(this.traced(worker)))),
      );
      this.running = this.workers.map((worker) => this.run(worker));
      deps.log.info({ queues: options.map((worker) => worker.taskQueue) }, 'polling');
    } catch (error) {
      if (this.workers.length === 0) await temporal.connection.close();
      throw error;
    }
    this.connected = temporal;
    await this.warm(temporal.client);
  }

  traced(worker: WorkerOptions): WorkerOptions {
    const { tracing } = this.deps;
    if (tracing === undefined) return worker;
    return { ...worker, interceptors: { activity: [activityTracing(tracing)] } };
  }

  /**
   * Purchases end within minutes on the build that they began on; what lives longer goes on with
   * the build that is current, and is changed by `patched` alone.
   */
  versioned(worker: WorkerOptions): WorkerOptions {
    const { buildId } = this.config.temporal;
    if (buildId === undefined) return worker;
    return {
      ...worker,
      workerDeploymentOptions: {
        useWorkerVersioning: true,
        version: { deploymentName: WORKER_DEPLOYMENT, buildId },
        defaultVersioningBehavior: worker.taskQueue === PURCHASE_QUEUE ? 'PINNED' : 'AUTO_UPGRADE',
      },
    };
  }

  async run(worker: Worker): Promise<void> {
    try {
      await worker.run();
    } catch (err) {
      this.deps.log.fatal({ err }, 'a worker failed');
      void this.deps.shutdown.run('worker failed').then(() => process.exit(1));
    }
  }

  async warm(client: Client): Promise<void> {
    try {
      await this.deps.onPolling?.(client);
    } catch (err) {
      // Cold is slow, not wrong: the first purchases warm it up instead.
      this.deps.log.warn({ err }, 'the warm-up failed');
    }
    this.warmed = true;
    // Where a cache is named: what is compiled by now serves the next process, however this one ends.
    flushCompileCache();
  }

  assertWorking(): void {
    const states = this.workers.map((worker) => worker.getState());
    if (states.length === 0 || states.some((state) => state !== 'RUNNING')) {
      throw new Error(`workers: ${states.join(', ') || 'none yet'}`);
    }
    if (!this.warmed) throw new Error('the workers are not warm yet');
  }

  async assertReachable(): Promise<void> {
    const { namespace } = this.config.temporal;
    await this.connected?.connection.workflowService.describeNamespace({ namespace });
  }

  async close(): Promise<void> {
    this.closing = true;
    for (const worker of this.workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.allSettled(this.running);
    await this.connected?.connection.close();
  }
}

function createWorker(temporal: TemporalConnection, options: WorkerOptions): Promise<Worker> {
  const { connection, namespace } = temporal;
  return Worker.create({ connection, namespace, shutdownGraceTime: ACTIVITY_GRACE, ...options });
}
