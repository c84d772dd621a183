import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { StackError } from './errors.ts';

const OTHERS_MAY_ENTER = 0o001;
const GROUP_MAY_ENTER = 0o010;
const OWNER_MAY_ENTER = 0o100;

export type Account = { readonly uid: number; readonly gid: number };

/**
 * Makes a folder that other accounts can pass through whatever the umask is: as root the database
 * runs under its own account and would hang below a folder made with umask 077.
 */
export async function ensurePassableFolder(folder: string): Promise<void> {
  const target = resolve(folder);
  try {
    const first = await mkdir(target, { recursive: true });
    if (first === undefined) return;
    for (let path = target; path.length >= first.length; path = dirname(path)) {
      await chmod(path, 0o755);
    }
  } catch (error) {
    throw new StackError({
      code: 'FOLDER_NOT_WRITABLE',
      message: `The folder ${target} can't be made.`,
      details: [(error as Error).message],
      wayOut: ['Choose another one: DATA_DIR=/some/writable/folder npm start'],
      cause: error,
    });
  }
}

/** Refuses when `account` can't pass through a folder on the way to `path`. */
export async function assertReachable(path: string, account: Account): Promise<void> {
  const folders: string[] = [];
  for (let at = dirname(resolve(path)); ; at = dirname(at)) {
    folders.unshift(at);
    if (at === dirname(at)) break;
  }
  for (const folder of folders) {
    const { mode, uid, gid } = await stat(folder);
    const bit =
      uid === account.uid
        ? OWNER_MAY_ENTER
        : gid === account.gid
          ? GROUP_MAY_ENTER
          : OTHERS_MAY_ENTER;
    if ((mode & bit) !== 0) continue;
    const shown = (mode & 0o777).toString(8);
    throw new StackError({
      code: 'FOLDER_UNREACHABLE',
      message:
        `Started as root, PostgreSQL runs as the user "postgres", which can't enter ` +
        `${folder} (mode ${shown}).`,
      wayOut: [
        `chmod o+x ${folder}`,
        'or start as a user other than root, or move the project to a folder others may enter.',
      ],
    });
  }
}

export type FileOptions = { readonly mode: number };

/** The file is there whole or not at all, with its mode from birth. */
export async function writeFileWhole(
  path: string,
  content: string | Uint8Array,
  options: FileOptions,
): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, content, { mode: options.mode, flag: 'wx' });
  await chmod(temporary, options.mode);
  await rename(temporary, path);
}
