import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { StackError, messageOf } from '../errors.ts';
import { fetchTemporal, sha256Of } from './temporal-fetch.ts';
import { TEMPORAL_VERSION, archiveUrl, platformOf, waysToTemporal } from './temporal-release.ts';

const run = promisify(execFile);

export type TemporalBinary = {
  readonly kind: 'binary';
  readonly path: string;
  readonly version: string;
  /** The data file is named after it: its schema is only made for a new file. */
  readonly serverVersion: string;
};
export type TemporalSource =
  { readonly kind: 'address'; readonly address: string } | TemporalBinary;

export type FindTemporalOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onProgress?: (text: string) => void;
  /** Where the vendor's archive is asked for; another one only in tests. */
  readonly archiveUrl?: string;
};

// The first version with the options that the stack gives it.
const OLDEST_USABLE = [1, 8] as const;
// The first start of a 150 MB program from a cold disk.
const VERSION_TIMEOUT_MS = 30_000;

/** TEMPORAL_ADDRESS, TEMPORAL_CLI_PATH, PATH, the cache, a download: the first that is there. */
export async function findTemporal(options: FindTemporalOptions): Promise<TemporalSource> {
  const { env } = options;
  const onProgress = options.onProgress ?? ((): void => undefined);
  const address = env['TEMPORAL_ADDRESS'];
  if (isSet(address)) return { kind: 'address', address };
  const named = env['TEMPORAL_CLI_PATH'];
  if (isSet(named)) return namedBinary(named);
  const onPath = await findOnPath(env['PATH'] ?? '');
  if (onPath !== undefined) {
    const found = await inspect(onPath).catch(() => undefined);
    if (found !== undefined && isUsable(found.version)) return found;
    onProgress(`${onPath} is not a Temporal CLI of 1.8 or later, looking further`);
  }
  return cachedOrFetched(options, onProgress);
}

async function namedBinary(path: string): Promise<TemporalBinary> {
  const reason = await inspect(path).then(
    (found) => (isUsable(found.version) ? found : `it is version ${found.version}`),
    messageOf,
  );
  if (typeof reason !== 'string') return reason;
  throw new StackError({
    code: 'TEMPORAL_BINARY_UNUSABLE',
    message: `TEMPORAL_CLI_PATH=${path} is not a Temporal CLI of 1.8 or later.`,
    details: reason.split('\n'),
    wayOut: ['Correct TEMPORAL_CLI_PATH, or unset it and use:', ...waysToTemporal()],
  });
}

async function cachedOrFetched(
  options: FindTemporalOptions,
  onProgress: (text: string) => void,
): Promise<TemporalBinary> {
  const platform = platformOf();
  const cached = join(cacheFolder(options.env), `temporal-${TEMPORAL_VERSION}`);
  const hash = await sha256Of(cached).catch(undefinedIfMissing);
  if (hash !== platform.programSha256) {
    if (hash !== undefined) onProgress(`${cached} is damaged, fetching it again`);
    await fetchTemporal(cached, {
      env: options.env,
      platform,
      archiveUrl: options.archiveUrl ?? archiveUrl(platform),
      onProgress,
    });
  }
  return inspect(cached);
}

export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const base = env['XDG_CACHE_HOME'];
  const home = env['HOME'];
  return join(isSet(base) ? base : join(isSet(home) ? home : homedir(), '.cache'), 'xpory');
}

async function findOnPath(path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((entry) => entry !== '')) {
    const candidate = join(folder, 'temporal');
    const usable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return candidate;
  }
  return undefined;
}

/** Runs it: a program that can't tell its version can't serve either. */
async function inspect(path: string): Promise<TemporalBinary> {
  const { stdout } = await run(path, ['--version'], { timeout: VERSION_TIMEOUT_MS });
  const match = /version (\d+\.\d+\.\d+\S*)(?: \(Server (\d+\.\d+\.\d+[^,)\s]*))?/.exec(stdout);
  if (match?.[1] === undefined) throw new Error(`"${stdout.trim()}" names no version`);
  return { kind: 'binary', path, version: match[1], serverVersion: match[2] ?? match[1] };
}

function isUsable(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_USABLE;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== '';
}

function undefinedIfMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
