import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { StackError } from '../../stack/errors.ts';
import { PORT_TABLE, type PortKey, type Ports } from '../../stack/ports.ts';
import type { Progress } from '../../stack/progress.ts';
import { startStack, type Stack } from '../../stack/stack.ts';
import { freePort, testFolder } from '../stack/setup.ts';
import { BUNDLES } from './bundles.ts';

export interface TestStackOptions {
  /** What the processes are told beyond their defaults, as `npm start` would be. */
  readonly env?: Readonly<Record<string, string>>;
  /** Builds the console where it is missing or old. */
  readonly console?: boolean;
  /** A folder that a stopped stack has left; without it a new one, removed by `close`. */
  readonly from?: TestStack;
}

export interface TestStack extends Stack {
  /** Processes that could not be kept up. */
  readonly failures: readonly StackError[];
  /** Stops it and removes its folder; `stop` leaves the folder for another start. */
  close(): Promise<void>;
}

/** A whole stack of one test file, on ports that happen to be free; nothing is registered yet. */
export async function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const folder = options.from ?? (await testFolder());
  const dataDir = 'path' in folder ? folder.path : folder.dataDir;
  const file = createWriteStream(join(dataDir, 'test.log'), { flags: 'a' });
  const failures: StackError[] = [];
  const stack = await startStack({
    env: { ...ownEnvironment(), ...options.env },
    dataDir,
    ports: options.from?.ports ?? (await freePorts()),
    progress: SILENT,
    log: (line) => void file.write(`${line}\n`),
    onFatal: (error) => void failures.push(error),
    fsync: false,
    bundleDir: BUNDLES,
    console: options.console ?? false,
  }).catch(async (error: unknown) => {
    file.end();
    if ('remove' in folder) await folder.remove();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await stack.stop();
    await new Promise<void>((done) => file.end(done));
  };
  const remove = (): Promise<void> => ('remove' in folder ? folder.remove() : folder.close());
  let stopped: Promise<void> | undefined;
  const stopOnce = (): Promise<void> => (stopped ??= stop());
  return {
    ...stack,
    failures,
    stop: stopOnce,
    async close() {
      await stopOnce();
      await remove();
    },
  };
}

const SILENT: Progress = {
  step: () => ({ update: () => undefined, done: () => undefined, fail: () => undefined }),
  print: () => undefined,
  close: () => undefined,
};

// A developer's own servers and ports are not the test's.
const FOREIGN = /^(?:CP|EXPORTER|IMPORTER|DATABASE|TEMPORAL|PLAIN)_(?!CLI_PATH)/;

function ownEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
}

async function freePorts(): Promise<Ports> {
  const taken = new Set<number>();
  const ports: Partial<Record<PortKey, number>> = {};
  for (const { key } of PORT_TABLE) {
    let port = await freePort();
    while (taken.has(port)) port = await freePort();
    taken.add(port);
    ports[key] = port;
  }
  return ports as Ports;
}
