import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RATE_GROUPS } from '../../runtime/rate-groups.ts';
import { StackError, formatStackError, messageOf } from '../errors.ts';
import { PORT_TABLE, readPorts, type Environment } from '../ports.ts';
import { createProgress, type Progress } from '../progress.ts';
import { register } from '../register.ts';
import { startStack, step, type Stack } from '../stack.ts';
import { CALLER_SETS, makeCallers } from './callers.ts';
import { CHECKS_OFF, fuzz, installFuzzer } from './schemathesis.ts';

/** `npm run fuzz`: schemathesis on both OpenAPI documents, against real processes, as each caller. */

const USAGE = `npm run fuzz -- [--seed=1] [--seconds=60] [--only=TEXT]

  --seed=1        of what is generated; the same seed sends the same
  --seconds=60    for each kind of caller, of which there are 14
  --only=TEXT     callers whose name holds it: cp, wl, support, operator, …

Python 3.10 or newer with venv is needed. The fuzzer is installed once, in .data/schemathesis; the stacks are
private ones in DATA_DIR (.data/fuzz) on ports from FUZZ_PORT_BASE (23000) on.`;

const PORT_BASE = 23_000;
const FOLDER = '.data/fuzz';
const FUZZER = '.data/schemathesis';
const DEFAULTS = { seed: 1, seconds: 60, only: '' };
// More than any fuzzer sends: a limit would answer 429 to all, and nothing else would be seen.
const NO_LIMIT = '999999/1';

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const progress = createProgress({
    write: (text) => void process.stdout.write(text),
    isTerminal: false,
  });
  const dataDir = resolve(process.env['DATA_DIR'] ?? FOLDER);
  // What an earlier round has left would be met again: one seed, one run.
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true, mode: 0o755 });
  const program = await step(progress, 'schemathesis', () => installFuzzer(resolve(FUZZER)));
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ending.abort());
  for (const [check, why] of Object.entries(CHECKS_OFF)) print(`off: ${check}, because ${why}`);
  const counts = { clean: 0, all: 0 };
  for (const set of CALLER_SETS) {
    const folder = join(dataDir, set);
    await mkdir(folder, { mode: 0o755 });
    const round = { ...options, folder, signal: ending.signal };
    await withStack({ folder, progress, ending }, async (stack) => {
      for (const caller of (await makeCallers(stack))[set]) {
        if (!caller.name.includes(options.only)) continue;
        const { held, operations, logFile } = await fuzz(program, stack, caller, round);
        counts.all += 1;
        if (held) counts.clean += 1;
        print(`${held ? 'clean ' : 'FOUND '} ${caller.name}: ${operations} paths (${logFile})`);
      }
    });
  }
  print(`${counts.clean} of ${counts.all} callers clean, seed ${options.seed}`);
  return counts.clean === counts.all ? 0 : 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface StackWish {
  readonly folder: string;
  readonly progress: Progress;
  readonly ending: AbortController;
}

async function withStack(
  { folder, progress, ending }: StackWish,
  work: (stack: Stack) => Promise<void>,
): Promise<void> {
  const env = environment();
  const lines = createWriteStream(join(folder, 'stack.log'));
  const stack = await startStack({
    ...{ env, dataDir: folder, ports: readPorts(env), progress, signal: ending.signal },
    log: (line) => void lines.write(`${line}\n`),
    onFatal: () => ending.abort(),
  });
  try {
    await step(progress, 'registration', (say) => register(stack, say));
    await work(stack);
  } finally {
    await stack.stop();
    lines.end();
  }
}

type Options = typeof DEFAULTS;

function environment(): Environment {
  const base = Number(process.env['FUZZ_PORT_BASE'] ?? PORT_BASE);
  const ports = PORT_TABLE.map(({ variable }, index) => [variable, String(base + index)] as const);
  const limits = RATE_GROUPS.map((group) => [`RATE_LIMIT_${group.toUpperCase()}`, NO_LIMIT]);
  return { LOG_LEVEL: 'warn', ...Object.fromEntries([...ports, ...limits]), ...process.env };
}

function readOptions(args: readonly string[]): Options | undefined {
  const options = { ...DEFAULTS };
  for (const arg of args) {
    const [, name = '', value = ''] = /^--(seed|seconds|only)=(.+)$/.exec(arg) ?? [];
    if (arg === '--help') return undefined;
    if (name === 'only') options.only = value;
    else if ((name === 'seed' || name === 'seconds') && /^\d+$/.test(value)) {
      options[name] = Number(value);
    } else {
      throw new StackError({
        code: 'OPTION_UNKNOWN',
        message: `"${arg}" is not an option.`,
        wayOut: ['See: npm run fuzz -- --help'],
      });
    }
  }
  return options;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const text = error instanceof StackError ? formatStackError(error) : messageOf(error);
    process.stderr.write(`\n${text}\n`);
    process.exit(1);
  },
);
