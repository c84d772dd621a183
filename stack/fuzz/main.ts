import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RATE_GROUPS } from '../../runtime/rate-groups.ts';
import { StackError, formatStackError, messageOf } from '../errors.ts';
import { PORT_TABLE, readPorts, type Environment } from '../ports.ts';
import { createProgress } from '../progress.ts';
import { register } from '../register.ts';
import { startStack, step, type Stack } from '../stack.ts';
import { makeCallers } from './callers.ts';
import { CHECKS_OFF, fuzz, installFuzzer } from './schemathesis.ts';

/** `npm run fuzz`: schemathesis on both OpenAPI documents, against real processes, as each caller. */

const USAGE = `npm run fuzz -- [--seed=1] [--seconds=60] [--only=TEXT]

  --seed=1        of what is generated; the same seed sends the same
  --seconds=60    for each kind of caller, of which there are 14
  --only=TEXT     callers whose name holds it: cp, wl, support, operator, …

Python 3.10 or newer with venv is needed. The fuzzer is installed once, in .data/schemathesis; the stack is
a private one in DATA_DIR (.data/fuzz) on ports from FUZZ_PORT_BASE (23000) on.`;

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
  const env = environment();
  const lines = createWriteStream(join(dataDir, 'stack.log'));
  const stack = await startStack({
    ...{ env, dataDir, ports: readPorts(env), progress, signal: ending.signal },
    log: (line) => void lines.write(`${line}\n`),
    onFatal: () => ending.abort(),
  });
  try {
    await step(progress, 'registration', (say) => register(stack, say));
    return await fuzzAll(program, stack, { ...options, folder: dataDir, signal: ending.signal });
  } finally {
    await stack.stop();
    lines.end();
  }
}

type Options = typeof DEFAULTS;

async function fuzzAll(
  program: string,
  stack: Stack,
  { only, ...round }: Options & { readonly folder: string; readonly signal: AbortSignal },
): Promise<number> {
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  for (const [check, why] of Object.entries(CHECKS_OFF)) print(`off: ${check}, because ${why}`);
  const callers = (await makeCallers(stack)).filter(({ name }) => name.includes(only));
  let broken = 0;
  for (const caller of callers) {
    const { held, operations, logFile } = await fuzz(program, stack, caller, round);
    if (!held) broken += 1;
    print(`${held ? 'clean ' : 'FOUND '} ${caller.name}: ${operations} paths (${logFile})`);
  }
  print(`${callers.length - broken} of ${callers.length} callers clean, seed ${round.seed}`);
  return broken === 0 ? 0 : 1;
}

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
