import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { StackError, messageOf } from '../errors.ts';
import { ensurePassableFolder, writeFileWhole } from '../folders.ts';
import type { Account } from '../folders.ts';
import { notInstalled } from './postgres-install.ts';
import type { PostgresBinaries } from './postgres-install.ts';

const run = promisify(execFile);

export const SUPERUSER = 'postgres';
/** Of the packaged server; a folder of another one can't be opened. */
export const MAJOR_VERSION = '18';
const INITDB_TIMEOUT_MS = 120_000;
// Covers a server that is still shutting down because its stack was killed a moment ago.
const PREVIOUS_SERVER_GONE_MS = 8_000;
const POLL_MS = 100;

/** Where things lie: `<dataDir>/cluster` is the server's, `<dataDir>/password` is ours. */
export type Cluster = {
  readonly dataDir: string;
  readonly folder: string;
  readonly passwordFile: string;
  readonly account: Account | undefined;
};

export function clusterIn(dataDir: string, account: Account | undefined): Cluster {
  return {
    dataDir,
    folder: join(dataDir, 'cluster'),
    passwordFile: join(dataDir, 'password'),
    account,
  };
}

/** Makes the cluster where there is none, looks at an existing one; answers the password. */
export async function ensureCluster(cluster: Cluster, binaries: PostgresBinaries): Promise<string> {
  await ensurePassableFolder(cluster.dataDir);
  if ((await entriesOf(cluster.folder)) !== undefined) return openCluster(cluster);
  const password = randomBytes(24).toString('base64url');
  await writeFileWhole(cluster.passwordFile, password, { mode: 0o600 });
  await createCluster(cluster, binaries, password);
  return password;
}

async function openCluster(cluster: Cluster): Promise<string> {
  const version = (await readTextIfThere(join(cluster.folder, 'PG_VERSION')))?.trim();
  if (version === undefined) throw corrupt(cluster, ['PG_VERSION is missing.']);
  if (version !== MAJOR_VERSION) {
    throw corrupt(cluster, [`It was made by PostgreSQL ${version}, this is ${MAJOR_VERSION}.`]);
  }
  const password = await readTextIfThere(cluster.passwordFile);
  if (password === undefined || password.trim() === '') {
    throw corrupt(cluster, [`The password file ${cluster.passwordFile} is missing.`]);
  }
  return password.trim();
}

/** initdb works in a folder beside and the result is renamed: half a cluster never stays. */
async function createCluster(
  cluster: Cluster,
  binaries: PostgresBinaries,
  password: string,
): Promise<void> {
  await removeUnfinished(cluster.dataDir);
  const unfinished = join(cluster.dataDir, `initdb-${process.pid}`);
  const made = join(unfinished, 'cluster');
  const passwordFile = join(unfinished, 'password');
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const account = cluster.account;
  if (account !== undefined) {
    await chown(unfinished, account.uid, account.gid);
    await chown(passwordFile, account.uid, account.gid);
  }
  const flags = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--no-instructions'];
  try {
    await run(
      binaries.initdb,
      [`--pgdata=${made}`, `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, ...flags],
      { ...account, env: serverEnvironment(), cwd: '/', timeout: INITDB_TIMEOUT_MS },
    );
    await rename(made, cluster.folder);
  } catch (error) {
    throw initdbFailed(error);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function initdbFailed(error: unknown): StackError {
  const lines = messageOf(error).split('\n');
  if (lines.some((line) => line.includes('error while loading shared libraries'))) {
    return notInstalled(lines, error);
  }
  return new StackError({
    code: 'POSTGRES_NOT_READY',
    message: 'initdb could not make a new PostgreSQL data folder.',
    details: lines,
    wayOut: ['See the lines above; another place can be chosen with DATA_DIR=/some/folder'],
    cause: error,
  });
}

async function removeUnfinished(dataDir: string): Promise<void> {
  for (const entry of (await entriesOf(dataDir)) ?? []) {
    const pid = /^initdb-(\d+)$/.exec(entry)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) {
      await rm(join(dataDir, entry), { recursive: true, force: true });
    }
  }
}

/** Little of ours: PGDATA, PGPORT, PGOPTIONS or a locale of the user's must not change the server. */
export function serverEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', LANG: 'C', TZ: 'UTC' };
}

/**
 * After kill -9 the folder keeps `postmaster.pid`. PostgreSQL removes one whose process is gone,
 * but not one whose number a stranger has got since (usual after a container's restart): that one
 * is removed here. A server that does run on this folder is given time to end, then refused.
 */
export async function clearStalePidFile(cluster: Cluster): Promise<void> {
  const pidFile = join(cluster.folder, 'postmaster.pid');
  const deadline = Date.now() + PREVIOUS_SERVER_GONE_MS;
  for (;;) {
    const content = await readTextIfThere(pidFile);
    const pid = Number(content?.split('\n')[0]);
    if (content === undefined || !Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return;
    if (!(await isServerOf(pid, cluster.folder))) {
      await rm(pidFile, { force: true });
      return;
    }
    if (Date.now() > deadline) throw inUse(cluster, pid);
    await delay(POLL_MS);
  }
}

function inUse(cluster: Cluster, pid: number): StackError {
  return new StackError({
    code: 'DATA_FOLDER_IN_USE',
    message: `PostgreSQL already runs on ${cluster.folder} (process ${pid}).`,
    wayOut: [
      'Stop the other stack, or give this one its own folder and ports: DATA_DIR=.data-2',
      `If no stack runs: kill -INT ${pid}`,
    ],
  });
}

async function isServerOf(pid: number, folder: string): Promise<boolean> {
  const command =
    (await readTextIfThere(`/proc/${pid}/cmdline`))?.replaceAll('\0', ' ') ??
    (await run('ps', ['-o', 'command=', '-p', String(pid)]).then(
      (result) => result.stdout,
      // `ps` fails for a process that has ended meanwhile.
      () => '',
    ));
  return command.includes('postgres') && command.includes(folder);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function corrupt(cluster: Cluster, details: readonly string[]): StackError {
  return new StackError({
    code: 'DATA_FOLDER_CORRUPT',
    message: `The PostgreSQL data in ${cluster.folder} can't be used.`,
    details,
    wayOut: [
      `Keep it and start anew: mv ${cluster.dataDir} ${cluster.dataDir}.broken`,
      'then, because the engine still knows the lost trades: npm start -- --reset',
    ],
  });
}

async function entriesOf(folder: string): Promise<readonly string[] | undefined> {
  return readdir(folder).catch(undefinedIfMissing);
}

async function readTextIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(undefinedIfMissing);
}

function undefinedIfMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
