import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describeExit, launch } from '../supervision/child.ts';
import type { ChildCommand, ChildExit } from '../supervision/child.ts';
import { StackError } from '../errors.ts';
import { createLifeline } from '../supervision/lifeline.ts';
import type { Lifeline } from '../supervision/lifeline.ts';
import { waitUntilReady } from '../supervision/readiness.ts';
import type { TemporalBinary } from './temporal-binary.ts';
import { SEARCH_ATTRIBUTES, waitForNamespaces } from './temporal-namespaces.ts';
import type { SearchAttributeType } from './temporal-namespaces.ts';

export { SEARCH_ATTRIBUTES, ensureNamespaces } from './temporal-namespaces.ts';
export type { NamespaceOptions, SearchAttributeType } from './temporal-namespaces.ts';
export { findTemporal } from './temporal-binary.ts';
export type { FindTemporalOptions, TemporalBinary, TemporalSource } from './temporal-binary.ts';

/** One partition: at our volume more only spread the polls; eager: no dispatch on the path. */
export const DYNAMIC_CONFIG = {
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'system.enableActivityEagerExecution': true,
} as const;

type JsonValue = string | number | boolean;

export type TemporalOptions = {
  readonly binary: Pick<TemporalBinary, 'path' | 'serverVersion'>;
  readonly dataDir: string;
  readonly port: number;
  readonly uiPort: number;
  readonly namespaces: readonly string[];
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeType>>;
  readonly dynamicConfig?: Readonly<Record<string, JsonValue>>;
  /** For tests: lets a workflow be started with skipped time. */
  readonly timeSkipping?: boolean;
  readonly log?: (line: string) => void;
  readonly lifeline?: Lifeline;
};

export type PreparedTemporal = ChildCommand & {
  ready(signal: AbortSignal): Promise<void>;
  explain(exit: ChildExit, lines: readonly string[]): StackError;
  readonly address: string;
  readonly uiUrl: string;
};

export type TemporalHandle = {
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  stop(): Promise<void>;
};

// It is up in 3 to 4 s; a cold disk and a busy machine take many times that.
const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 5_000;

export async function prepareTemporal(options: TemporalOptions): Promise<PreparedTemporal> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, `temporal-${options.binary.serverVersion}.sqlite`);
  const address = `127.0.0.1:${options.port}`;
  const attributes = options.searchAttributes ?? SEARCH_ATTRIBUTES;
  return {
    name: 'temporal',
    command: options.binary.path,
    args: commandLine(options, file, attributes),
    // Little of ours: the user's TEMPORAL_* settings are for clients.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    cwd: '/',
    ready: (signal) =>
      waitForNamespaces(
        { address, namespaces: options.namespaces, searchAttributes: attributes },
        signal,
      ),
    explain: (exit, lines) => explainExit({ file, options, exit, lines }),
    address,
    uiUrl: `http://127.0.0.1:${options.uiPort}`,
  };
}

export async function startTemporal(options: TemporalOptions): Promise<TemporalHandle> {
  const prepared = await prepareTemporal(options);
  const lifeline = options.lifeline ?? createLifeline();
  const child = await launch(prepared, {
    lifeline,
    ...(options.log === undefined ? {} : { onLine: options.log }),
  });
  void child.exited.then(() => {
    if (options.lifeline === undefined) lifeline.close();
  });
  await waitUntilReady(child, { ...prepared, timeoutMs: READY_TIMEOUT_MS });
  return {
    address: prepared.address,
    uiUrl: prepared.uiUrl,
    pid: child.pid,
    exited: child.exited,
    async stop() {
      await child.stop(STOP_GRACE_MS);
    },
  };
}

function commandLine(
  options: TemporalOptions,
  file: string,
  attributes: Readonly<Record<string, SearchAttributeType>>,
): string[] {
  const config: Record<string, JsonValue> = {
    ...DYNAMIC_CONFIG,
    ...(options.timeSkipping === true ? { 'frontend.WorkflowTimeSkippingEnabled': true } : {}),
    ...options.dynamicConfig,
  };
  return [
    ...['server', 'start-dev', '--headless=false', '--ip', '127.0.0.1'],
    ...['--port', String(options.port), '--ui-port', String(options.uiPort)],
    ...['--db-filename', file, '--log-format', 'json', '--log-level', 'error'],
    // The UI's own news feed is a call to the outside that nobody asked for.
    '--ui-disable-news-fetch',
    ...options.namespaces.flatMap((name) => ['--namespace', name]),
    ...Object.entries(attributes).flatMap(([name, type]) => [
      '--search-attribute',
      `${name}=${type}`,
    ]),
    ...Object.entries(config).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
  ];
}

type ExitFacts = {
  readonly file: string;
  readonly options: TemporalOptions;
  readonly exit: ChildExit;
  readonly lines: readonly string[];
};

function explainExit({ file, options, exit, lines }: ExitFacts): StackError {
  const said = (pattern: RegExp): boolean => lines.some((line) => pattern.test(line));
  if (said(/address already in use/i)) {
    return new StackError({
      code: 'PORT_OCCUPIED',
      message:
        `Another program listens on ${options.port} (TEMPORAL_PORT) or ` +
        `${options.uiPort} (TEMPORAL_UI_PORT).`,
      details: lines,
      wayOut: ['Stop it, or choose others: TEMPORAL_PORT=<port> TEMPORAL_UI_PORT=<port> npm start'],
    });
  }
  if (said(/not a database|malformed|disk image|SQL logic error|no such table/i)) {
    return new StackError({
      code: 'DATA_FOLDER_CORRUPT',
      message: `The Temporal data in ${file} can't be used.`,
      details: lines,
      wayOut: [
        `Keep it and start anew: mv ${file} ${file}.broken && npm start`,
        'or drop all local data, trades included: npm start -- --reset',
      ],
    });
  }
  return new StackError({
    code: 'TEMPORAL_NOT_READY',
    message: `The Temporal server ended (${describeExit(exit)}) before it was ready.`,
    details: lines,
    wayOut: ['Its last lines stand above. Other ways to have a server: docs/operations.md'],
  });
}
