import type { Client } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { PartyConfig } from '../../runtime/config.ts';
import type { Health } from '../../runtime/health.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Shutdown } from '../../runtime/shutdown.ts';
import { connectTemporal, type TemporalConnection } from '../../runtime/temporal.ts';

export interface EngineLinkDeps {
  readonly log: Logger;
  readonly health: Health;
  readonly shutdown: Shutdown;
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
  let connected: TemporalConnection | undefined;
  let workers: Worker[] = [];
  let closing = false;
  let warmed = false;
  const running: Promise<void>[] = [];

  const connect = async (): Promise<void> => {
    const temporal = await connectTemporal({ ...config.temporal, log });
    try {
      await bring(temporal);
    } catch (error) {
      if (workers.length === 0) await temporal.connection.close();
      throw error;
    }
  };
  const bring = async (temporal: TemporalConnection): Promise<void> => {
    await deps.onConnected?.(temporal.client);
    const options = await deps.workers(temporal);
    workers = await Promise.all(
      options.map((worker) =>
        Worker.create({
          connection: temporal.connection,
          namespace: temporal.namespace,
          shutdownGraceTime: ACTIVITY_GRACE,
          ...worker,
        }),
      ),
    );
    for (const worker of workers) {
      const run = worker.run();
      run.catch((err: unknown) => {
        log.fatal({ err }, 'a worker failed');
        void shutdown.run('worker failed').then(() => process.exit(1));
      });
      running.push(run);
    }
    connected = temporal;
    await warm(temporal.client);
    log.info({ queues: options.map((worker) => worker.taskQueue) }, 'polling');
  };
  const warm = async (client: Client): Promise<void> => {
    try {
      await deps.onPolling?.(client);
    } catch (err) {
      // Cold is slow, not wrong: the first purchases warm it up instead.
      log.warn({ err }, 'the warm-up failed');
    }
    warmed = true;
  };
  const keepTrying = async (): Promise<void> => {
    while (!closing && connected === undefined) {
      try {
        await connect();
      } catch (err) {
        log.warn({ err }, 'the engine is not there yet');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  };
  health.add('workers', () => {
    const states = workers.map((worker) => worker.getState());
    if (states.length === 0 || states.some((state) => state !== 'RUNNING')) {
      throw new Error(`workers: ${states.join(', ') || 'none yet'}`);
    }
    if (!warmed) throw new Error('the workers are not warm yet');
  });
  health.add('engine', async () => {
    await connected?.connection.workflowService.describeNamespace({
      namespace: config.temporal.namespace,
    });
  });
  shutdown.add('workers', async () => {
    closing = true;
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.allSettled(running);
    await connected?.connection.close();
  });
  void keepTrying();
  return {
    client() {
      if (connected === undefined) throw new Error('the engine is not connected');
      return connected.client;
    },
  };
}
