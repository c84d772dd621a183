import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runDemo } from './demo/demo.ts';
import { StackError, formatStackError, messageOf } from './errors.ts';
import { checkStack } from './invariants.ts';
import { listOffers } from './demo/store.ts';
import { IMPORTER } from './parties.ts';
import { USAGE, readOptions } from './options.ts';
import type { Options } from './options.ts';
import { readPorts } from './ports.ts';
import { createProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { register } from './register.ts';
import { startStack, step } from './stack.ts';
import type { Stack } from './stack.ts';
import { renderAccess } from './table.ts';

/** `npm start`: two white labels and a Control Plane, on this machine, until Ctrl-C. */

const EXIT_INTERRUPTED = 130;
// Under the promised 10 s with what stopping needs itself; then whatever hangs is left to the
// watchdog, which kills it.
const STOP_LIMIT_MS = 9_500;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const progress = createProgress({
    write: (text) => void process.stdout.write(text),
    isTerminal: process.stdout.isTTY,
    ...(process.stdout.isTTY ? { columns: process.stdout.columns } : {}),
  });
  progress.print('XporY Cross-WL: Control Plane, exporter and importer on this machine');
  const dataDir = resolve(process.env['DATA_DIR'] ?? '.data');
  const log = await openLog(dataDir, progress);
  const trouble = watchForTrouble();
  const stack = await startStack({
    env: process.env,
    dataDir,
    ports: readPorts(process.env),
    reset: options.reset,
    progress,
    log,
    onFatal: trouble.report,
    colors: process.stdout.isTTY,
    signal: trouble.signal,
    console: true,
  }).catch(async (error: unknown) => {
    if (trouble.signal.aborted) return trouble.happened;
    throw error;
  });
  if (typeof stack === 'number') return stack;
  try {
    const used = use(stack, options, progress);
    return await Promise.race([used, trouble.happened]);
  } finally {
    progress.print('stopping');
    await Promise.race([stack.stop(), sleep(STOP_LIMIT_MS)]);
    progress.close();
  }
}

async function use(stack: Stack, options: Options, progress: Progress): Promise<number> {
  if (!options.empty) {
    await step(progress, 'registration', (say) => register(stack, say));
    const offers = await listOffers(stack.web(IMPORTER));
    const eligible = offers.filter((offer) => offer.eligible).length;
    progress.print(`  ${eligible} of ${offers.length} imported offers can be bought`);
  }
  const isAsExpected = !options.demo || (await runDemo(stack, progress));
  if (options.once) {
    const holds = await checkStack(stack, progress);
    return isAsExpected && holds ? 0 : 1;
  }
  progress.print(renderAccess(stack));
  progress.print('\nReady. Ctrl-C stops everything.');
  return new Promise<number>(() => undefined);
}

interface Trouble {
  report(error: StackError): void;
  /** Resolves with the exit code when somebody or something ends the run. */
  readonly happened: Promise<number>;
  /** Aborted then. */
  readonly signal: AbortSignal;
}

function watchForTrouble(): Trouble {
  const controller = new AbortController();
  let resolveCode: (code: number) => void = () => undefined;
  const happened = new Promise<number>((done) => (resolveCode = done));
  const end = (code: number): void => {
    resolveCode(code);
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => end(signal === 'SIGINT' ? EXIT_INTERRUPTED : 0));
  }
  return {
    happened,
    signal: controller.signal,
    report(error) {
      process.stderr.write(`${formatStackError(error)}\n`);
      end(1);
    },
  };
}

// Requests, retries and lost races fill a terminal. Errors of our processes matter there, and what
// the supervisor says itself: its lines name the process twice.
const SHOWN_LINE = /^\[([\w-]+)\] *(?:\1 |(?:error|fatal)\b|.* (?:FATAL|PANIC): )/;
const SERVER_LINE = /^\[(?:postgres|temporal)\] *(?:error\b|.* ERROR: |.* is starting up)/;

function isForTheTerminal(line: string): boolean {
  const plain = stripVTControlCharacters(line);
  return SHOWN_LINE.test(plain) && !SERVER_LINE.test(plain);
}

/** Everything goes to a file; the terminal shows what a person should notice. */
async function openLog(dataDir: string, progress: Progress): Promise<(line: string) => void> {
  await mkdir(dataDir, { recursive: true, mode: 0o755 });
  const file = createWriteStream(join(dataDir, 'stack.log'), { flags: 'w' });
  file.on('error', (error) => progress.print(`stack.log: ${error.message}`));
  const showsAll = process.env['LOG_LEVEL'] !== undefined;
  return (line) => {
    file.write(`${new Date().toISOString()} ${line}\n`);
    if (showsAll || isForTheTerminal(line)) progress.print(line);
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms).unref());
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const text = error instanceof StackError ? formatStackError(error) : detailsOf(error);
    process.stderr.write(`\n${text}\n`);
    process.exit(1);
  },
);

function detailsOf(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined;
  return stack ?? messageOf(error);
}
