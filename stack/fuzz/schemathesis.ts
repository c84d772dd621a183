import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { OpenApiDocument } from '../../api/http/openapi.ts';
import { StackError } from '../errors.ts';
import type { Stack } from '../stack.ts';
import type { Caller } from './callers.ts';

export interface Round {
  readonly seed: number;
  /** For the whole round of one caller. */
  readonly seconds: number;
  readonly folder: string;
  /** Ends the fuzzer with the command. */
  readonly signal: AbortSignal;
}

export interface RoundResult {
  readonly operations: number;
  readonly held: boolean;
  /** What the fuzzer said. */
  readonly logFile: string;
}

/** Checks that hold for nobody here, each with its reason (docs/security.md, Fuzzing). */
export const CHECKS_OFF: Readonly<Record<string, string>> = {
  positive_data_acceptance:
    'a valid request may be refused for what it is about: amounts, periods and ids that go together',
  missing_required_header: 'the only required header is the key: 400, where the check wants 406',
};

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
// A request to a busy process of the stack; longer than any of its own deadlines.
const REQUEST_TIMEOUT_SECONDS = '45';
const JSON_INDENT = 2;

/** The fuzzer in an environment of its own, as requirements.txt pins it; installed once. */
export async function installFuzzer(folder: string): Promise<string> {
  const wanted = await readFile(REQUIREMENTS, 'utf8');
  const mark = join(folder, 'installed.txt');
  const program = join(folder, 'bin', 'st');
  if (existsSync(program) && existsSync(mark) && (await readFile(mark, 'utf8')) === wanted) {
    return program;
  }
  await mkdir(folder, { recursive: true });
  await must('python3', ['-m', 'venv', '--clear', folder]);
  await must(join(folder, 'bin', 'python'), [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
    ...['--no-deps', '--only-binary=:all:', '-r', REQUIREMENTS],
  ]);
  await writeFile(mark, wanted);
  return program;
}

async function must(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close').catch((cause: unknown) => {
    throw notInstalled(`${program} could not be started`, cause);
  })) as [number | null];
  if (code !== 0) throw notInstalled(`${program} ${args.join(' ')} ended with ${String(code)}`);
}

function notInstalled(message: string, cause?: unknown): StackError {
  return new StackError({
    code: 'PYTHON_MISSING',
    message: `The fuzzer could not be installed: ${message}.`,
    wayOut: ['It needs Python 3.10 or newer with venv, and a package index that pip can reach.'],
    ...(cause === undefined ? {} : { cause }),
  });
}

/** All routes of one caller, with every check that holds for it. */
export async function fuzz(
  program: string,
  stack: Stack,
  caller: Caller,
  round: Round,
): Promise<RoundResult> {
  const name = caller.name.replaceAll(/\W+/g, '-');
  const document = await documentFor(caller);
  const file = join(round.folder, `${name}.json`);
  await writeFile(file, JSON.stringify(document, null, JSON_INDENT));
  const logFile = join(round.folder, `${name}.log`);
  const log = createWriteStream(logFile);
  const child = spawn(program, argumentsFor(file, stack, caller, round), {
    cwd: round.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: round.signal,
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const [code] = (await once(child, 'close')) as [number | null];
  log.end();
  await finished(log);
  return { operations: Object.keys(document.paths).length, held: code === 0, logFile };
}

function argumentsFor(
  file: string,
  { pki }: Stack,
  { url, headers, certificate, without = {} }: Caller,
  { seed, seconds }: Round,
): readonly string[] {
  const off = [...Object.keys(CHECKS_OFF), ...Object.keys(without)];
  const files = certificate === undefined ? undefined : pki.parties[certificate];
  return [
    ...['run', file, '--url', url, '--seed', String(seed), '--max-time', String(seconds)],
    ...['--checks', 'all', '--exclude-checks', off.join(','), '--continue-on-failure'],
    ...['--phases', 'examples,coverage,fuzzing', '--tls-verify', pki.caPath, '--no-color'],
    ...['--request-timeout', REQUEST_TIMEOUT_SECONDS, '--suppress-health-check', 'all'],
    ...Object.entries(headers).flatMap(([header, value]) => ['--header', `${header}:${value}`]),
    ...(files === undefined
      ? []
      : ['--request-cert', files.certPath, '--request-cert-key', files.keyPath]),
  ];
}

/** The part of a committed document that the caller may use. */
async function documentFor({ document: name, mayCall }: Caller): Promise<OpenApiDocument> {
  const path = new URL(`../../docs/openapi/${name}.json`, import.meta.url);
  const document = JSON.parse(await readFile(path, 'utf8')) as OpenApiDocument;
  const paths = Object.entries(document.paths).flatMap(([route, operations]) => {
    const own = Object.entries(operations).filter(([, { description }]) =>
      mayCall.test(description),
    );
    return own.length === 0 ? [] : [[route, Object.fromEntries(own)] as const];
  });
  return { ...document, paths: Object.fromEntries(paths) };
}
