import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Client, type ClientInterceptors } from '@temporalio/client';
import { NativeConnection, Runtime, type Logger as TemporalLogger } from '@temporalio/worker';
import type { Logger } from './log.ts';

export interface TemporalOptions {
  readonly address: string;
  readonly namespace: string;
  readonly log: Logger;
  /** How long to wait for a server that is still starting. */
  readonly patienceMs?: number;
  /** Of the client. */
  readonly interceptors?: ClientInterceptors;
}

export interface TemporalConnection {
  /** Workers and the client share it: only then can a start be eager (TEMPORAL.md). */
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
}

// The dev server is up in 3-4 s and a real one in less than this; past it, it is not coming.
const DEFAULT_PATIENCE_MS = 30_000;
const RETRY_MS = 500;

/** Connects without gzip, which costs more than it saves on loopback and LAN. */
export async function connectTemporal(options: TemporalOptions): Promise<TemporalConnection> {
  const { address, namespace, log, patienceMs = DEFAULT_PATIENCE_MS, interceptors } = options;
  const deadline = performance.now() + patienceMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const connection = await NativeConnection.connect({
        address,
        grpcCompression: { codec: 'none' },
      });
      const client = new Client({
        ...{ connection, namespace },
        ...(interceptors !== undefined && { interceptors }),
      });
      return { connection, client, namespace };
    } catch (cause) {
      if (performance.now() + RETRY_MS > deadline) {
        throw new Error(`No Temporal server answers at ${address} (TEMPORAL_ADDRESS)`, { cause });
      }
      if (attempt === 1) log.info({ address }, 'waiting for the Temporal server');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

export interface RuntimeOptions {
  /** Port on loopback where the SDK serves its metrics; none without it. */
  readonly metricsPort?: number | undefined;
}

/**
 * Installs the process' one SDK runtime; call it before anything else of the SDK. Signals stay
 * ours, because the HTTP listeners have to be drained before the worker stops.
 */
export function installRuntime(log: Logger, { metricsPort }: RuntimeOptions = {}): Runtime {
  return Runtime.install({
    shutdownSignals: [],
    logger: toTemporalLogger(log.child({ component: 'temporal' })),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
      ...(metricsPort === undefined
        ? {}
        : { metrics: { prometheus: { bindAddress: `127.0.0.1:${metricsPort}` } } }),
    },
  });
}

/** A port on loopback that is free now: the SDK takes a number and does not tell which it took. */
export async function freeLoopbackPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Text of the SDK's metrics, for `Metrics.addSource`. */
export async function readSdkMetrics(metricsPort: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, {
    signal: AbortSignal.timeout(SDK_METRICS_TIMEOUT_MS),
  });
  return answer.text();
}

// Same process, loopback: a slower answer means that the process has no time to be measured.
const SDK_METRICS_TIMEOUT_MS = 1_000;

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

function toTemporalLogger(log: Logger): TemporalLogger {
  const write = (level: Level) => (message: string, meta?: Record<string | symbol, unknown>) =>
    log[level]({ ...meta }, message);
  return {
    log: (level, message, meta) => write(level.toLowerCase() as Level)(message, meta),
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
}
